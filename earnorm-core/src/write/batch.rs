//! Several writes in one command, with an outcome for each.

use std::collections::HashSet;

use mongodb::bson::{Bson, doc};
use mongodb::options::FindOptions;

use super::raw::{Sending, Statement, WRITES_PER_COMMAND};
use super::{Replacement, Stamps, Table, raw, stamp};
use crate::bson::{Identity, identity};
use crate::error::BulkOutcome;
use crate::field::value;
use crate::store::{self, Change, Exec, among, chunks, equal};
use crate::{Error, Find, Result};

/// A write that shares a command with others.
#[derive(Debug, Clone)]
pub(crate) enum BatchWrite {
    /// Replaces a document, or inserts it.
    Replace(Replacement),
    /// Updates the document with an id.
    Update { id: Bson, change: Change },
}

/// What several writes did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batch {
    /// The outcome of each write.
    pub(crate) outcomes: Vec<BulkOutcome>,
    /// What was stored in the managed fields of each whole document.
    pub(crate) stamps: Stamps,
}

impl BatchWrite {
    fn statement(&self, of: Table) -> Result<Statement> {
        match self {
            Self::Replace(one) => one.exact_statement(),
            Self::Update { id, change } => {
                let Change { update, array_filters, .. } = stamp::update(of, change.clone())?;
                Ok(Statement { filter: equal("_id", id.clone()), update, array_filters, upsert: false, multi: false })
            }
        }
    }

    fn outcome(&self, inserted: bool) -> BulkOutcome {
        match self {
            Self::Replace(_) if inserted => BulkOutcome::Inserted,
            Self::Replace(_) => BulkOutcome::Replaced,
            Self::Update { .. } => BulkOutcome::Updated,
        }
    }

    fn error(&self, of: Table, error: mongodb::error::Error) -> Error {
        match self {
            Self::Replace(one) => one.error(error),
            Self::Update { .. } => Error::write_to(of.name, error),
        }
    }
}

/// How many of the first writes the server has run, apart from those that it refused.
pub(super) fn end<E>(exec: Exec<'_>, ordered: bool, writes: usize, errors: &[(usize, E)]) -> usize {
    let first = errors.iter().map(|(index, _)| *index).min();
    first.filter(|_| ordered || exec.is_transaction()).unwrap_or(writes)
}

/// Replaces and updates documents of one collection. One command for each 100,000 writes or 12 MB. If an update found no
/// document, one read for each 1,000 updates finds out which of them.
pub(crate) async fn update_batch(exec: Exec<'_>, of: Table, writes: Vec<BatchWrite>, ordered: bool) -> Result<Batch> {
    let statements = writes.iter().map(|write| write.statement(of)).collect::<Result<Vec<_>>>()?;
    let sending = Sending { ordered, most: WRITES_PER_COMMAND };
    let sent = raw::update_each(exec, of, statements, sending).await;
    let sent = sent.map_err(|error| Error::write_to(of.name, error))?;
    let inserted: HashSet<usize> = sent.inserted.iter().copied().collect();
    let stamps = writes.iter().enumerate().filter_map(|(index, write)| match write {
        BatchWrite::Replace(one) => one.stamp(inserted.contains(&index)),
        BatchWrite::Update { .. } => None,
    });
    let stamps = stamps.collect();

    let done = sent.failed.as_ref().map_or(writes.len(), |(range, _)| range.start);
    let done = end(exec, ordered, done, &sent.errors);
    let mut outcomes: Vec<_> = writes
        .iter()
        .enumerate()
        .map(|(index, write)| if index < done { write.outcome(inserted.contains(&index)) } else { BulkOutcome::NotRun })
        .collect();
    let refused = sent.errors.iter().filter(|(index, _)| *index < done).count();
    let is_complete = usize::try_from(sent.count).is_ok_and(|count| count >= done.saturating_sub(refused));
    let has_ended = exec.is_transaction() && !(sent.errors.is_empty() && sent.failed.is_none());
    for (index, error) in sent.errors {
        if let (Some(outcome), Some(write)) = (outcomes.get_mut(index), writes.get(index)) {
            *outcome = write.error(of, error).into();
        }
    }
    if let Some((range, error)) = sent.failed {
        let failed = BulkOutcome::of_command(range.len(), Error::write_to(of.name, error));
        outcomes.splice(range, failed);
    }
    if !is_complete && !has_ended {
        mark_unmatched(exec, of, &writes, &mut outcomes).await;
    }
    Ok(Batch { outcomes, stamps })
}

/// Finds out which updates found no document.
async fn mark_unmatched(exec: Exec<'_>, of: Table, writes: &[BatchWrite], outcomes: &mut [BulkOutcome]) {
    let updates = writes.iter().zip(outcomes).filter_map(|(write, outcome)| match (write, &*outcome) {
        (BatchWrite::Update { id, .. }, BulkOutcome::Updated) => Some((id, outcome)),
        _ => None,
    });
    let (ids, outcomes): (Vec<_>, Vec<_>) = updates.map(|(id, outcome)| (id.clone(), outcome)).unzip();
    match existing(exec, of, &ids).await {
        Ok(existing) => {
            for (id, outcome) in ids.iter().zip(outcomes) {
                if !existing.contains(&identity(id)) {
                    *outcome = BulkOutcome::NotFound;
                }
            }
        }
        Err(error) => {
            for (outcome, failed) in outcomes.into_iter().zip(BulkOutcome::of_read(ids.len(), error)) {
                *outcome = failed;
            }
        }
    }
}

async fn existing(exec: Exec<'_>, of: Table, ids: &[Bson]) -> Result<HashSet<Identity>> {
    let mut existing = HashSet::new();
    for ids in chunks(ids) {
        let options = FindOptions::builder().projection(doc! { "_id": 1 }).build();
        let found =
            store::find_on_primary(exec, Find::new(of, among("_id", ids)), options, |one| value(one, "_id")).await?;
        existing.extend(found.iter().map(identity));
    }
    Ok(existing)
}
