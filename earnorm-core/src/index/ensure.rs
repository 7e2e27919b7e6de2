use std::fmt;

use mongodb::bson::Document;
use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};
use serde::Serialize;

use super::needed::{NeededIndex, needed_by};
use crate::bson::identity;
use crate::error::codes::CANNOT_CREATE;
use crate::schema::{ModelMetadata, models};
use crate::store::{create_indexes, list_indexes};
use crate::{Error, Result};

/// The indexes that [`ensure_indexes`] made and found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexReport {
    /// The indexes that were made.
    pub made: Vec<MadeIndex>,
    /// The number of indexes that already existed.
    pub present: usize,
    /// The indexes that the server can't make, such as a unique index on a sharded collection that doesn't begin with the
    /// shard key. `ensure_indexes` then makes an index that isn't unique instead.
    pub refused: Vec<RefusedIndex>,
}

/// An index that the server can't make.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RefusedIndex {
    /// The index.
    pub index: IndexSpec,
    /// The server's error message.
    pub reason: String,
}

/// The specification of an index that exists or is needed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexSpec {
    /// The collection.
    pub collection: &'static str,
    /// The name of the index.
    pub name: String,
    /// The fields, each with its direction.
    pub keys: Document,
    /// Whether it is unique.
    pub unique: bool,
    /// The partial filter expression, if it has one.
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
    /// The collection.
    pub collection: &'static str,
    /// The name of the index.
    pub name: String,
    /// The fields, each with its direction.
    pub keys: Document,
    /// Whether it is unique.
    pub unique: bool,
}

impl fmt::Display for IndexReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} indexes made, {} already existed", self.made.len(), self.present)?;
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

/// Makes the indexes that the relations of all linked models need.
///
/// * Each key gets an index. It continues with the fields that the relation's filter compares for equality, those of its
///   order, and those that the filter compares otherwise.
/// * The key of a one-to-one relation gets a unique index.
/// * A join model gets a unique index on its pair of keys, and an index on the second key.
///
/// No index is made that another one covers. Existing indexes are kept.
///
/// A unique index allows any number of documents with a missing or null key. If the key can be null, the unique index is
/// partial, and a second index on all documents serves reads. A unique index of an earlier version of EarnORM may refuse
/// more documents. Drop it yourself: [`check_indexes`](crate::check_indexes()) lists it as superfluous.
///
/// For other indexes, use the driver: `User::collection(&db).create_index(..)`.
///
/// Sends one command for each collection that needs an index, and a second one if an index is missing. If the server
/// refuses that one, each missing index is sent again alone. Indexes can't be made in a transaction, so the call takes a
/// database.
///
/// All linked models are assumed to be in `db`, also those of other crates, and a missing collection is created. If a
/// program uses several databases, call [`Model::ensure_indexes`](crate::Model::ensure_indexes) for each model:
/// `User::ensure_indexes(&accounts)`.
///
/// An index can contain one array field. If the filter and the order of a relation have two, write `index = false` on the
/// relation, and make an index yourself.
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// println!("{}", earnorm::ensure_indexes(&db).await?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Driver`](crate::Error::Driver) if existing documents violate a unique index (code 11000), or if an index with
/// the same name or keys has other options (codes 85 and 86). All other indexes are made before the error is returned. An
/// index that the server can't make (code 67) is not an error; the report has it in `refused`.
pub async fn ensure_indexes(db: &Database) -> Result<IndexReport> {
    make(db, needed_by(models())).await
}

/// The same as [`ensure_indexes`], for the relations of one model. Their indexes may be in other collections.
pub(crate) async fn ensure(db: &Database, model: &'static ModelMetadata) -> Result<IndexReport> {
    make(db, needed_by(std::iter::once(model))).await
}

async fn make(db: &Database, indexes: Vec<NeededIndex>) -> Result<IndexReport> {
    let (mut report, mut failure) = (IndexReport::default(), None);
    for (collection, needed) in by_collection(indexes) {
        let existing = list_indexes(db, collection).await?;
        let (present, missing): (Vec<NeededIndex>, Vec<NeededIndex>) =
            needed.into_iter().partition(|index| index.exists_in(&existing));
        report.present += present.len();
        if missing.is_empty() {
            continue;
        }
        match create_indexes(db, collection, missing.iter().map(|index| index.to_model(&existing)).collect()).await {
            Ok(()) => report.made.extend(missing.into_iter().map(|index| index.into_made(&existing))),
            // none of them was made, and the error doesn't say which one failed
            Err(_) => make_each(db, missing, &existing, &mut report, &mut failure).await?,
        }
    }
    failure.map_or(Ok(report), Err)
}

