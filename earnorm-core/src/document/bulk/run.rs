//! Runs the writes of a bulk.

use std::sync::Arc;

use mongodb::bson::{Bson, DateTime};

use super::super::References;
use super::super::encode::encode_id;
use super::prepare::{Command, Encoded, Prepared, Step, Storing, copy};
use super::write::Write;
use crate::error::BulkOutcome;
use crate::hooks::around_save;
use crate::store::{Exec, among, atomically, chunks_of};
use crate::write::{Batch, Insert, WRITES_PER_COMMAND, update_batch, write_checked};
use crate::{BulkReport, Error, Model, Query, Result};

pub(super) async fn run<M: Model>(exec: Exec<'_>, writes: Vec<Write<M>>, ordered: bool) -> Result<BulkReport> {
    let prepared = Prepared::new(writes, ordered)?;
    if !prepared.in_transaction || exec.is_transaction() {
        return run_groups(exec, &prepared).await?.into_result();
    }
    atomically(exec, async |exec| {
        let mut report = run_groups(exec, &prepared).await?;
        if exec.is_transaction() && report.failed() > 0 {
            report.undo();
        }
        report.into_result()
    })
    .await
}

/// What the writes of a group did.
struct Done {
    outcomes: Vec<BulkOutcome>,
    deleted: u64,
    /// The ids of the documents, if hooks may have changed them.
    ids: Option<Vec<Bson>>,
}

impl From<Vec<BulkOutcome>> for Done {
    fn from(outcomes: Vec<BulkOutcome>) -> Self {
        Self { outcomes, deleted: 0, ids: None }
    }
}

async fn run_groups<M: Model>(exec: Exec<'_>, prepared: &Prepared<M>) -> Result<BulkReport> {
    let mut report = BulkReport::new(prepared.ids.iter().cloned());
    for (command, indexes) in prepared.groups() {
        let steps: Vec<&Step<M>> = indexes.iter().filter_map(|index| prepared.steps.get(*index)).collect();
        let done = if command == Command::Delete {
            delete::<M>(exec, &steps).await
        } else {
            store(exec, prepared, &steps).await?
        };
        let has_failed = done.outcomes.iter().any(|outcome| outcome.error().is_some());
        let is_lost = done.outcomes.iter().any(BulkOutcome::is_lost);
        report.add_deleted(done.deleted);
        let mut ids = done.ids.into_iter().flatten();
        for (index, outcome) in indexes.into_iter().zip(done.outcomes) {
            let id = ids.next();
            if let Some(result) = report.result_mut(index) {
                result.outcome = outcome;
                result.id = id.unwrap_or_else(|| result.id.clone());
            }
        }
        if has_failed && (prepared.ordered || exec.is_transaction()) || is_lost {
            break;
        }
    }
    Ok(report)
}

/// Deletes documents by the rules of their model.
async fn delete<M: Model>(exec: Exec<'_>, steps: &[&Step<M>]) -> Done {
    let ids = steps.iter().filter_map(|step| match step {
        Step::Delete(id) => Some(id.clone()),
        _ => None,
    });
    let ids: Vec<Bson> = ids.collect();
    let mut done = Done::from(Vec::with_capacity(ids.len()));
    for chunk in chunks_of(WRITES_PER_COMMAND, &ids) {
        match Query::<M>::new(among("_id", chunk).into()).delete(exec).await {
            Ok(report) => {
                done.deleted += report.root_count();
                done.outcomes.extend(chunk.iter().map(|_| BulkOutcome::Deleted));
            }
            Err(error) => {
                done.outcomes.extend(BulkOutcome::of_command(chunk.len(), error));
                break;
            }
        }
    }
    done.outcomes.resize(ids.len(), BulkOutcome::NotRun);
    done
}

/// A write of a group, without the document that hooks may change.
#[allow(clippy::large_enum_variant, reason = "boxes would be one more allocation for each write")]
enum Slot {
    Document(Storing),
    Encoded(Encoded),
}

