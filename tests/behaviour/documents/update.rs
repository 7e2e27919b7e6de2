use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use super::{Draft, Note, notes, ranks};

#[tokio::test]
async fn update_changes_the_stored_document_and_the_value() {
    let test = database().await;
    let db = test.db();
    let mut note = Note::new("milk", 7).insert(db).await.unwrap();
    // a concurrent change, which this value doesn't have yet
    Note::update_by_id(db, note.id, Note::RANK.inc(10)).await.unwrap();
    assert_commands!(test, 1, note.update(db, Note::TEXT.set("bread")).await.unwrap());
    assert_eq!((note.text.as_str(), note.rank), ("bread", 17));
    assert_eq!(Note::get(db, note.id).await.unwrap(), Some(note));
}

#[tokio::test]
async fn update_takes_tuples_and_documents() {
    let test = database().await;
    let db = test.db();
    let mut note = Note::new("milk", 7).insert(db).await.unwrap();
    note.update(db, (Note::TEXT.set("bread"), Note::RANK.inc(1))).await.unwrap();
    assert_eq!((note.text.as_str(), note.rank), ("bread", 8));
    note.update(db, doc! { "$mul": { "rank": 2_i64 } }).await.unwrap();
    assert_eq!(note.rank, 16);
    let mixed = (Note::TEXT.set("salt"), doc! { "$inc": { "rank": -6_i64 } });
    note.update(db, mixed).await.unwrap();
    assert_eq!((note.text.as_str(), note.rank), ("salt", 10));
    assert_eq!(Note::get(db, note.id).await.unwrap(), Some(note));
}

#[tokio::test]
async fn updating_a_deleted_document_is_not_found() {
    let test = database().await;
    let db = test.db();
    let mut note = Note::new("milk", 7);
    let before = note.clone();
    let error = note.update(db, Note::RANK.inc(1)).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { model: "Note" }), "{error:?}");
    assert_eq!(note, before);
    let error = Note::update_by_id(db, note.id, Note::RANK.inc(1)).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { model: "Note" }), "{error:?}");
    assert_eq!(Note::find_all().count(db).await.unwrap(), 0, "no upsert");
}

#[tokio::test]
async fn update_and_delete_of_a_document_without_an_id_are_errors() {
    let test = database().await;
    let db = test.db();
    let mut draft = Draft::new("a");
    assert_commands!(test, 0, {
        let error = draft.update(db, Draft::TEXT.set("b")).await.unwrap_err();
        assert!(matches!(error, Error::Unsaved { model: "Draft" }), "{error:?}");
        let error = Draft::update_by_id(db, None, Draft::TEXT.set("b")).await.unwrap_err();
        assert!(matches!(error, Error::Unsaved { model: "Draft" }), "{error:?}");
        let error = draft.delete(db).await.unwrap_err();
        assert!(matches!(error, Error::Unsaved { model: "Draft" }), "{error:?}");
    });
}

#[tokio::test]
async fn update_keeps_the_value_if_the_changed_document_cannot_be_decoded() {
    let test = database().await;
    let db = test.db();
    let mut note = Note::new("milk", 7).insert(db).await.unwrap();
    let invalid = note.update(db, doc! { "$set": { "rank": "high" } }).await;
    assert!(matches!(invalid, Err(Error::Decode { .. })), "{invalid:?}");
    assert_eq!((note.text.as_str(), note.rank), ("milk", 7));
}

#[tokio::test]
async fn update_by_id_returns_the_document_in_one_command() {
    let test = database().await;
    let db = test.db();
    let notes = notes(&test, 3).await;
    let update = Note::update_by_id(db, notes[1].id, Note::RANK.set(50));
    let (done, sent) = test.log().record(update).await;
    assert_eq!(done.unwrap(), Note { rank: 50, ..notes[1].clone() });
    assert_eq!(sent.names(), ["findAndModify"]);
    let all = Note::find_all().order_by(Note::ID.asc()).all(db).await.unwrap();
    assert_eq!(ranks(&all), [0, 50, 2]);
    // an update that changes no value is not an error
    Note::update_by_id(db, notes[1].id, Note::RANK.set(50)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_increments_are_all_counted() {
    let test = database().await;
    let note = Note::new("milk", 0).insert(test.db()).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (db, mut mine) = (test.db().clone(), note.clone());
            tokio::spawn(async move {
                for _ in 0..5 {
                    mine.update(&db, Note::RANK.inc(1)).await.unwrap();
                    Note::update_by_id(&db, mine.id, Note::RANK.inc(1)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let stored = Note::get(test.db(), note.id).await.unwrap().unwrap();
    assert_eq!(stored.rank, 160);
}

#[tokio::test]
async fn updating_the_results_of_a_query_is_one_command() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    let changed =
        assert_commands!(test, 1, Note::find(Note::RANK.gte(6)).update(db, Note::TEXT.set("high")).await.unwrap());
    assert_eq!(changed, 4);
    let high = Note::find(Note::TEXT.eq("high")).order_by(Note::RANK.asc());
    assert_eq!(ranks(&high.all(db).await.unwrap()), [6, 7, 8, 9]);
    // documents that have the value already count too
    let again = Note::find(Note::RANK.gte(6)).update(db, Note::TEXT.set("high")).await.unwrap();
    assert_eq!(again, 4);
    let none = Note::find(Note::RANK.gt(100)).update(db, Note::TEXT.set("x")).await.unwrap();
    assert_eq!(none, 0);
}

#[tokio::test]
async fn updating_the_results_of_a_query_respects_skip_and_limit() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    let window = Note::find_all().order_by(Note::RANK.desc()).skip(1).limit(3);
    let changed = assert_commands!(test, 2, window.update(db, Note::TEXT.set("w")).await.unwrap());
    assert_eq!(changed, 3);
    let found = Note::find(Note::TEXT.eq("w")).order_by(Note::RANK.asc());
    assert_eq!(ranks(&found.all(db).await.unwrap()), [6, 7, 8]);
    // without an order, the first documents by id
    Note::find_all().limit(2).update(db, Note::TEXT.set("first")).await.unwrap();
    let found = Note::find(Note::TEXT.eq("first")).order_by(Note::RANK.asc());
    assert_eq!(ranks(&found.all(db).await.unwrap()), [0, 1]);
}

#[tokio::test]
async fn an_update_with_a_limit_reads_only_ids_and_sends_a_thousand_at_a_time() {
    let test = database().await;
    let db = test.db();
    notes(&test, 2_100).await;
    let window = Note::find_all().order_by(Note::RANK.asc()).limit(1_500);
    let (changed, sent) = test.log().record(window.update(db, Note::TEXT.set("w"))).await;
    assert_eq!(changed.unwrap(), 1_500);
    assert_eq!(sent.names(), ["find", "update", "update"]);
    assert_eq!(sent[0].body.get_document("projection").ok(), Some(&doc! { "_id": 1 }));
    assert_eq!(Note::find(Note::TEXT.eq("w")).count(db).await.unwrap(), 1_500);
}
