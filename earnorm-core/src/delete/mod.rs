//! Deleting is a plan: what a delete reaches is found whole, every rule in it is checked, and then it is written.

mod closure;
mod digest;
mod execute;
mod limits;
mod plan;
mod report;
mod tally;

pub use plan::{DeletePlan, DeleteProgress};
pub use report::DeleteReport;
pub use tally::Affected;

use std::sync::atomic::{AtomicU64, Ordering};

use mongodb::bson::Document;
use mongodb::options::DeleteOptions;

use self::closure::{Closure, Count, Reach};
use self::digest::digest;
use self::execute::Execution;
use self::limits::{LIMIT, restricted, too_large};
use crate::bson::PackedId;
use crate::hooks::hooks_of;
use crate::reference::edges_to;
use crate::schema::ModelMetadata;
use crate::store::{self, Exec, atomically};
use crate::{Error, Find, Result};

/// Whether deleting documents of a model is more than deleting them: a rule concerns them, or hooks.
pub(crate) fn is_plain(model: &'static ModelMetadata) -> bool {
    edges_to(model).next().is_none() && hooks_of(model).is_none()
}

/// Deletes documents by the rules of their model, all of it at once. `roots` finds their ids. With the digest of a plan,
/// only what that plan would delete.
pub(crate) async fn delete<F>(
    exec: Exec<'_>,
    root: &'static ModelMetadata,
    roots: F,
    planned: Option<&str>,
) -> Result<DeleteReport>
where
    F: Clone + for<'a> AsyncFnOnce(Exec<'a>) -> Result<Vec<PackedId>>,
{
    let reach = Reach::of(root)?;
    let size = AtomicU64::new(0);
    let outcome = atomically(exec, async |exec| {
        let count = if planned.is_some() { Count::All } else { Count::Needed };
        let closure = Closure::find(exec, &reach, roots(exec).await?, count).await?;
        let stale = planned.is_some_and(|planned| digest(root, &closure) != planned);
        if stale && closure.blockers.is_empty() {
            return Err(Error::StalePlan);
        }
        size.store(closure.size(), Ordering::Relaxed);
        write(exec, &closure, LIMIT).await
    })
    .await;
    // the commit may be what the server refuses
    outcome.map_err(|error| too_large(error, size.into_inner(), LIMIT))
}

/// Deletes the documents that fulfil a condition, by the rules of their model; gives how many of them there were, and the
/// collections of which others were deleted with them.
pub(crate) async fn matching(
    exec: Exec<'_>,
    model: &'static ModelMetadata,
    filter: Document,
) -> Result<(u64, Vec<&'static str>)> {
    if is_plain(model) {
        let options = DeleteOptions::default();
        return Ok((store::delete_many(exec, model.collection, filter, options).await?.deleted_count, Vec::new()));
    }
    let roots = async |exec: Exec<'_>| store::ids(exec, Find::new(model.collection, filter.clone())).await;
    let report = delete(exec, model, roots, None).await?;
    Ok((report.asked_for(), report.tally.beside_roots(model)))
}

async fn write(exec: Exec<'_>, closure: &Closure, limit: u64) -> Result<DeleteReport> {
    if let Some(blockers) = closure.blockers.first() {
        return Err(restricted(blockers));
    }
    let in_transaction = exec.is_transaction();
    let within = |documents: u64| {
        if in_transaction && documents > limit { Err(Error::TransactionTooLarge { documents, limit }) } else { Ok(()) }
    };
    within(closure.size())?;
    let mut written = 0;
    let mut progress = |documents: u64| {
        written += documents;
        within(written)
    };
    let execution = Execution::new(exec, closure, &mut progress);
    let outcome = execution.run().await.map_err(|error| too_large(error, closure.size(), limit))?;
    Ok(DeleteReport { tally: outcome, in_transaction })
}
