use std::fmt;

use mongodb::bson::Bson;
use serde::Serialize;

use crate::text::Noun;

/// How many ids of blocking documents are kept.
pub(crate) const SAMPLE: usize = 10;

/// The documents that forbid a delete: they refer to what was to be deleted by a key with the rule `restrict`, and aren't
/// deleted themselves.
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
///         println!("{} {}s are in the way, as {:?}", blockers.len(), blockers.model, blockers.ids());
///     }
///     outcome => println!("{}", outcome?),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Blockers {
    /// Their model.
    pub model: &'static str,
    /// The stored name of their key.
    pub field: &'static str,
    /// The relation with the rule, as `Invoice::customer`.
    pub rule: String,
    ids: Vec<Bson>,
    count: u64,
    #[serde(skip)]
    by: RelationName,
    #[serde(skip)]
    noun: Noun,
}

/// A relation by its name, as `User::posts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RelationName {
    pub(crate) model: &'static str,
    pub(crate) relation: &'static str,
}

impl Blockers {
    pub(crate) fn new(model: &'static str, noun: Noun, field: &'static str, by: RelationName) -> Self {
        let rule = format!("{}::{}", by.model, by.relation);
        Self { model, field, rule, ids: Vec::new(), count: 0, by, noun }
    }

    pub(crate) fn add(&mut self, count: u64, ids: Vec<Bson>) {
        self.count += count;
        let room = SAMPLE.saturating_sub(self.ids.len());
        self.ids.extend(ids.into_iter().take(room));
    }

    pub(crate) fn by(&self) -> RelationName {
        self.by
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The ids of the first ten.
    pub fn ids(&self) -> &[Bson] {
        &self.ids
    }
}

impl fmt::Display for Blockers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (refer, what) = (if self.count == 1 { "refers" } else { "refer" }, self.noun.counted(self.count));
        write!(f, "{what} {refer} to what it would delete by `{}`: ", self.field)?;
        for (place, id) in self.ids.iter().enumerate() {
            write!(f, "{}{id}", if place == 0 { "" } else { ", " })?;
        }
        match self.count - self.ids.len() as u64 {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
