use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, unique_index};

use super::{Draft, Note};

#[tokio::test]
async fn save_replaces_the_whole_document() {
    let test = database().await;
    let db = test.db();
    let mut note = Note::new("milk", 7).insert(db).await.unwrap();
    Note::collection(db).update_one(doc! {}, doc! { "$set": { "extra": true } }).await.unwrap();
    "bread".clone_into(&mut note.text);
    assert_commands!(test, 1, note.save(db).await.unwrap());
    let raw = db.collection::<mongodb::bson::Document>("notes");
    let stored = raw.find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(stored, doc! { "_id": note.id, "text": "bread", "rank": 7_i64 });
    assert_eq!(raw.count_documents(doc! {}).await.unwrap(), 1);
}

#[tokio::test]
async fn save_inserts_a_missing_document() {
    let test = database().await;
    let mut note = Note::new("milk", 7);
    assert_commands!(test, 1, note.save(test.db()).await.unwrap());
    assert_eq!(Note::get(test.db(), note.id).await.unwrap(), Some(note));
}

#[tokio::test]
async fn save_generates_an_id_and_sets_it() {
    let test = database().await;
    let db = test.db();
    let mut draft = Draft::new("a");
    assert_commands!(test, 1, draft.save(db).await.unwrap());
    let id = draft.id.unwrap();
    "b".clone_into(&mut draft.text);
    assert_commands!(test, 1, draft.save(db).await.unwrap());
    assert_eq!(draft.id, Some(id));
    assert_eq!(Draft::find_all().all(db).await.unwrap(), [draft]);
}

#[tokio::test]
async fn a_failed_save_removes_the_id_it_generated() {
    let test = database().await;
    let db = test.db();
    Draft::collection(db).create_index(unique_index(doc! { "text": 1 }, None)).await.unwrap();
    Draft::new("a").insert(db).await.unwrap();
    let mut second = Draft::new("a");
    let error = second.save(db).await.unwrap_err();
    assert!(matches!(error, Error::Duplicate { .. }), "{error:?}");
    assert_eq!(second.id, None);
    "b".clone_into(&mut second.text);
    second.save(db).await.unwrap();
    assert!(second.id.is_some());
}
