use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use super::{Draft, Note, ranks};

#[tokio::test]
async fn insert_is_one_command_and_returns_the_document() {
    let test = database().await;
    let note = Note::new("milk", 7);
    let inserted = assert_commands!(test, 1, note.clone().insert(test.db()).await.unwrap());
    assert_eq!(inserted, note);
    let stored = test.db().collection::<Document>("notes").find_one(doc! {}).await.unwrap();
    assert_eq!(stored, Some(doc! { "_id": note.id, "text": "milk", "rank": 7_i64 }));
}

#[tokio::test]
async fn insert_generates_and_stores_a_missing_id() {
    let test = database().await;
    let draft = assert_commands!(test, 1, Draft::new("a").insert(test.db()).await.unwrap());
    let id = draft.id.unwrap();
    assert_eq!(Draft::get(test.db(), id).await.unwrap(), Some(draft));
}

#[tokio::test]
async fn insert_keeps_a_given_id() {
    let test = database().await;
    let id = ObjectId::new();
    let mut draft = Draft::new("a");
    draft.id = Some(id);
    let inserted = draft.insert(test.db()).await.unwrap();
    assert_eq!(inserted.id, Some(id));
    assert_eq!(Draft::collection(test.db()).count_documents(doc! { "_id": id }).await.unwrap(), 1);
}

#[tokio::test]
async fn insert_many_is_one_command_and_returns_the_ids_in_order() {
    let test = database().await;
    let notes: Vec<_> = (0..50).map(|rank| Note::new("n", rank)).collect();
    let ids = assert_commands!(test, 1, Note::insert_many(test.db(), &notes).await.unwrap());
    assert_eq!(ids, notes.iter().map(|note| note.id).collect::<Vec<_>>());
    let stored = Note::find_all().order_by(Note::RANK.asc()).all(test.db()).await.unwrap();
    assert_eq!(stored, notes);
}

#[tokio::test]
async fn insert_many_of_nothing_sends_nothing() {
    let test = database().await;
    let ids = assert_commands!(test, 0, Note::insert_many(test.db(), &[]).await.unwrap());
    assert!(ids.is_empty());
}

#[tokio::test]
async fn insert_many_generates_missing_ids() {
    let test = database().await;
    let own = ObjectId::new();
    let mut drafts = ["a", "b", "c"].map(Draft::new);
    drafts[1].id = Some(own);
    let ids = assert_commands!(test, 1, Draft::insert_many(test.db(), &drafts).await.unwrap());
    assert_eq!(ids[1], Some(own));
    assert!(ids.iter().all(Option::is_some), "{ids:?}");
    let found = Draft::get_many(test.db(), &ids).await.unwrap();
    let texts: Vec<_> = found.iter().map(|draft| draft.text.as_str()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
}

#[tokio::test]
async fn insert_many_keeps_the_documents_before_the_one_that_failed() {
    let test = database().await;
    let mut notes = vec![Note::new("n", 0), Note::new("n", 1), Note::new("n", 2)];
    notes[1].id = notes[0].id;
    let error = Note::insert_many(test.db(), &notes).await.unwrap_err();
    assert!(matches!(&error, Error::Duplicate { model: "Note", index } if index == "_id_"), "{error:?}");
    let stored = Note::find_all().all(test.db()).await.unwrap();
    assert_eq!(ranks(&stored), [0]);
}

#[tokio::test]
async fn messages_and_replies_over_the_size_limit_are_split() {
    const MANY: usize = 13 << 20;
    let test = database().await;
    let db = test.db();
    let long = "x".repeat(MANY);
    let fat: Vec<_> = (0..4).map(|rank| Note::new(&long, rank)).collect();
    let ids = assert_commands!(test, 2, Note::insert_many(db, &fat).await.unwrap());
    assert_eq!(ids.len(), 4);
    let all = Note::find_all().order_by(Note::RANK.asc()).limit(2);
    let (all, sent) = test.log().record(all.all(db)).await;
    assert_eq!(sent.names(), ["find", "getMore"]);
    assert_eq!(ranks(&all.unwrap()), [0, 1]);
}

#[tokio::test]
async fn collection_is_the_driver_collection_of_the_model() {
    let test = database().await;
    let note = Note::new("milk", 7).insert(test.db()).await.unwrap();
    let collection = Note::collection(test.db());
    assert_eq!(collection.name(), "notes");
    assert_eq!(collection.find_one(doc! {}).await.unwrap(), Some(note));
}
