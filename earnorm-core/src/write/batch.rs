//! Several writes in one command, with an outcome for each.

use std::collections::HashSet;

use mongodb::bson::{Bson, DateTime, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, UpdateOptions};

use super::counters::{Movements, is_counted, own_counts, read_keys};
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

    fn id(&self) -> &Bson {
        match self {
            Self::Replace(one) => one.id(),
            Self::Update { id, .. } => id,
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
    if !is_counted(of) {
        return send_batch(exec, of, &writes, ordered).await;
    }
    let ids = writes.iter().map(|write| write.id().clone()).collect();
    let saved = writes.iter().filter_map(|write| match write {
        BatchWrite::Replace(one) => Some(one.document().to_owned()),
        BatchWrite::Update { .. } => None,
    });
    let saved: Vec<_> = saved.collect();
    counted(exec, of, ids, &saved, async |exec| send_batch(exec, of, &writes, ordered).await).await
}

/// Writes counted documents, and what that does to counters: it reads their keys before and after. `saved` are the documents
/// that are stored as a whole. After a failure in a transaction, nothing more is sent.
pub(super) async fn counted(
    exec: Exec<'_>,
    of: Table,
    ids: Vec<Bson>,
    saved: &[RawDocumentBuf],
    write: impl AsyncFnOnce(Exec<'_>) -> Result<Batch>,
) -> Result<Batch> {
    // a document that is written twice moves counters once
    let mut known = HashSet::new();
    let ids: Vec<Bson> = ids.into_iter().filter(|id| known.insert(identity(id))).collect();
    let (mut movements, mut before) = (Movements::of(of, DateTime::now()), Vec::new());
    let counts = own_counts(of);
    if let Some(movements) = &movements {
        for ids in chunks(&ids) {
            let options = FindOptions::default();
            before.extend(read_keys(exec, of, among("_id", ids), movements.projection(), options).await?);
        }
    }
    let batch = write(exec).await?;
    if exec.is_transaction() && batch.outcomes.iter().any(|outcome| matches!(outcome, BulkOutcome::Failed(_))) {
        return Ok(batch);
    }
    for keys in chunks(&ids) {
        if let Some(movements) = &mut movements {
            let projection = movements.projection();
            for (_, keys) in read_keys(exec, of, among("_id", keys), projection, FindOptions::default()).await? {
                movements.add(&keys, 1)?;
            }
        }
        if !counts.is_empty() {
            let recount = vec![doc! { "$set": counts.clone() }];
            let recounted = raw::update_many(exec, of, among("_id", keys), recount, UpdateOptions::default()).await;
            recounted.map_err(|error| Error::write_to(of.name, error))?;
        }
    }
    if let Some(mut movements) = movements {
        for (_, keys) in &before {
            movements.add(keys, -1)?;
        }
        for document in saved {
            movements.touch(document)?;
        }
        movements.write(exec).await?;
    }
    Ok(batch)
}

async fn send_batch(exec: Exec<'_>, of: Table, writes: &[BatchWrite], ordered: bool) -> Result<Batch> {
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
        mark_unmatched(exec, of, writes, &mut outcomes).await;
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