/// Stores and updates documents. If the model has hooks, they run around it.
async fn store<M: Model>(exec: Exec<'_>, prepared: &Prepared<M>, steps: &[&Step<M>]) -> Result<Done> {
    let (mut documents, mut slots) = (Vec::new(), Vec::with_capacity(steps.len()));
    for step in steps {
        match step {
            Step::Document(model, storing) => {
                documents.push(copy(model)?);
                slots.push(Slot::Document(*storing));
            }
            Step::Encoded(encoded) => slots.push(Slot::Encoded(encoded.clone())),
            Step::Delete(_) => {}
        }
    }
    let (now, ordered, count) = (prepared.now, prepared.ordered, slots.len());
    if documents.is_empty() {
        let writes = slots.into_iter().filter_map(|slot| match slot {
            Slot::Encoded(encoded) => Some(encoded),
            Slot::Document(_) => None,
        });
        let sent = send::<M>(exec, writes.collect(), now, ordered).await;
        return Ok(sent.map_or_else(|error| BulkOutcome::of_command(count, error), |batch| batch.outcomes).into());
    }
    let slots = Arc::new(slots);
    let outcome = around_save(exec, &mut documents, |exec, models: &[M]| {
        let slots = Arc::clone(&slots);
        Box::pin(async move {
            let mut models = models.iter();
            let writes = slots.iter().filter_map(|slot| match slot {
                Slot::Document(storing) => Some(Encoded::document(models.next()?, *storing, now)),
                Slot::Encoded(encoded) => Some(Ok(encoded.clone())),
            });
            let batch = send::<M>(exec, writes.collect::<Result<_>>()?, now, ordered).await?;
            // an error keeps `after_save` from running, and undoes the transaction
            let report = BulkReport::of_outcomes(batch.outcomes).into_result()?;
            Ok((report.into_outcomes(), batch.stamps))
        })
    })
    .await;
    let mut stored = documents.iter();
    let ids = slots.iter().map(|slot| match slot {
        Slot::Document(_) => stored.next().map_or(Ok(Bson::Null), |model| encode_id::<M>(M::ID.get(model))),
        Slot::Encoded(encoded) => Ok(encoded.updated().cloned().unwrap_or(Bson::Null)),
    });
    let ids = ids.collect::<Result<Vec<_>>>()?;
    let outcomes = outcome.unwrap_or_else(|error| match error {
        Error::Bulk { report, .. } => report.into_outcomes(),
        error => of_hook(&ids, error),
    });
    Ok(Done { outcomes, deleted: 0, ids: Some(ids) })
}

/// The outcomes of writes if a hook or a check failed. The error of a hook is that of its document.
fn of_hook(ids: &[Bson], error: Error) -> Vec<BulkOutcome> {
    let failed = match &error {
        Error::Hook { id, .. } => ids.iter().position(|other| other == &**id).unwrap_or(0),
        _ => 0,
    };
    let mut outcomes = BulkOutcome::of_command(ids.len(), error);
    if failed < outcomes.len() {
        outcomes.swap(0, failed);
    }
    outcomes
}

/// Checks the references of whole documents, and sends the writes, which have the same command.
async fn send<M: Model>(exec: Exec<'_>, writes: Vec<Encoded>, now: DateTime, ordered: bool) -> Result<Batch> {
    let referred = References::ByModel.of::<M>(writes.iter().filter_map(Encoded::stored))?;
    let (mut inserts, mut updates) = (Vec::new(), Vec::new());
    for write in writes {
        match write {
            Encoded::Insert(model, document) => inserts.push((model, document)),
            Encoded::Batch(write) => updates.push(write),
        }
    }
    let insert = Insert::at(now, M::METADATA, inserts)?;
    let write = async move |exec: Exec<'_>| {
        if updates.is_empty() {
            return insert.run_each(exec, ordered).await;
        }
        update_batch(exec, M::METADATA, updates, ordered).await
    };
    write_checked(exec, referred.as_ref(), write).await
}
