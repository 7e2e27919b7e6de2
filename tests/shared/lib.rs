//! Code that several suites share. The suites test EarnORM from the outside, with `earnorm`, the driver and a real
//! server.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may have the same option")]

pub mod blog;
mod faults;
mod property;
mod values;

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::mongodb::options::{Collation, CollationStrength, IndexOptions};
use earnorm::mongodb::{Database, IndexModel};
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use futures_util::TryStreamExt;

pub use self::faults::{Cut, clients, direct_database, write_conflict};
pub use self::property::PropertyTest;
pub use self::values::{AnyValue, binary, decimal, regex};

/// Both strategies for loading includes.
pub const STRATEGIES: [Strategy; 2] = [Strategy::Batch, Strategy::Lookup];

/// A new database for one test, with its commands counted.
pub async fn database() -> TestDb {
    TestDb::new().await.unwrap()
}

/// The number of stored documents of a model.
pub async fn count<M: Model>(db: &Database) -> u64 {
    M::find_all().count(db).await.unwrap()
}

/// All documents of a collection as they are stored, ordered by `_id`.
pub async fn documents(db: &Database, collection: &str) -> Vec<Document> {
    let found = db.collection(collection).find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    found.try_collect().await.unwrap()
}

/// The document with this `_id` as it is stored.
pub async fn document(db: &Database, collection: &str, id: impl Into<Bson>) -> Document {
    db.collection(collection).find_one(doc! { "_id": id.into() }).await.unwrap().unwrap()
}

/// Inserts documents as they are, without a model.
pub async fn insert_documents(db: &Database, collection: &str, documents: impl IntoIterator<Item = Document>) {
    db.collection(collection).insert_many(documents).await.unwrap();
}

/// A unique index on these fields.
pub fn unique_index(keys: Document, name: impl Into<Option<&'static str>>) -> IndexModel {
    let name = name.into().map(str::to_owned);
    IndexModel::builder().keys(keys).options(IndexOptions::builder().unique(true).name(name).build()).build()
}

/// An English collation that ignores case.
pub fn case_insensitive() -> Collation {
    english(CollationStrength::Secondary)
}

/// An English collation of this strength.
pub fn english(strength: CollationStrength) -> Collation {
    Collation::builder().locale("en").strength(strength).build()
}
