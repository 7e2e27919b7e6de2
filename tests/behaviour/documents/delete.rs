use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use super::{Note, notes, ranks};

#[tokio::test]
async fn deleting_a_document_again_reports_0() {
    let test = database().await;
    let db = test.db();
    let notes = notes(&test, 3).await;
    let report = assert_commands!(test, 1, notes[1].delete(db).await.unwrap());
    assert_eq!(report.deleted(), 1);
    let report = assert_commands!(test, 1, notes[1].delete(db).await.unwrap());
    assert_eq!(report.deleted(), 0, "the document is already deleted");
    let left = Note::find_all().order_by(Note::RANK.asc()).all(db).await.unwrap();
    assert_eq!(ranks(&left), [0, 2]);
}

#[tokio::test]
async fn deleting_the_results_of_a_query_is_one_command() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    let high = Note::find(Note::RANK.gte(6));
    let report = assert_commands!(test, 1, high.delete(db).await.unwrap());
    assert_eq!(report.deleted(), 4);
    assert_eq!(Note::find_all().count(db).await.unwrap(), 6);
    let none = Note::find(Note::RANK.gte(6)).delete(db).await.unwrap();
    assert_eq!(none.deleted(), 0);
}

#[tokio::test]
async fn deleting_respects_skip_and_limit() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    let window = Note::find_all().order_by(Note::RANK.desc()).skip(1).limit(3);
    let report = assert_commands!(test, 2, window.delete(db).await.unwrap());
    assert_eq!(report.deleted(), 3);
    let left = Note::find_all().order_by(Note::RANK.asc()).all(db).await.unwrap();
    assert_eq!(ranks(&left), [0, 1, 2, 3, 4, 5, 9]);
}
