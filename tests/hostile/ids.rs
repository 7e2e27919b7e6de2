//! An id that looks like an operator does not find, change or delete other documents.

use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_tests::{database, documents};

use crate::AnyId;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Pet", fk = "owner_id", cascade_delete)]
#[relation(one_to_one, target = "Desk", fk = "owner_id", on_delete = "set_null")]
#[relation(many_to_many, target = "Label", through = "OwnerLabel")]
#[relation(many_to_many, name = "members", target = "Club", target_ids = "owner_ids")]
struct Owner {
    #[serde(rename = "_id")]
    id: AnyId,
    name: String,
    #[relation(many_to_many, target = "Club", name = "clubs")]
    club_ids: Vec<AnyId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Pet {
    #[serde(rename = "_id")]
    id: AnyId,
    #[relation(many_to_one, target = "Owner")]
    owner_id: Option<AnyId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Desk {
    #[serde(rename = "_id")]
    id: AnyId,
    #[relation(one_to_one, target = "Owner")]
    owner_id: Option<AnyId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Label {
    #[serde(rename = "_id")]
    id: AnyId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct OwnerLabel {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    owner_id: AnyId,
    label_id: AnyId,
}

impl Default for OwnerLabel {
    fn default() -> Self {
        Self { id: None, owner_id: AnyId::Number(0), label_id: AnyId::Number(0) }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Club {
    #[serde(rename = "_id")]
    id: AnyId,
    #[relation(many_to_many, target = "Owner", name = "people")]
    owner_ids: Vec<AnyId>,
}

fn owner(id: impl Into<AnyId>) -> Owner {
    Owner { id: id.into(), name: "somebody".to_owned(), club_ids: vec!["c".into()] }
}

/// Three owners with all their related documents. Returns a fourth owner with a hostile id, which isn't stored.
async fn owners(db: &mongodb::Database) -> Owner {
    for id in ["a", "b", "c"] {
        let owner = owner(id).insert(db).await.unwrap();
        Pet { id: id.into(), owner_id: Some(id.into()) }.insert(db).await.unwrap();
        Desk { id: id.into(), owner_id: Some(id.into()) }.insert(db).await.unwrap();
        let label = Label { id: id.into() }.insert(db).await.unwrap();
        owner.labels().add(db, &label).await.unwrap();
        Club { id: id.into(), owner_ids: vec![id.into()] }.insert(db).await.unwrap();
    }
    owner(AnyId::operator())
}

/// All stored documents.
async fn stored_documents(db: &mongodb::Database) -> Vec<Vec<Document>> {
    let mut all = Vec::new();
    for name in ["owners", "pets", "desks", "labels", "owner_labels", "clubs"] {
        all.push(documents(db, name).await);
    }
    all
}

#[tokio::test]
async fn a_hostile_id_finds_nothing() {
    let test = database().await;
    let db = test.db();
    let hostile = owners(db).await;
    let id = || AnyId::operator();
    assert_eq!(Owner::get(db, id()).await.unwrap(), None);
    assert_eq!(Owner::get_many(db, [id(), "b".into(), AnyId::document("$ne", "")]).await.unwrap(), [owner("b")]);
    assert_eq!(Owner::find(Owner::ID.eq(id())).count(db).await.unwrap(), 0);
    assert_eq!(Owner::find(Owner::ID.is_in([id(), "a".into()])).count(db).await.unwrap(), 1);
    assert_eq!(hostile.pets().all(db).await.unwrap(), []);
    assert_eq!(hostile.desk().get(db).await.unwrap(), None);
    assert_eq!(hostile.labels().all(db).await.unwrap(), []);
    assert_eq!(hostile.labels().links(db).await.unwrap(), []);
    assert_eq!(hostile.members().all(db).await.unwrap(), []);
    let pet = Pet { id: "x".into(), owner_id: Some(id()) };
    assert_eq!(pet.owner().get(db).await.unwrap(), None);
    assert!(matches!(pet.owner().require(db).await, Err(Error::Dangling { .. })));
    let member = Owner { club_ids: vec![id(), "b".into()], ..owner("a") };
    assert_eq!(member.clubs().all(db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_hostile_id_does_not_affect_the_load_of_other_documents() {
    let test = database().await;
    let db = test.db();
    let hostile = owners(db).await;
    let all = [owner("a"), hostile, owner("b")];
    let numbers = |lists: Vec<usize>| assert_eq!(lists, [1, 0, 1]);
    numbers(Owner::PETS.load(db, &all).await.unwrap().iter().map(Vec::len).collect());
    numbers(Owner::PETS.limit(1).load(db, &all).await.unwrap().iter().map(Vec::len).collect());
    numbers(Owner::DESK.load(db, &all).await.unwrap().iter().map(|desk| desk.iter().count()).collect());
    numbers(Owner::LABELS.load(db, &all).await.unwrap().iter().map(Vec::len).collect());
    numbers(Owner::LABELS.limit(1).load(db, &all).await.unwrap().iter().map(Vec::len).collect());
    numbers(Owner::MEMBERS.load(db, &all).await.unwrap().iter().map(Vec::len).collect());
    let counts = Owner::LABELS.count_by(db, &all).await.unwrap();
    assert_eq!((counts[&"a".into()], counts[&AnyId::operator()]), (1, 0));
    let pets = ["a", "b"].map(|id| Pet { id: id.into(), owner_id: Some(id.into()) });
    let pets = [pets[0].clone(), Pet { id: "x".into(), owner_id: Some(AnyId::operator()) }, pets[1].clone()];
    let found = Pet::OWNER.load(db, &pets).await.unwrap();
    assert_eq!(found.iter().map(|owner| usize::from(owner.get().is_some())).collect::<Vec<_>>(), [1, 0, 1]);
}

#[tokio::test]
async fn a_hostile_id_does_not_change_other_documents() {
    let test = database().await;
    let db = test.db();
    let mut hostile = owners(db).await;
    let before = stored_documents(db).await;
    let renamed = || Owner::NAME.set("nobody");
    let label = Label { id: "a".into() };
    let club = Club { id: "a".into(), owner_ids: Vec::new() };
    assert!(Owner::update_by_id(db, AnyId::operator(), renamed()).await.is_err());
    assert!(hostile.update(db, renamed()).await.is_err());
    assert_eq!(hostile.pets().update_all(db, Pet::OWNER_ID.set(None)).await.unwrap(), 0);
    assert_eq!(hostile.pets().clear(db).await.unwrap(), 0);
    assert!(!hostile.pets().remove(db, &Pet { id: AnyId::operator(), owner_id: None }).await.unwrap());
    assert_eq!(hostile.pets().set(db, []).await.unwrap(), []);
    assert!(!hostile.desk().clear(db).await.unwrap());
    assert_eq!(hostile.labels().clear(db).await.unwrap(), 0);
    assert!(!hostile.labels().remove(db, &label).await.unwrap());
    hostile.labels().set(db, []).await.unwrap();
    assert_eq!(hostile.members().clear(db).await.unwrap(), 0);
    assert!(!hostile.members().remove(db, &club).await.unwrap());
    hostile.members().set(db, []).await.unwrap();
    assert!(hostile.clubs().add(db, &club).await.is_err());
    assert!(hostile.clubs().set(db, []).await.is_err());
    assert!(hostile.clubs().clear(db).await.is_err());
    let pet = Pet { id: AnyId::operator(), owner_id: Some("a".into()) };
    assert!(!pet.owner().clear(db).await.unwrap());
    assert!(pet.owner().set(db, &owner("a")).await.is_err());
    assert!(!owner("a").labels().remove(db, &Label { id: AnyId::operator() }).await.unwrap());
    assert_eq!(stored_documents(db).await, before);
    // the server refuses to store this id; no other document is replaced
    let _ = hostile.save(db).await;
    assert_eq!(Owner::find(Owner::NAME.eq("somebody")).count(db).await.unwrap() - u64::from(is_stored(db).await), 3);
}

/// Whether a document with the hostile id exists: some servers store it.
async fn is_stored(db: &mongodb::Database) -> bool {
    Owner::get(db, AnyId::operator()).await.unwrap().is_some()
}

#[tokio::test]
async fn a_hostile_id_does_not_delete_other_documents() {
    let test = database().await;
    let db = test.db();
    let hostile = owners(db).await;
    let before = stored_documents(db).await;
    assert_eq!(hostile.delete(db).await.unwrap().deleted(), 0);
    assert_eq!(hostile.plan_delete(db).await.unwrap().deleted(), 0);
    assert_eq!(hostile.pets().delete_all(db).await.unwrap().deleted(), 0);
    assert_eq!(hostile.desk().delete(db).await.unwrap().deleted(), 0);
    assert_eq!(hostile.labels().delete_all(db).await.unwrap().deleted(), 0);
    assert_eq!(Owner::find(Owner::ID.eq(AnyId::operator())).delete(db).await.unwrap().deleted(), 0);
    let pet = Pet { id: "x".into(), owner_id: Some(AnyId::operator()) };
    assert_eq!(pet.owner().delete(db).await.unwrap().deleted(), 0);
    assert_eq!(stored_documents(db).await, before);
}
