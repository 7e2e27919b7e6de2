use std::fmt;

use mongodb::{Database, IndexModel};
use serde::Serialize;

use super::ensure::{IndexSpec, begins_with, by_collection};
use super::wanted::{Wanted, wanted};
use crate::Result;
use crate::schema::{ModelMetadata, models};
use crate::store::list_indexes;

/// How the indexes that are there differ from those that relations call for: what [`check_indexes`] finds.
///
/// ```no_run
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let check = earnorm::check_indexes(&db).await?;
/// for index in &check.missing {
///     println!("missing: {index}");
/// }
/// for different in &check.different {
///     println!("{} ought to be {}", different.there, different.wanted);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexCheck {
    /// How many are there.
    pub present: usize,
    /// Those that aren't, as [`ensure_indexes`](crate::ensure_indexes()) would make them.
    pub missing: Vec<IndexSpec>,
    /// Those that are there with the same fields but other options.
    pub different: Vec<DifferentIndex>,
    /// Those that begin with a declared key and are contained in a longer one that a relation calls for; and unique ones of
    /// an earlier version, which refuse documents that the one in their place allows.
    pub superfluous: Vec<IndexSpec>,
}

/// An index that has the fields of one that a relation calls for, but other options.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DifferentIndex {
    /// What is there.
    pub there: IndexSpec,
    /// What ought to be.
    pub wanted: IndexSpec,
}

impl IndexCheck {
    /// Whether all is there that is called for, and nothing superfluous.
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

/// Compares the indexes that are there with those that the relations of every linked model call for, and writes nothing.
/// One command for each collection in which there ought to be one.
///
/// An index is superfluous if it starts with a declared key, has no options, and is contained in one that a relation calls
/// for and that is there; so is a unique one that an earlier version of `ensure_indexes` made, once the one in its place is
/// there. All others are taken for yours.
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
    check(db, wanted(models())).await
}

/// The same of one model's relations.
pub(crate) async fn check_of(db: &Database, model: &'static ModelMetadata) -> Result<IndexCheck> {
    check(db, wanted(std::iter::once(model))).await
}

async fn check(db: &Database, indexes: Vec<Wanted>) -> Result<IndexCheck> {
    let mut report = IndexCheck::default();
    for (collection, wanted) in by_collection(indexes) {
        report.compare(collection, &wanted, &list_indexes(db, collection).await?);
    }
    Ok(report)
}

impl IndexCheck {
    fn compare(&mut self, collection: &'static str, wanted: &[Wanted], there: &[IndexModel]) {
        for index in wanted {
            let alike = there.iter().find(|other| alike(index, other));
            match alike {
                _ if index.is_in(there) => self.present += 1,
                Some(other) => {
                    let there = spec(collection, other);
                    self.different.push(DifferentIndex { there, wanted: index.spec() });
                }
                None => self.missing.push(index.spec()),
            }
        }
        let useless = there.iter().filter(|index| {
            let superseded = wanted.iter().any(|one| one.supersedes(index) && one.is_in(there));
            let is_wanted = wanted.iter().any(|one| one.unique && one.is_served_by(index));
            is_plain(index) && is_useless(index, wanted, there) || superseded && !is_wanted
        });
        self.superfluous.extend(useless.map(|index| spec(collection, index)));
    }
}

/// Whether it has the fields of a wanted one, and isn't there for another that is wanted beside it.
fn alike(wanted: &Wanted, other: &IndexModel) -> bool {
    let same = other.keys.len() == wanted.keys.len() && begins_with(&other.keys, &wanted.keys);
    let part = other.options.as_ref().is_some_and(|options| options.partial_filter_expression.is_some());
    // a plain index stands beside one on a part
    same && (wanted.partial.is_some() == part || wanted.supersedes(other))
}

/// Whether a longer one that is wanted, and there, does all that this one does.
fn is_useless(index: &IndexModel, wanted: &[Wanted], there: &[IndexModel]) -> bool {
    let longer = wanted.iter().filter(|other| {
        other.partial.is_none() && other.keys.len() > index.keys.len() && begins_with(&other.keys, &index.keys)
    });
    longer.into_iter().any(|other| there.iter().any(|here| other.is_served_by(here)))
}

/// Whether it does nothing but find and order all documents.
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
