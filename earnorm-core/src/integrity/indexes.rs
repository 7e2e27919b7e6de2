use std::fmt;

use mongodb::bson::Document;
use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};
use serde::Serialize;

use super::wanted::{Wanted, wanted};
use crate::Result;
use crate::encoding::identity;
use crate::schema::{ModelMetadata, models};
use crate::store::{create_indexes, list_indexes};

/// What [`ensure_indexes`] did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexReport {
    /// The indexes that were made.
    pub made: Vec<MadeIndex>,
    /// How many were there already.
    pub present: usize,
}

/// An index that was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MadeIndex {
    /// Where it is.
    pub collection: &'static str,
    /// Its name.
    pub name: String,
    /// Its fields, each with its direction.
    pub keys: Document,
    /// Whether it allows a value once.
    pub unique: bool,
}

impl fmt::Display for IndexReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} indexes made, {} there already", self.made.len(), self.present)?;
        for index in &self.made {
            let unique = if index.unique { ", unique" } else { "" };
            write!(f, "\n  {}.{} {}{unique}", index.collection, index.name, index.keys)?;
        }
        Ok(())
    }
}

/// Makes the indexes that the relations of every linked model call for: one for each key, a unique one for each
/// one-to-one, and for each join model a unique one for its pair of keys.
///
/// What is there already stays. Two commands for each collection in which one is missing, one for each other. Indexes
/// aren't made in a transaction, so it takes a database only.
///
/// It takes every model that is linked, those of other crates included, for one that lives in `db`, and an index on a
/// collection that isn't there makes that collection. A program with several databases gives each what belongs there,
/// model by model: `User::ensure_indexes(&accounts)`, [`Model::ensure_indexes`](crate::Model::ensure_indexes).
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// println!("{}", earnorm::ensure_indexes(&db).await?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Driver`](crate::Error::Driver): where documents forbid a unique index (code 11000), or an index of the same
/// name has other options (codes 85 and 86).
pub async fn ensure_indexes(db: &Database) -> Result<IndexReport> {
    make(db, wanted(models())).await
}

/// The indexes of one model's relations, those in other collections included.
pub(crate) async fn ensure(db: &Database, model: &'static ModelMetadata) -> Result<IndexReport> {
    make(db, wanted(std::iter::once(model))).await
}

async fn make(db: &Database, mut indexes: Vec<Wanted>) -> Result<IndexReport> {
    let mut report = IndexReport::default();
    while let Some(first) = indexes.first() {
        let collection = first.collection;
        let (here, elsewhere) = indexes.into_iter().partition(|i| i.collection == collection);
        indexes = elsewhere;
        make_in(db, collection, here, &mut report).await?;
    }
    Ok(report)
}

async fn make_in(db: &Database, collection: &'static str, wanted: Vec<Wanted>, report: &mut IndexReport) -> Result<()> {
    let there = list_indexes(db, collection).await?;
    let (present, missing): (Vec<Wanted>, Vec<Wanted>) = wanted.into_iter().partition(|index| serves(&there, index));
    report.present += present.len();
    if missing.is_empty() {
        return Ok(());
    }
    create_indexes(db, collection, missing.iter().map(Wanted::model).collect()).await?;
    report.made.extend(missing.into_iter().map(|index| MadeIndex {
        collection,
        name: index.name(),
        keys: index.keys,
        unique: index.unique,
    }));
    Ok(())
}

/// Whether one of these does what `index` would: any that begins with its keys, unless it is to be unique.
fn serves(there: &[IndexModel], index: &Wanted) -> bool {
    there.iter().any(|other| {
        let options = other.options.clone().unwrap_or_default();
        let fits = if index.unique {
            options.unique == Some(true) && other.keys.len() == index.keys.len()
        } else {
            other.keys.len() >= index.keys.len()
        };
        fits && begins_with(&other.keys, &index.keys)
            && options.sparse != Some(true)
            && options.partial_filter_expression == index.partial
    })
}

/// The server may give a direction back as another number type.
fn begins_with(keys: &Document, prefix: &Document) -> bool {
    keys.iter().zip(prefix).all(|((a, x), (b, y))| a == b && identity(x) == identity(y))
}

impl Wanted {
    fn model(&self) -> IndexModel {
        let options = IndexOptions::builder()
            .name(self.name())
            .unique(self.unique.then_some(true))
            .partial_filter_expression(self.partial.clone())
            .build();
        IndexModel::builder().keys(self.keys.clone()).options(options).build()
    }
}
