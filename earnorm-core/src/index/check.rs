use std::fmt;

use mongodb::{Database, IndexModel};
use serde::Serialize;

use super::ensure::{IndexSpec, begins_with, by_collection};
use super::needed::{NeededIndex, needed_by};
use crate::Result;
use crate::schema::{ModelMetadata, models};
use crate::store::list_indexes;

/// How the existing indexes differ from those that relations need. Returned by [`check_indexes`].
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let check = earnorm::check_indexes(&db).await?;
/// for index in &check.missing {
///     println!("missing: {index}");
/// }
/// for different in &check.different {
///     println!("{} should be {}", different.there, different.wanted);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexCheck {
    /// The number of needed indexes that exist.
    pub present: usize,
    /// The needed indexes that don't exist, as [`ensure_indexes`](crate::ensure_indexes()) would make them.
    pub missing: Vec<IndexSpec>,
    /// The existing indexes with the fields of a needed one but other options.
    pub different: Vec<DifferentIndex>,
    /// The existing indexes that are not needed:
    /// * indexes that begin with a declared key and are a prefix of a needed one
    /// * unique indexes of an earlier version of EarnORM, which refuse documents that their replacement allows
    pub superfluous: Vec<IndexSpec>,
}

/// An index with the fields of a needed one, but other options.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DifferentIndex {
    /// The existing index.
    pub there: IndexSpec,
    /// The needed index.
    pub wanted: IndexSpec,
}

impl IndexCheck {
    /// Whether every needed index exists and no index is superfluous.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.different.is_empty() && self.superfluous.is_empty()
    }
}

impl fmt::Display for IndexCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { present, missing, different, superfluous } = self;
        let counts = (missing.len(), different.len(), superfluous.len());
        write!(f, "{present} indexes present, {} missing, {} different, {} superfluous", counts.0, counts.1, counts.2)?;
        for index in missing {
            write!(f, "\n  missing: {index}")?;
        }
        for DifferentIndex { there, wanted } in different {
            write!(f, "\n  different: {there}; wanted: {wanted}")?;
        }
        for index in superfluous {
            write!(f, "\n  superfluous: {index}")?;
        }
        Ok(())
    }
}

/// Compares the existing indexes with those that the relations of all linked models need. Writes nothing.
///
/// Sends one command for each collection that needs an index.
///
/// An index is superfluous if it begins with a declared key, has no options, and is a prefix of a needed index that exists.
/// A unique index of an earlier version of `ensure_indexes` is superfluous if its replacement exists. All other indexes are
/// assumed to be your own.
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let check = earnorm::check_indexes(&db).await?;
/// assert!(check.is_clean(), "{check}");
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Driver`](crate::Error::Driver).
pub async fn check_indexes(db: &Database) -> Result<IndexCheck> {
    check(db, needed_by(models())).await
}

/// The same as [`check_indexes`], for the relations of one model.
pub(crate) async fn check_of(db: &Database, model: &'static ModelMetadata) -> Result<IndexCheck> {
    check(db, needed_by(std::iter::once(model))).await
}

async fn check(db: &Database, indexes: Vec<NeededIndex>) -> Result<IndexCheck> {
    let mut report = IndexCheck::default();
    for (collection, needed) in by_collection(indexes) {
        report.compare(collection, &needed, &list_indexes(db, collection).await?);
    }
    Ok(report)
}

impl IndexCheck {
    fn compare(&mut self, collection: &'static str, needed: &[NeededIndex], existing: &[IndexModel]) {
        for index in needed {
            let similar = existing.iter().find(|other| has_same_fields(index, other));
            match similar {
                _ if index.exists_in(existing) => self.present += 1,
                Some(other) => {
                    let there = spec(collection, other);
                    self.different.push(DifferentIndex { there, wanted: index.spec() });
                }
                None => self.missing.push(index.spec()),
            }
        }
        let superfluous = existing.iter().filter(|index| {
            let superseded = needed.iter().any(|one| one.supersedes(index) && one.exists_in(existing));
            let is_needed = needed.iter().any(|one| one.unique && one.is_satisfied_by(index));
            is_plain(index) && is_covered(index, needed, existing) || superseded && !is_needed
        });
        self.superfluous.extend(superfluous.map(|index| spec(collection, index)));
    }
}

/// Whether an existing index has the fields of a needed one, and may exist in its place.
fn has_same_fields(needed: &NeededIndex, other: &IndexModel) -> bool {
    let same = other.keys.len() == needed.keys.len() && begins_with(&other.keys, &needed.keys);
    let partial = other.options.as_ref().is_some_and(|options| options.partial_filter_expression.is_some());
    // a partial index and one on all documents can exist side by side
    same && (needed.partial.is_some() == partial || needed.supersedes(other))
}

/// Whether a longer needed index exists and serves every query that this one does.
fn is_covered(index: &IndexModel, needed: &[NeededIndex], existing: &[IndexModel]) -> bool {
    let longer = needed.iter().filter(|other| {
        other.partial.is_none() && other.keys.len() > index.keys.len() && begins_with(&other.keys, &index.keys)
    });
    longer.into_iter().any(|other| existing.iter().any(|index| other.is_satisfied_by(index)))
}

/// Whether the index has no options.
fn is_plain(index: &IndexModel) -> bool {
    let options = index.options.clone().unwrap_or_default();
    let special = options.unique == Some(true)
        || options.sparse == Some(true)
        || options.hidden == Some(true)
        || options.expire_after.is_some()
        || options.collation.is_some()
        || options.partial_filter_expression.is_some();
    !special && !index.keys.is_empty()
}

fn spec(collection: &'static str, index: &IndexModel) -> IndexSpec {
    let options = index.options.clone().unwrap_or_default();
    IndexSpec {
        collection,
        name: options.name.unwrap_or_default(),
        keys: index.keys.clone(),
        unique: options.unique == Some(true),
        partial: options.partial_filter_expression,
    }
}
