use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::{Command, assert_commands};
use earnorm_tests::database;

use super::{Note, notes, ranks};

#[tokio::test]
async fn a_page_is_two_commands_and_has_the_total() {
    let test = database().await;
    let db = test.db();
    notes(&test, 25).await;
    let query = || Note::find_all().order_by(Note::RANK.desc());
    let page = assert_commands!(test, 2, query().page(db, 1, 10).await.unwrap());
    assert_eq!(ranks(&page.items), (15..25).rev().collect::<Vec<_>>());
    assert_eq!((page.total, page.number, page.size, page.pages()), (25, 1, 10, 3));
    let last = assert_commands!(test, 2, query().page(db, 3, 10).await.unwrap());
    assert_eq!(ranks(&last.items), [4, 3, 2, 1, 0]);
    assert_eq!((last.number, last.pages()), (3, 3));
    let even = query().page(db, 1, 5).await.unwrap();
    assert_eq!(even.pages(), 5);
}

#[tokio::test]
async fn a_page_reads_only_its_documents() {
    let test = database().await;
    notes(&test, 25).await;
    let query = Note::find_all().order_by(Note::RANK.asc());
    let (_, sent) = test.log().record(query.page(test.db(), 2, 10)).await;
    let found: usize = sent.iter().filter(|c| c.name == "find").map(Command::documents).sum();
    assert_eq!(found, 10, "{sent}");
}

#[tokio::test]
async fn a_page_after_the_last_is_empty_and_has_the_total() {
    let test = database().await;
    let db = test.db();
    notes(&test, 25).await;
    for number in [4, 1_000, u64::MAX] {
        let page = Note::find_all().page(db, number, 10).await.unwrap();
        assert_eq!((page.items.len(), page.total, page.number), (0, 25, number));
    }
    let none = Note::find(Note::RANK.gt(100)).page(db, 1, 10).await.unwrap();
    assert_eq!((none.items.len(), none.total, none.pages()), (0, 0, 0));
    let all = Note::find_all().page(db, 1, u64::MAX).await.unwrap();
    assert_eq!((all.items.len(), all.pages()), (25, 1));
}

#[tokio::test]
async fn page_0_and_size_0_are_errors_and_send_nothing() {
    let test = database().await;
    for (number, size) in [(0, 10), (1, 0), (0, 0)] {
        let page = Note::find_all().page(test.db(), number, size);
        let error = assert_commands!(test, 0, page.await.unwrap_err());
        assert!(matches!(error, Error::Invalid { model: "Note", .. }), "{error:?}");
        let message = format!("there is no page {number} of {size}");
        assert!(error.to_string().contains(&message), "{error}");
    }
}

#[tokio::test]
async fn pages_without_an_order_are_in_id_order() {
    let test = database().await;
    let db = test.db();
    let mut all = Vec::new();
    let mut sorted: Vec<_> = (0..9).map(|rank| Note::new("n", rank)).collect();
    sorted.reverse();
    Note::insert_many(db, &sorted).await.unwrap();
    for number in 1..=3 {
        all.extend(Note::find_all().page(db, number, 4).await.unwrap().items);
    }
    assert_eq!(ranks(&all), (0..9).collect::<Vec<_>>());
}

#[tokio::test]
async fn pages_respect_skip_and_limit_of_the_query() {
    let test = database().await;
    let db = test.db();
    notes(&test, 25).await;
    let query = || Note::find_all().order_by(Note::RANK.asc()).skip(2).limit(7);
    let first = query().page(db, 1, 5).await.unwrap();
    assert_eq!(ranks(&first.items), [2, 3, 4, 5, 6]);
    assert_eq!((first.total, first.pages()), (7, 2));
    let second = query().page(db, 2, 5).await.unwrap();
    assert_eq!(ranks(&second.items), [7, 8]);
    assert_eq!(second.total, 7);
    let third = query().page(db, 3, 5).await.unwrap();
    assert_eq!((third.items.len(), third.total), (0, 7));
}

#[tokio::test]
async fn a_page_serializes_with_its_documents() {
    let test = database().await;
    notes(&test, 3).await;
    let page = Note::find_all().order_by(Note::RANK.asc()).page(test.db(), 2, 2).await.unwrap();
    let json = serde_json::to_value(&page).unwrap();
    assert_eq!(json["total"], 3);
    assert_eq!(json["number"], 2);
    assert_eq!(json["size"], 2);
    assert_eq!(json["items"][0]["text"], "note 2");
}