async fn make_each(
    db: &Database,
    missing: Vec<NeededIndex>,
    existing: &[IndexModel],
    report: &mut IndexReport,
    failure: &mut Option<Error>,
) -> Result<()> {
    for index in missing {
        match create_indexes(db, index.collection, vec![index.to_model(existing)]).await {
            Ok(()) => report.made.push(index.into_made(existing)),
            Err(error) if error.has_code(CANNOT_CREATE) => {
                report.refused.push(RefusedIndex { index: index.spec(), reason: error.to_string() });
                // instead, make an index that isn't unique; `is_made` prevents a duplicate
                let plain = index.without_unique();
                let is_made = |made: &MadeIndex| made.collection == plain.collection && made.keys == plain.keys;
                if index.unique
                    && !plain.exists_in(existing)
                    && !report.made.iter().any(is_made)
                    && create_indexes(db, plain.collection, vec![plain.to_model(existing)]).await.is_ok()
                {
                    report.made.push(plain.into_made(existing));
                }
            }
            Err(error) if error.is_reply() => {
                failure.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Groups indexes by collection.
pub(super) fn by_collection(mut indexes: Vec<NeededIndex>) -> Vec<(&'static str, Vec<NeededIndex>)> {
    let mut collections: Vec<(&'static str, Vec<NeededIndex>)> = Vec::new();
    for index in indexes.drain(..) {
        match collections.iter_mut().find(|(collection, _)| *collection == index.collection) {
            Some((_, group)) => group.push(index),
            None => collections.push((index.collection, vec![index])),
        }
    }
    collections
}

/// Whether `prefix` is a prefix of `keys`. The server may return a direction as another number type.
pub(super) fn begins_with(keys: &Document, prefix: &Document) -> bool {
    keys.len() >= prefix.len() && keys.iter().zip(prefix).all(|((a, x), (b, y))| a == b && identity(x) == identity(y))
}

impl NeededIndex {
    /// Whether an existing index can be used as this one.
    pub(super) fn exists_in(&self, existing: &[IndexModel]) -> bool {
        existing.iter().any(|other| self.is_satisfied_by(other))
    }

    /// Whether `other` can be used as this index: it begins with the same keys. A unique index needs exactly the same keys.
    pub(super) fn is_satisfied_by(&self, other: &IndexModel) -> bool {
        let options = other.options.clone().unwrap_or_default();
        let fits = !self.unique || (options.unique == Some(true) && other.keys.len() == self.keys.len());
        fits && begins_with(&other.keys, &self.keys)
            && options.sparse != Some(true)
            && options.hidden != Some(true)
            && options.collation.is_none()
            && options.partial_filter_expression == self.partial
    }

    /// Whether `other` is the unique index that an earlier version of EarnORM made instead of this one. It was on all
    /// documents, on those in which the key exists, or on fewer types, and refuses more documents.
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

    /// The name of this index, with a number if an index that it supersedes has the name.
    fn free_name(&self, existing: &[IndexModel]) -> String {
        let name = self.name();
        let taken = |name: &str| {
            let has_name =
                |index: &&IndexModel| index.options.as_ref().is_some_and(|o| o.name.as_deref() == Some(name));
            existing.iter().filter(has_name).any(|index| self.supersedes(index))
        };
        let mut numbered = (2..).map(|number| format!("{name}_{number}"));
        if taken(&name) { numbered.find(|name| !taken(name)).unwrap_or(name) } else { name }
    }

    fn to_model(&self, existing: &[IndexModel]) -> IndexModel {
        let options = IndexOptions::builder()
            .name(self.free_name(existing))
            .unique(self.unique.then_some(true))
            .partial_filter_expression(self.partial.clone())
            .build();
        IndexModel::builder().keys(self.keys.clone()).options(options).build()
    }

    pub(super) fn spec(&self) -> IndexSpec {
        let Self { collection, keys, unique, partial } = self.clone();
        IndexSpec { collection, name: self.name(), keys, unique, partial }
    }

    fn into_made(self, existing: &[IndexModel]) -> MadeIndex {
        let name = self.free_name(existing);
        let Self { collection, keys, unique, .. } = self;
        MadeIndex { collection, name, keys, unique }
    }
}
