//! Indexes that some servers don't have.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_tests::database;

use crate::models::{names, stored};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[index(year, text(title, body), name = "search")]
#[index(hashed(author))]
#[index(year, -pages)]
struct Book {
    #[serde(rename = "_id")]
    id: i32,
    title: String,
    body: String,
    author: String,
    year: i32,
    pages: i32,
}

/// A server either makes them, or the report has them with the server's reason, and the others are made.
#[tokio::test]
async fn indexes_of_text_and_hashes_are_made_or_reported() {
    let test = database().await;
    let db = test.db();
    let (outcome, sent) = test.log().record(Book::ensure_indexes(db)).await;
    let printed = sent.to_string();
    assert!(printed.contains(r#""year": 1, "title": "text", "body": "text""#), "{printed}");
    assert!(printed.contains(r#""author": "hashed""#), "{printed}");
    let report = match outcome {
        Ok(report) => report,
        Err(Error::Indexes { report, .. }) => *report,
        Err(error) => panic!("{error}"),
    };
    assert!(names(db, "books").await.contains(&"year_1_pages_-1".to_owned()), "{report}");
    let not_made: Vec<_> = report
        .refused
        .iter()
        .map(|refused| &refused.index)
        .chain(report.failed.iter().map(|failed| &failed.index))
        .map(|index| index.name.as_str())
        .collect();
    let there = stored(db, "books").await;
    for name in ["search", "author_hashed"] {
        let is_there = there.iter().any(|(other, _)| other == name);
        assert_ne!(is_there, not_made.contains(&name), "{report}");
    }
    println!("{report}");
    let check = Book::check_indexes(db).await.unwrap();
    assert_eq!(check.missing.len(), not_made.len(), "{check}");
    assert_eq!((check.present, check.different.len()), (3 - not_made.len(), 0), "{check}");
}
