use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use super::{Draft, Note, notes, ranks};

#[tokio::test]
async fn get_is_one_command_for_existing_and_missing_documents() {
    let test = database().await;
    let note = Note::new("milk", 7).insert(test.db()).await.unwrap();
    let found = assert_commands!(test, 1, Note::get(test.db(), note.id).await.unwrap());
    assert_eq!(found, Some(note.clone()));
    let gone = assert_commands!(test, 1, Note::get(test.db(), ObjectId::new()).await.unwrap());
    assert_eq!(gone, None);
}

#[tokio::test]
async fn get_with_no_id_returns_none_and_sends_nothing() {
    let test = database().await;
    Draft::collection(test.db())
        .clone_with_type::<mongodb::bson::Document>()
        .insert_one(doc! { "_id": null, "text": "a trap" })
        .await
        .unwrap();
    let none = assert_commands!(test, 0, Draft::get(test.db(), None).await.unwrap());
    assert_eq!(none, None);
    let none = assert_commands!(test, 0, Draft::get_many(test.db(), [None]).await.unwrap());
    assert!(none.is_empty(), "{none:?}");
}

#[tokio::test]
async fn get_many_returns_each_document_once_in_the_order_of_the_ids() {
    let test = database().await;
    let notes = notes(&test, 4).await;
    let missing = ObjectId::new();
    let ids = [notes[3].id, notes[0].id, missing, notes[3].id, notes[2].id];
    let found = assert_commands!(test, 1, Note::get_many(test.db(), ids).await.unwrap());
    assert_eq!(ranks(&found), [3, 0, 2]);
    let none = assert_commands!(test, 1, Note::get_many(test.db(), [missing]).await.unwrap());
    assert!(none.is_empty());
}

#[tokio::test]
async fn get_many_sends_one_command_per_thousand_ids() {
    let test = database().await;
    let notes = notes(&test, 2_500).await;
    let ids: Vec<_> = notes.iter().rev().map(|note| note.id).collect();
    let (found, sent) = test.log().record(Note::get_many(test.db(), &ids)).await;
    assert_eq!(sent.names(), ["find", "find", "find"]);
    assert!(sent.iter().all(|command| command.documents() <= 1_000), "{sent}");
    assert_eq!(ranks(&found.unwrap()), (0..2_500).rev().collect::<Vec<_>>());

    // an id counts once, even if it is repeated
    let twice: Vec<_> = ids[..1_000].iter().chain(&ids[..1_000]).collect();
    let found = assert_commands!(test, 1, Note::get_many(test.db(), twice).await.unwrap());
    assert_eq!(found.len(), 1_000);
}

#[tokio::test]
async fn get_many_of_nothing_sends_nothing() {
    let test = database().await;
    let none = Vec::<ObjectId>::new();
    let found = assert_commands!(test, 0, Note::get_many(test.db(), none).await.unwrap());
    assert!(found.is_empty());
}
