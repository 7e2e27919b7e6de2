use earnorm::Error;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::blog::{Comment, User};
use earnorm_tests::database;

#[tokio::test]
async fn get_require_and_exists_follow_the_key() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", 36).insert(db).await.unwrap();
    let post = ada.post("hello", 1).insert(db).await.unwrap();
    let author = assert_commands!(test, 1, { post.author().get(db).await.unwrap() });
    assert_eq!(author, Some(ada.clone()));
    assert_eq!(assert_commands!(test, 1, { post.author().require(db).await.unwrap() }), ada);
    assert!(assert_commands!(test, 1, { post.author().exists(db).await.unwrap() }));
    let minors = post.author().filter(User::AGE.lt(18));
    assert_eq!(minors.get(db).await.unwrap(), None);
}

#[tokio::test]
async fn a_dangling_key_is_none_or_an_error() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", 36);
    let post = ada.post("hello", 1).insert(db).await.unwrap();
    assert_eq!(post.author().get(db).await.unwrap(), None);
    assert!(!post.author().exists(db).await.unwrap());
    match post.author().require(db).await.unwrap_err() {
        Error::Dangling { model, field, id } => {
            assert_eq!((model, field), ("Post", "author_id"));
            assert_eq!(*id, Bson::ObjectId(ada.id));
        }
        other => panic!("{other}"),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Ticket {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_one, target = "User")]
    owner_id: Option<ObjectId>,
}

#[tokio::test]
async fn an_empty_key_sends_no_command() {
    let test = database().await;
    let db = test.db();
    let ticket = Ticket { id: 1, owner_id: None }.insert(db).await.unwrap();
    assert_commands!(test, 0, {
        assert_eq!(ticket.owner().get(db).await.unwrap(), None);
        assert!(!ticket.owner().exists(db).await.unwrap());
        assert!(!ticket.owner().clear(db).await.unwrap());
        let missing = ticket.owner().require(db).await.unwrap_err();
        assert!(matches!(missing, Error::NotFound { model: "User" }), "{missing}");
    });
    let query = ticket.owner().to_query().unwrap();
    assert_eq!((query.filter, query.limit), (doc! { "_id": Bson::Null }, Some(0)));
}

#[tokio::test]
async fn set_create_and_clear_change_the_stored_key() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", 36).insert(db).await.unwrap();
    let ticket = Ticket { id: 1, owner_id: None }.insert(db).await.unwrap();
    assert_commands!(test, 1, { ticket.owner().set(db, &ada).await.unwrap() });
    let ticket = Ticket::get(db, 1).await.unwrap().unwrap();
    assert_eq!(ticket.owner_id, Some(ada.id));
    let grace = assert_commands!(test, 2, { ticket.owner().create(db, User::new("Grace", None)).await.unwrap() });
    let ticket = Ticket::get(db, 1).await.unwrap().unwrap();
    assert_eq!(ticket.owner().require(db).await.unwrap(), grace);
    assert!(assert_commands!(test, 1, { ticket.owner().clear(db).await.unwrap() }));
    assert_eq!(Ticket::get(db, 1).await.unwrap().unwrap().owner_id, None);
    let gone = Ticket { id: 9, owner_id: None };
    let error = gone.owner().set(db, &ada).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { model: "Ticket" }), "{error}");
}

/// The server considers `"1"` and `1` different, and so do relations.
#[tokio::test]
async fn a_key_of_another_type_matches_nothing() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Line", fk = "order_id")]
    struct Order {
        #[serde(rename = "_id")]
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Line {
        #[serde(rename = "_id")]
        id: i64,
        #[relation(many_to_one, target = "Order")]
        order_id: i64,
    }
    let test = database().await;
    let db = test.db();
    let order = Order { id: 1 }.insert(db).await.unwrap();
    let lines = db.collection::<Document>("lines");
    lines.insert_one(doc! { "_id": 1, "order_id": "1" }).await.unwrap();
    lines.insert_one(doc! { "_id": 2, "order_id": 1_i32 }).await.unwrap();
    let found = order.lines().all(db).await.unwrap();
    let found: Vec<i64> = found.iter().map(|line| line.id).collect();
    assert_eq!(found, [2]);
}

#[tokio::test]
async fn relations_of_related_documents_can_be_chained() {
    let test = database().await;
    let db = test.db();
    let ada = User::new("Ada", 36).insert(db).await.unwrap();
    let post = ada.posts().create(db, ada.post("hello", 1)).await.unwrap();
    let comment = Comment {
        id: ObjectId::new(),
        text: "first".into(),
        status: "active".into(),
        likes: 0,
        created_at: 0,
        post_id: ObjectId::new(),
    };
    let comment = post.comments().create(db, comment).await.unwrap();
    let author = comment.post().require(db).await.unwrap().author().require(db).await.unwrap();
    assert_eq!(author, ada);
}
