//! Deletes: find everything that a delete affects, check every rule, then write.

mod closure;
mod digest;
mod execute;
mod limits;
mod mark;
mod node;
mod plan;
mod report;
mod restore;
mod scope;
mod tally;

pub use plan::{DeletePlan, DeleteProgress};
pub use report::DeleteReport;
pub use restore::{RestoreReport, RestoredModel, restore};
pub use tally::Affected;

use std::sync::atomic::{AtomicU64, Ordering};

use mongodb::bson::Document;
use mongodb::options::{DeleteOptions, UpdateOptions};

use self::closure::{Closure, CountMode};
use self::digest::digest;
use self::execute::Execution;
use self::limits::{LIMIT, map_too_large, restricted_error};
use self::mark::{deletion_of, set_mark};
use self::scope::Scope;
pub(crate) use self::scope::{Removal, is_plain};
use crate::schema::{Deletion, ModelMetadata, Visible};
use crate::store::{self, Exec, IdsByModel, atomically};
use crate::{Error, Find, Result, write};

/// Deletes documents and applies the rules of their model, atomically if possible. `roots` finds their ids. With the
/// digest of a plan, fails if the delete differs from that plan.
pub(crate) async fn delete<F>(
    exec: Exec<'_>,
    root: &'static ModelMetadata,
    removal: Removal,
    roots: F,
    planned: Option<&str>,
) -> Result<DeleteReport>
where
    F: Clone + for<'a> AsyncFnOnce(Exec<'a>) -> Result<IdsByModel>,
{
    let scope = Scope::of(root, removal)?;
    let size = AtomicU64::new(0);
    let outcome = atomically(exec, async |exec| {
        let count = if planned.is_some() { CountMode::All } else { CountMode::Needed };
        let closure = Closure::find(exec, &scope, roots(exec).await?, count).await?;
        let stale = planned.is_some_and(|planned| digest(root, &closure) != planned);
        if stale && closure.blockers.is_empty() {
            return Err(Error::StalePlan);
        }
        size.store(closure.size(), Ordering::Relaxed);
        carry_out(exec, &scope, &closure, LIMIT).await
    })
    .await;
    // the server may reject the commit, not a write
    outcome.map_err(|error| map_too_large(error, size.into_inner(), LIMIT))
}

/// Deletes the documents that match a filter for good and applies the rules of their model. Returns the number of matching
/// documents that were deleted, and the collections in which a cascade deleted other documents.
pub(crate) async fn delete_matching(
    exec: Exec<'_>,
    model: &'static ModelMetadata,
    filter: Document,
) -> Result<(u64, Vec<&'static str>)> {
    let all = model.documents().with_deleted();
    if is_plain(model, false) {
        let options = DeleteOptions::default();
        return Ok((write::delete_visible(exec, (model, Visible::All), filter, options).await?, Vec::new()));
    }
    let roots = async |exec: Exec<'_>| store::ids_by_model(exec, model, Find::new(all, filter.clone())).await;
    let report = delete(exec, model, Removal::Purge, roots, None).await?;
    Ok((report.root_count(), report.tally.cascaded_collections()))
}

async fn carry_out(exec: Exec<'_>, scope: &Scope, closure: &Closure, limit: u64) -> Result<DeleteReport> {
    if let Some(blockers) = closure.blockers.first() {
        return Err(restricted_error(blockers));
    }
    let in_transaction = exec.is_transaction();
    let within = |documents: u64| {
        if in_transaction && documents > limit { Err(Error::TransactionTooLarge { documents, limit }) } else { Ok(()) }
    };
    within(closure.size())?;
    let deletion = deletion_of(exec, scope, closure).await?;
    let mut written = 0;
    let mut progress = |documents: u64| {
        written += documents;
        within(written)
    };
    let execution = Execution::new(exec, (scope, closure), deletion, &mut progress);
    let outcome = execution.run().await.map_err(|error| map_too_large(error, closure.size(), limit))?;
    Ok(DeleteReport::new(outcome, deletion, in_transaction))
}

/// Marks the documents that match a filter, of a model on which nothing depends. Returns how many.
pub(crate) async fn mark(
    exec: Exec<'_>,
    model: &'static ModelMetadata,
    filter: Document,
    deletion: Deletion,
    options: UpdateOptions,
) -> Result<u64> {
    // without a mark, its documents are deleted in another way
    let Some(mark) = model.config.soft_delete else { return Ok(0) };
    Ok(write::update_many(exec, model, filter, set_mark(mark, deletion, false), options).await?.matched)
}
