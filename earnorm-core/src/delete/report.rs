use std::fmt;

use serde::Serialize;

use super::tally::{Affected, Tally};
use crate::Model;

/// What a delete did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeleteReport {
    #[serde(rename = "affected")]
    pub(super) tally: Tally,
    pub(super) in_transaction: bool,
}

impl DeleteReport {
    /// Documents that nothing depends on, deleted by one command each.
    pub(crate) fn of<M: Model>(deleted: u64) -> Self {
        let mut tally = Tally::default();
        tally.of(M::METADATA.name).deleted = deleted;
        Self { tally, in_transaction: false }
    }

    /// How many documents were deleted, links left out.
    pub fn deleted(&self) -> u64 {
        self.tally.sum(|affected| affected.deleted)
    }

    /// How many documents of one model were deleted.
    pub fn deleted_of<M: Model>(&self) -> u64 {
        self.tally.model(M::METADATA.name).map_or(0, |affected| affected.deleted)
    }

    /// How many links between two documents were removed: documents of join models, ids in arrays.
    pub fn links(&self) -> u64 {
        self.tally.sum(|affected| affected.links)
    }

    /// How many keys were emptied, of documents that stay.
    pub fn unlinked(&self) -> u64 {
        self.tally.sum(|affected| affected.unlinked)
    }

    /// The numbers of each model.
    pub fn affected(&self) -> &[Affected] {
        &self.tally.0
    }

    /// Whether it was done in a transaction, all or nothing. `false` on a standalone server, where it is done children
    /// first, and for what one command did.
    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }
}

impl fmt::Display for DeleteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tally.fmt(f)
    }
}
