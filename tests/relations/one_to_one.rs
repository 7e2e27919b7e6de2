use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::blog::{Profile, User};
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_one, target = "Badge", fk = "holder_id", back_populates = "holder")]
struct Person {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Badge {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(one_to_one, name = "holder", target = "Person", back_populates = "badge")]
    holder_id: Option<i64>,
}

fn badge(id: i64) -> Badge {
    Badge { id, holder_id: None }
}

fn profile(bio: &str) -> Profile {
    Profile { id: ObjectId::new(), bio: bio.to_owned(), user_id: ObjectId::new() }
}

#[tokio::test]
async fn a_one_to_one_with_a_required_key() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", None).insert(db).await.unwrap();
    assert_eq!(assert_commands!(test, 1, { ada.profile().get(db).await.unwrap() }), None);
    assert!(!assert_commands!(test, 1, { ada.profile().exists(db).await.unwrap() }));
    let missing = ada.profile().require(db).await.unwrap_err();
    assert!(matches!(missing, Error::NotFound { model: "Profile" }), "{missing}");
    let made = assert_commands!(test, 1, { ada.profile().create(db, profile("x")).await.unwrap() });
    assert_eq!(made.user_id, ada.id);
    assert_eq!(ada.profile().get(db).await.unwrap(), Some(made.clone()));
    assert_eq!(made.user().require(db).await.unwrap(), ada);
    let deleted = assert_commands!(test, 1, { ada.profile().delete(db).await.unwrap() });
    assert_eq!(deleted.deleted(), 1);
    assert_eq!(ada.profile().delete(db).await.unwrap().deleted(), 0);
}

#[tokio::test]
async fn the_candidate_with_the_least_id_is_returned() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", None).insert(db).await.unwrap();
    let (a, b) = (profile("a"), profile("b"));
    let least = a.id.min(b.id);
    ada.profile().create(db, b).await.unwrap();
    ada.profile().create(db, a).await.unwrap();
    assert_eq!(ada.profile().get(db).await.unwrap().unwrap().id, least);
}

#[tokio::test]
async fn set_replaces_the_current_document() {
    let test = database().await;
    let db = test.db();
    let (ada, grace) = (Person { id: 1 }, Person { id: 2 });
    Person::insert_many(db, &[ada.clone(), grace.clone()]).await.unwrap();
    ada.badge().create(db, badge(10)).await.unwrap();
    let second = assert_commands!(test, 2, { ada.badge().set(db, badge(11)).await.unwrap() });
    assert_eq!(second.holder_id, Some(1));
    assert_eq!(ada.badge().get(db).await.unwrap(), Some(second.clone()));
    assert_eq!(Badge::get(db, 10).await.unwrap().unwrap().holder_id, None);
    // setting the same document again changes nothing; a document of another parent is moved
    ada.badge().set(db, second.clone()).await.unwrap();
    assert_eq!(ada.badge().get(db).await.unwrap(), Some(second.clone()));
    grace.badge().set(db, second).await.unwrap();
    assert_eq!(ada.badge().get(db).await.unwrap(), None);
    assert_eq!(grace.badge().require(db).await.unwrap().id, 11);
    assert!(assert_commands!(test, 1, { grace.badge().clear(db).await.unwrap() }));
    assert!(!grace.badge().clear(db).await.unwrap());
    assert_eq!(Badge::find_all().count(db).await.unwrap(), 2);
}

#[tokio::test]
async fn set_create_clear_and_delete_from_the_side_of_the_key() {
    let test = database().await;
    let db = test.db();
    let ada = Person { id: 1 }.insert(db).await.unwrap();
    let old = badge(10).insert(db).await.unwrap();
    let new = badge(11).insert(db).await.unwrap();
    assert_commands!(test, 3, { old.holder().set(db, &ada).await.unwrap() });
    assert_eq!(ada.badge().get(db).await.unwrap().unwrap().id, 10);
    new.holder().set(db, &ada).await.unwrap();
    assert_eq!(Badge::find(Badge::HOLDER_ID.eq(1)).all(db).await.unwrap().len(), 1);
    assert_eq!(ada.badge().get(db).await.unwrap().unwrap().id, 11);
    let new = Badge::get(db, 11).await.unwrap().unwrap();
    assert!(new.holder().clear(db).await.unwrap());
    assert_eq!(ada.badge().get(db).await.unwrap(), None);
    let grace = new.holder().create(db, Person { id: 2 }).await.unwrap();
    assert_eq!(grace.badge().require(db).await.unwrap().id, 11);
    let new = Badge::get(db, 11).await.unwrap().unwrap();
    assert_eq!(new.holder().delete(db).await.unwrap().deleted(), 1);
    assert_eq!(Person::get(db, 2).await.unwrap(), None);
}

/// If the new document no longer exists, the current one stays linked.
#[tokio::test]
async fn setting_a_deleted_document_is_an_error() {
    let test = database().await;
    let db = test.db();
    let ada = Person { id: 1 }.insert(db).await.unwrap();
    ada.badge().create(db, badge(10)).await.unwrap();
    let gone = badge(11).holder().set(db, &ada).await.unwrap_err();
    assert!(matches!(gone, Error::NotFound { model: "Badge" }), "{gone}");
    assert_eq!(ada.badge().get(db).await.unwrap().unwrap().id, 10);
}

#[tokio::test]
async fn the_unique_index_ignores_empty_keys() {
    let test = database().await;
    let db = test.db();
    Person::ensure_indexes(db).await.unwrap();
    let ada = Person { id: 1 }.insert(db).await.unwrap();
    Badge::insert_many(db, &[badge(10), badge(11), badge(12)]).await.unwrap();
    ada.badge().create(db, badge(13)).await.unwrap();
    let second = ada.badge().create(db, badge(14)).await.unwrap_err();
    assert!(matches!(&second, Error::Duplicate { model: "Badge", index } if index == "holder_id_1_unique"), "{second}");
    // `set` uses an existing document: the local server refuses to insert a key that an update has freed, which
    // `mongod` doesn't
    ada.badge().set(db, badge(12)).await.unwrap();
    assert_eq!(ada.badge().require(db).await.unwrap().id, 12);
}
