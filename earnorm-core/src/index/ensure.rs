use std::fmt;

use mongodb::bson::Document;
use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};
use serde::Serialize;

use super::wanted::{Wanted, wanted};
use crate::bson::identity;
use crate::error::codes::CANNOT_CREATE;
use crate::schema::{ModelMetadata, models};
use crate::store::{create_indexes, list_indexes};
use crate::{Error, Result};

/// What [`ensure_indexes`] did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexReport {
    /// The indexes that were made.
    pub made: Vec<MadeIndex>,
    /// How many were there already.
    pub present: usize,
    /// The indexes that the server can't make, as a unique one on a sharded collection whose shard key it doesn't begin
    /// with. Where one was to be unique, one that isn't is made in its place.
    pub refused: Vec<RefusedIndex>,
}

/// An index that the server can't make.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RefusedIndex {
    /// The index.
    pub index: IndexSpec,
    /// What the server says.
    pub reason: String,
}

/// An index, as it is or ought to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexSpec {
    /// Where it is.
    pub collection: &'static str,
    /// Its name.
    pub name: String,
    /// Its fields, each with its direction.
    pub keys: Document,
    /// Whether it allows a value once.
    pub unique: bool,
    /// Which documents it holds, where not all.
    pub partial: Option<Document>,
}

impl fmt::Display for IndexSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} {}", self.collection, self.name, self.keys)?;
        if self.unique {
            f.write_str(", unique")?;
        }
        match &self.partial {
            Some(partial) => write!(f, ", where {partial}"),
            None => Ok(()),
        }
    }
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
        for RefusedIndex { index, reason } in &self.refused {
            write!(f, "\n  refused: {index}: {reason}")?;
        }
        Ok(())
    }
}

/// Makes the indexes that the relations of every linked model call for: one for each key, followed by the fields the filter
/// tests for equality, those of the order, then those it bounds; a unique one for each one-to-one, and for each join model
/// a unique one for its pair of keys. None is made that another makes superfluous.
///
/// A missing key and a null one take no place: where a key can be null, the unique index is on the documents that have one,
/// and a plain index for reads stands beside it. One that an earlier version made and that refuses more stays until you
/// drop it; [`check_indexes`](crate::check_indexes()) lists it as superfluous.
///
/// What is there already stays. Two commands for each collection in which an index is missing, one for each other; one more
/// for each missing index where the server refuses any. Indexes aren't made in a transaction, so it takes a database only.
///
/// Indexes on ordinary fields are yours to make: `User::collection(&db).create_index(..)`.
///
/// It takes every model that is linked, those of other crates included, for one that lives in `db`, and an index on a
/// collection that isn't there makes that collection. A program with several databases gives each what belongs there,
/// model by model: `User::ensure_indexes(&accounts)`, [`Model::ensure_indexes`](crate::Model::ensure_indexes).
///
/// An index can have one array in it. Where two fields of a relation's filter or order are arrays, write `index = false`
/// on it, and make an index of your own.
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
/// name or keys has other options (codes 85 and 86). All others are made before it is given back. What the server can't
/// make at all (code 67) is no error, but in the report.
pub async fn ensure_indexes(db: &Database) -> Result<IndexReport> {
    make(db, wanted(models())).await
}

/// The indexes of one model's relations, those in other collections included.
pub(crate) async fn ensure(db: &Database, model: &'static ModelMetadata) -> Result<IndexReport> {
    make(db, wanted(std::iter::once(model))).await
}

async fn make(db: &Database, indexes: Vec<Wanted>) -> Result<IndexReport> {
    let (mut report, mut failure) = (IndexReport::default(), None);
    for (collection, here) in by_collection(indexes) {
        let there = list_indexes(db, collection).await?;
        let (present, missing): (Vec<Wanted>, Vec<Wanted>) = here.into_iter().partition(|index| index.is_in(&there));
        report.present += present.len();
        if missing.is_empty() {
            continue;
        }
        match create_indexes(db, collection, missing.iter().map(|index| index.model(&there)).collect()).await {
            Ok(()) => report.made.extend(missing.into_iter().map(|index| index.made(&there))),
            // none of them was made, and which is at fault only the server knows
            Err(_) => make_each(db, missing, &there, &mut report, &mut failure).await?,
        }
    }
    failure.map_or(Ok(report), Err)
}

