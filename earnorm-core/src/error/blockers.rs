use std::fmt;

use mongodb::bson::Bson;
use serde::Serialize;

use crate::text::Noun;

/// How many ids of blocking documents [`Blockers`] keeps.
pub(crate) const SAMPLE: usize = 10;

/// The documents that forbid a delete.
///
/// Each of them refers to a document that would be deleted, by a key with the rule `restrict`, and would not be deleted
/// itself. Or it would be deleted by a soft delete, and can't be restored ([`Error::NotRestorable`](crate::Error)).
///
/// ```no_run
/// use earnorm::Error;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Customer { #[serde(rename = "_id")] id: ObjectId }
/// # async fn run(db: mongodb::Database, customer: Customer) -> earnorm::Result<()> {
/// match customer.delete(&db).await {
///     Err(Error::Restricted { blockers, .. }) => {
///         println!("{} {}s forbid this delete, for example {:?}", blockers.len(), blockers.model, blockers.ids());
///     }
///     outcome => println!("{}", outcome?),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Blockers {
    /// The model of the blocking documents.
    pub model: &'static str,
    /// The stored name of the key by which they refer to deleted documents.
    pub field: &'static str,
    /// The relation that declares the rule, such as `Invoice::customer`.
    pub rule: String,
    ids: Vec<Bson>,
    count: u64,
    #[serde(skip)]
    by: RelationName,
    #[serde(skip)]
    noun: Noun,
    /// Whether they block a soft delete because it would delete them and they can't be restored.
    #[serde(skip)]
    lost: bool,
}

/// The name of a relation, such as `User::posts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RelationName {
    pub(crate) model: &'static str,
    pub(crate) relation: &'static str,
}

impl Blockers {
    pub(crate) fn new(model: &'static str, noun: Noun, field: &'static str, by: RelationName) -> Self {
        let rule = format!("{}::{}", by.model, by.relation);
        Self { model, field, rule, ids: Vec::new(), count: 0, by, noun, lost: false }
    }

    /// Documents that a soft delete would also delete, and that can't be restored.
    pub(crate) fn lost(model: &'static str, noun: Noun, field: &'static str, by: RelationName) -> Self {
        Self { lost: true, ..Self::new(model, noun, field, by) }
    }

    /// Whether they would be deleted and can't be restored.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    pub(crate) fn add(&mut self, count: u64, ids: Vec<Bson>) {
        self.count += count;
        let room = SAMPLE.saturating_sub(self.ids.len());
        self.ids.extend(ids.into_iter().take(room));
    }

    pub(crate) fn by(&self) -> RelationName {
        self.by
    }

    /// The number of blocking documents.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are no blocking documents.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The ids of the first ten blocking documents.
    pub fn ids(&self) -> &[Bson] {
        &self.ids
    }
}

impl fmt::Display for Blockers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (refer, what) = (if self.count == 1 { "refers" } else { "refer" }, self.noun.with_count(self.count));
        write!(f, "{what} {refer} to what it would delete by `{}`: ", self.field)?;
        for (place, id) in self.ids.iter().enumerate() {
            write!(f, "{}{id}", if place == 0 { "" } else { ", " })?;
        }
        match self.count - self.ids.len() as u64 {
            0 => {}
            more => write!(f, " and {more} more")?,
        }
        if self.lost { f.write_str("; they can't be restored") } else { Ok(()) }
    }
}
