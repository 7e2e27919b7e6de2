//! Calls on one document and on lists of documents, with their numbers of commands.

mod after;
mod after_types;
mod delete;
mod flattened_rest;
mod get;
mod insert;
mod page;
mod read;
mod save;
mod stream;
mod unstored_fields;
mod update;

use earnorm::prelude::*;
use earnorm_testkit::TestDb;

/// A model that nothing refers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Note {
    #[serde(rename = "_id")]
    id: ObjectId,
    text: String,
    rank: i64,
}

impl Note {
    fn new(text: &str, rank: i64) -> Self {
        Self { id: ObjectId::new(), text: text.to_owned(), rank }
    }
}

/// A model whose id is generated on insert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Draft {
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    id: Option<ObjectId>,
    text: String,
}

impl Draft {
    fn new(text: &str) -> Self {
        Self { id: None, text: text.to_owned() }
    }
}

/// Notes with the ranks 0, 1, 2, .., in the order of their ids.
async fn notes(test: &TestDb, count: i64) -> Vec<Note> {
    let notes: Vec<_> = (0..count).map(|rank| Note::new(&format!("note {rank}"), rank)).collect();
    Note::insert_many(test.db(), &notes).await.unwrap();
    notes
}

fn ranks(notes: &[Note]) -> Vec<i64> {
    notes.iter().map(|note| note.rank).collect()
}
