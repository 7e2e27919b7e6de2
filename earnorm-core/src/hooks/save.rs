//! Saves with hooks.

use tokio::sync::Mutex;

use super::HookContext;
use super::table::{AnyHooks, copy_of};
use crate::schema::Stamp;
use crate::store::{BoxFuture, Exec, atomically};
use crate::{Model, Result};

/// The documents of a save, which several attempts may change.
struct Documents<'m, M> {
    models: &'m mut [M],
    /// Copies from before the first attempt. `None` if they can't be copied or must not be restored.
    originals: Option<Vec<M>>,
    /// Whether the hook `before_save` has run on them.
    prepared: bool,
    /// What an attempt stored in their managed fields.
    stamps: Vec<Stamp>,
}

impl<'m, M: Model> Documents<'m, M> {
    fn new(models: &'m mut [M]) -> Self {
        Self { originals: models.iter().map(copy_of).collect(), models, prepared: false, stamps: Vec::new() }
    }

    /// Undoes the changes of hooks, and the versions that were stored.
    fn restore(&mut self) {
        let undone: Vec<Stamp> = self.stamps.drain(..).map(Stamp::undone).collect();
        stamp(self.models, &undone);
        for (model, original) in self.models.iter_mut().zip(self.originals.iter().flatten()) {
            if let Some(copy) = copy_of(original) {
                *model = copy;
            }
        }
        self.prepared = false;
    }

    /// Runs `before_save`, unless it has run and this is the attempt without a transaction.
    async fn prepare(&mut self, hooks: &'static dyn AnyHooks, cx: &HookContext<'_>) -> Result<()> {
        // The server has no transactions, so the first command of the attempt at one failed. The hooks had run before, so
        // that command was the write. They sent nothing and needn't run again.
        if self.prepared && !cx.executor().is_transaction() {
            return Ok(());
        }
        if self.prepared {
            self.restore();
        }
        for model in self.models.iter_mut() {
            hooks.before_save(model, cx).await?;
        }
        self.prepared = true;
        Ok(())
    }
}

/// Sets the managed fields of documents in memory to what was stored.
fn stamp<M: Model>(models: &mut [M], stamps: &[Stamp]) {
    for (model, stamp) in models.iter_mut().zip(stamps) {
        M::STAMP(model, stamp);
    }
}

/// Stores documents by `write`, which also returns what it stored in their managed fields. If their model has hooks, runs
/// them before and after it, in the same transaction.
pub(crate) async fn around_save<M: Model, R, W>(exec: Exec<'_>, models: &mut [M], write: W) -> Result<R>
where
    W: for<'a> Fn(Exec<'a>, &'a [M]) -> BoxFuture<'a, Result<(R, Vec<Stamp>)>> + Sync,
{
    let Some(hooks) = M::HOOKS.0 else {
        let (outcome, stamps) = write(exec, models).await?;
        stamp(models, &stamps);
        return Ok(outcome);
    };
    let documents = Mutex::new(Documents::new(models));
    let outcome = atomically(exec, async |exec| {
        let mut documents = documents.lock().await;
        let cx = HookContext::new(exec, None);
        documents.prepare(hooks, &cx).await?;
        let (outcome, stamps) = write(exec, documents.models).await?;
        stamp(documents.models, &stamps);
        documents.stamps = stamps;
        if !exec.is_transaction() {
            // the write can't be undone, so the documents keep the values that were stored
            documents.originals = None;
            documents.stamps.clear();
        }
        for model in documents.models.iter() {
            hooks.after_save(model, &cx).await?;
        }
        Ok(outcome)
    })
    .await;
    if outcome.is_err() {
        documents.into_inner().restore();
    }
    outcome
}
