use std::fmt;

use mongodb::Database;
use serde::Serialize;

use super::existing::{existing_in, superfluous};
use super::needed::NeededIndex;
use super::plan::{by_collection, needed_by};
use crate::Result;
use crate::error::IndexSpec;
use crate::observe::Call;
use crate::schema::{ModelMetadata, models};
use crate::store::BoxFuture;

/// How the existing indexes differ from those that models declare and their relations need. Returned by [`check_indexes`].
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
    /// * indexes without options, if a needed one begins with their fields
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

/// Compares the existing indexes with those that all linked models declare and their relations need. Writes nothing.
///
/// Sends one command for each collection that needs an index.
///
/// An index is superfluous if it has no options, and a needed index that exists begins with its fields. A unique index of an
/// earlier version of `ensure_indexes` is superfluous if its replacement exists. All other indexes are assumed to be your own.
///
/// An index is different if it has the fields or the name of a needed one, but other options. A declared index is also
/// different if the existing one does more than is declared: it refuses documents, or deletes them, or has another name
/// than the written one. `ensure_indexes` uses it nevertheless.
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
/// [`Error::Driver`](crate::Error::Driver); [`Error::Invalid`](crate::Error::Invalid) for a declared collation that isn't one.
#[track_caller]
pub fn check_indexes(db: &Database) -> BoxFuture<'_, Result<IndexCheck>> {
    Call::named("", "check_indexes").run(async move { check(db, needed_by(models())?).await })
}

/// The same as [`check_indexes`], for one model.
pub(crate) async fn check_of(db: &Database, model: &'static ModelMetadata) -> Result<IndexCheck> {
    check(db, needed_by(std::iter::once(model))?).await
}

async fn check(db: &Database, indexes: Vec<NeededIndex>) -> Result<IndexCheck> {
    let mut report = IndexCheck::default();
    for (collection, needed) in by_collection(indexes) {
        report.compare(&needed, &existing_in(db, collection).await?);
    }
    Ok(report)
}

impl IndexCheck {
    fn compare(&mut self, needed: &[NeededIndex], existing: &[IndexSpec]) {
        for index in needed {
            let usable = || existing.iter().filter(|other| index.is_satisfied_by(other));
            // an index that another needed one uses isn't in the place of this one
            let is_used =
                |other: &IndexSpec| needed.iter().any(|one| one.is_satisfied_by(other) && !one.exceeds(other));
            let similar = || existing.iter().find(|other| index.is_similar_to(other) && !is_used(other));
            match usable().next().or_else(similar) {
                _ if usable().any(|other| !index.exceeds(other)) => self.present += 1,
                Some(other) => {
                    self.different.push(DifferentIndex { there: other.clone(), wanted: index.spec() });
                }
                None => self.missing.push(index.spec()),
            }
        }
        let superfluous = superfluous(existing, needed, |index| index.exists_in(existing));
        self.superfluous.extend(superfluous.into_iter().map(|one| one.index.clone()));
    }
}
