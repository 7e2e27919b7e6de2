//! The outcomes of a bulk, and their numbers.

use std::fmt;
use std::sync::Arc;

use mongodb::bson::Bson;

use super::{BulkOutcome, BulkReport, BulkResult, Error, Result};

impl From<Error> for BulkOutcome {
    fn from(error: Error) -> Self {
        Self::Failed(Arc::new(error))
    }
}

impl BulkOutcome {
    /// The outcomes of the writes of a command that failed as a whole.
    pub(crate) fn of_command(writes: usize, error: Error) -> Vec<Self> {
        let other = if error.wrote_nothing() { Self::NotRun } else { Self::Unknown };
        Self::first_failed(writes, error, other)
    }

    /// The outcomes of writes if the read failed that would have told which of them found a document.
    pub(crate) fn of_read(writes: usize, error: Error) -> Vec<Self> {
        Self::first_failed(writes, error, Self::Unknown)
    }

    fn first_failed(writes: usize, error: Error, other: Self) -> Vec<Self> {
        let mut outcomes = vec![other; writes];
        if let Some(first) = outcomes.first_mut() {
            *first = error.into();
        }
        outcomes
    }

    /// The error of the write, if it failed.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Whether no further command should be sent: the server wasn't reached, or its reply was lost.
    pub(crate) fn is_lost(&self) -> bool {
        let is_lost = |error: &Error| error.driver().is_some() && !error.is_reply();
        matches!(self, Self::Unknown) || self.error().is_some_and(is_lost)
    }
}

impl BulkReport {
    /// The report of writes of documents with these ids, none of which has run.
    pub(crate) fn new(ids: impl IntoIterator<Item = Bson>) -> Self {
        let results = ids.into_iter().map(|id| BulkResult { id, outcome: BulkOutcome::NotRun });
        Self { results: results.collect(), deleted: 0 }
    }

    pub(crate) fn of_outcomes(outcomes: Vec<BulkOutcome>) -> Self {
        let results = outcomes.into_iter().map(|outcome| BulkResult { id: Bson::Null, outcome });
        Self { results: results.collect(), deleted: 0 }
    }

    pub(crate) fn result_mut(&mut self, index: usize) -> Option<&mut BulkResult> {
        self.results.get_mut(index)
    }

    pub(crate) fn add_deleted(&mut self, deleted: u64) {
        self.deleted += deleted;
    }

    /// All writes but those that failed were undone.
    pub(crate) fn undo(&mut self) {
        self.deleted = 0;
        for result in self.results.iter_mut().filter(|result| result.outcome.error().is_none()) {
            result.outcome = BulkOutcome::NotRun;
        }
    }

    /// The report, or the first error in it.
    pub(crate) fn into_result(self) -> Result<Self> {
        let source = self.results.iter().find_map(|result| match &result.outcome {
            BulkOutcome::Failed(error) => Some(Arc::clone(error)),
            _ => None,
        });
        match source {
            Some(source) => Err(Error::Bulk { report: Box::new(self), source }),
            None => Ok(self),
        }
    }

    /// The outcome of each write, in the order of the calls.
    pub fn results(&self) -> &[BulkResult] {
        &self.results
    }

    pub(crate) fn into_outcomes(self) -> Vec<BulkOutcome> {
        self.results.into_iter().map(|result| result.outcome).collect()
    }

    fn count(&self, is_counted: impl Fn(&BulkOutcome) -> bool) -> u64 {
        self.results.iter().filter(|result| is_counted(&result.outcome)).count() as u64
    }

    /// How many documents were inserted, by `insert` or by `save`.
    pub fn inserted(&self) -> u64 {
        self.count(|outcome| matches!(outcome, BulkOutcome::Inserted))
    }

    /// How many documents `save` has replaced.
    pub fn replaced(&self) -> u64 {
        self.count(|outcome| matches!(outcome, BulkOutcome::Replaced))
    }

    /// How many updates found their document.
    pub fn updated(&self) -> u64 {
        self.count(|outcome| matches!(outcome, BulkOutcome::Updated))
    }

    /// How many of the requested documents were deleted, without those that a cascade deleted.
    pub fn deleted(&self) -> u64 {
        self.deleted
    }

    /// How many updates found no document.
    pub fn unmatched(&self) -> u64 {
        self.count(|outcome| matches!(outcome, BulkOutcome::NotFound))
    }

    /// How many writes failed.
    pub fn failed(&self) -> u64 {
        self.count(|outcome| outcome.error().is_some())
    }
}

impl fmt::Display for BulkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.inserted(), "inserted"),
            (self.replaced(), "replaced"),
            (self.updated(), "updated"),
            (self.deleted(), "deleted"),
            (self.unmatched(), "not found"),
            (self.failed(), "failed"),
            (self.count(|outcome| matches!(outcome, BulkOutcome::Unknown)), "unknown"),
            (self.count(|outcome| matches!(outcome, BulkOutcome::NotRun)), "not run"),
        ];
        let parts: Vec<_> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        f.write_str(&if parts.is_empty() { "nothing written".to_owned() } else { parts.join(", ") })
    }
}
