//! `starts_with` and `contains_text` match text literally, not as a pattern.

use std::borrow::Cow;

use earnorm::mongodb::bson::{Document, doc};
use earnorm::prelude::*;
use earnorm::{Filter, Text};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tag(String);

impl Text for Tag {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Line {
    #[serde(rename = "_id")]
    id: i32,
    text: String,
    note: Option<Box<str>>,
    owned: Cow<'static, str>,
    tag: Tag,
    inner: Document,
}

fn line(id: i32, text: &str) -> Line {
    let inner = doc! { "text": text };
    Line {
        id,
        text: text.to_owned(),
        note: (id % 2 == 0).then(|| text.into()),
        owned: text.to_owned().into(),
        tag: Tag(text.to_owned()),
        inner,
    }
}

async fn found(test: &TestDb, filter: Filter<Line>) -> Vec<i32> {
    let lines = Line::find(filter).order_by(Line::ID.asc()).all(test.db()).await.unwrap();
    lines.iter().map(|line| line.id).collect()
}

const TEXTS: [&str; 14] =
    ["a.b", "axb", "^a", "a$", "(a|b)", "[a]", "a{2}", "aa", r"a\d", "a\nb", "\0a", "A.b", "ä.b*", "x a.b"];

#[tokio::test]
async fn every_character_matches_literally() {
    let test = database().await;
    let lines: Vec<Line> = (0..).zip(TEXTS).map(|(id, text)| line(id, text)).collect();
    Line::insert_many(test.db(), &lines).await.unwrap();
    let parts = TEXTS.iter().flat_map(|text| {
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        ends.flat_map(move |end| {
            text.char_indices().map(|(at, _)| at).filter(move |at| *at < end).map(move |at| &text[at..end])
        })
    });
    for part in parts.chain(["", ".", "zz", "*", r"\E", r"\Q"]) {
        let of = |matches: &dyn Fn(&str) -> bool| {
            (0..).zip(TEXTS).filter(|(_, text)| matches(text)).map(|(id, _)| id).collect::<Vec<i32>>()
        };
        let (starts, contains) = (of(&|text| text.starts_with(part)), of(&|text| text.contains(part)));
        let even = |ids: &[i32]| ids.iter().copied().filter(|id| id % 2 == 0).collect::<Vec<_>>();
        assert_eq!(found(&test, Line::TEXT.starts_with(part)).await, starts, "{part:?}");
        assert_eq!(found(&test, Line::TEXT.contains_text(part)).await, contains, "{part:?}");
        assert_eq!(found(&test, Line::NOTE.starts_with(part)).await, even(&starts), "{part:?}");
        assert_eq!(found(&test, Line::OWNED.contains_text(part)).await, contains, "{part:?}");
        assert_eq!(found(&test, Line::TAG.starts_with(part)).await, starts, "{part:?}");
        assert_eq!(found(&test, Line::INNER.at("text").starts_with(String::from(part))).await, starts, "{part:?}");
        assert_eq!(found(&test, !Line::TEXT.contains_text(part)).await.len(), TEXTS.len() - contains.len(), "{part:?}");
    }
}

/// Other values match nothing, not even the empty prefix.
#[tokio::test]
async fn values_that_are_not_text_do_not_match() {
    let test = database().await;
    let raw = test.db().collection::<Document>("lines");
    let others = [doc! { "_id": 1, "text": 12 }, doc! { "_id": 2 }, doc! { "_id": 3, "text": null }];
    raw.insert_many(others).await.unwrap();
    for filter in [Line::TEXT.starts_with("1"), Line::TEXT.starts_with(""), Line::TEXT.contains_text("")] {
        assert_eq!(assert_commands!(test, 1, Line::find(filter).count(test.db()).await.unwrap()), 0);
    }
}