async fn make_each(
    db: &Database,
    missing: Vec<Wanted>,
    there: &[IndexModel],
    report: &mut IndexReport,
    failure: &mut Option<Error>,
) -> Result<()> {
    for index in missing {
        match create_indexes(db, index.collection, vec![index.model(there)]).await {
            Ok(()) => report.made.push(index.made(there)),
            Err(error) if error.has_code(CANNOT_CREATE) => {
                report.refused.push(RefusedIndex { index: index.spec(), reason: error.to_string() });
                // the next run is refused the same, and finds this one
                let plain = index.not_unique();
                let is_made = |made: &MadeIndex| made.collection == plain.collection && made.keys == plain.keys;
                if index.unique
                    && !plain.is_in(there)
                    && !report.made.iter().any(is_made)
                    && create_indexes(db, plain.collection, vec![plain.model(there)]).await.is_ok()
                {
                    report.made.push(plain.made(there));
                }
            }
            Err(error) if error.is_answer() => {
                failure.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The indexes of each collection together.
pub(super) fn by_collection(mut indexes: Vec<Wanted>) -> Vec<(&'static str, Vec<Wanted>)> {
    let mut collections: Vec<(&'static str, Vec<Wanted>)> = Vec::new();
    for index in indexes.drain(..) {
        match collections.iter_mut().find(|(collection, _)| *collection == index.collection) {
            Some((_, here)) => here.push(index),
            None => collections.push((index.collection, vec![index])),
        }
    }
    collections
}

/// The server may give a direction back as another number type.
pub(super) fn begins_with(keys: &Document, prefix: &Document) -> bool {
    keys.len() >= prefix.len() && keys.iter().zip(prefix).all(|((a, x), (b, y))| a == b && identity(x) == identity(y))
}

impl Wanted {
    /// Whether one of these does what this index would.
    pub(super) fn is_in(&self, there: &[IndexModel]) -> bool {
        there.iter().any(|other| self.is_served_by(other))
    }

    /// Any that begins with its keys does, unless it is to be unique.
    pub(super) fn is_served_by(&self, other: &IndexModel) -> bool {
        let options = other.options.clone().unwrap_or_default();
        let fits = !self.unique || (options.unique == Some(true) && other.keys.len() == self.keys.len());
        fits && begins_with(&other.keys, &self.keys)
            && options.sparse != Some(true)
            && options.hidden != Some(true)
            && options.collation.is_none()
            && options.partial_filter_expression == self.partial
    }

    /// Whether this is what an earlier version made in its place, which refuses more: on all documents, on those where
    /// the key exists, or on fewer types.
    pub(super) fn supersedes(&self, other: &IndexModel) -> bool {
        let options = other.options.clone().unwrap_or_default();
        let (Some(part), true, Some(name)) = (&self.partial, self.unique, options.name) else {
            return false;
        };
        let theirs = options.partial_filter_expression.unwrap_or_default();
        let is_key = |name: &str| self.keys.contains_key(name);
        let besides = |part: &Document| part.iter().filter(|(name, _)| !is_key(name)).count();
        options.unique == Some(true)
            && theirs != *part
            && other.keys.len() == self.keys.len()
            && begins_with(&other.keys, &self.keys)
            && (name.starts_with(&self.name()) || theirs.is_empty() && self.name().starts_with(&name))
            && (theirs.is_empty() || besides(&theirs) == besides(part))
            && theirs.iter().all(|(name, value)| is_key(name) || part.get(name) == Some(value))
    }

    /// Its name, or one that no index has that it supersedes.
    fn free_name(&self, there: &[IndexModel]) -> String {
        let name = self.name();
        let taken = |name: &str| {
            let called = |index: &&IndexModel| index.options.as_ref().is_some_and(|o| o.name.as_deref() == Some(name));
            there.iter().filter(called).any(|index| self.supersedes(index))
        };
        let mut numbered = (2..).map(|number| format!("{name}_{number}"));
        if taken(&name) { numbered.find(|name| !taken(name)).unwrap_or(name) } else { name }
    }

    fn model(&self, there: &[IndexModel]) -> IndexModel {
        let options = IndexOptions::builder()
            .name(self.free_name(there))
            .unique(self.unique.then_some(true))
            .partial_filter_expression(self.partial.clone())
            .build();
        IndexModel::builder().keys(self.keys.clone()).options(options).build()
    }

    pub(super) fn spec(&self) -> IndexSpec {
        let Self { collection, keys, unique, partial } = self.clone();
        IndexSpec { collection, name: self.name(), keys, unique, partial }
    }

    fn made(self, there: &[IndexModel]) -> MadeIndex {
        let name = self.free_name(there);
        let Self { collection, keys, unique, .. } = self;
        MadeIndex { collection, name, keys, unique }
    }
}
