//! Saves with hooks.

use tokio::sync::Mutex;

use super::HookContext;
use super::table::{AnyHooks, copy_of};
use crate::store::{BoxFuture, Exec, atomically};
use crate::{Model, Result};

/// The documents of a save, which several attempts may change.
struct Documents<'m, M> {
    models: &'m mut [M],
    /// Copies from before the first attempt. `None` if they can't be copied or must not be restored.
    originals: Option<Vec<M>>,
    /// Whether the hook `before_save` has run on them.
    prepared: bool,
}

impl<'m, M: Model> Documents<'m, M> {
    fn new(models: &'m mut [M]) -> Self {
        Self { originals: models.iter().map(copy_of).collect(), models, prepared: false }
    }

    /// Undoes the changes of hooks.
    fn restore(&mut self) {
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

/// Stores documents by `write`. If their model has hooks, runs them before and after it, in the same transaction.
pub(crate) async fn around_save<M: Model, R, W>(exec: Exec<'_>, models: &mut [M], write: W) -> Result<R>
where
    W: for<'a> Fn(Exec<'a>, &'a [M]) -> BoxFuture<'a, Result<R>> + Sync,
{
    let Some(hooks) = M::HOOKS.0 else {
        return write(exec, models).await;
    };
    let documents = Mutex::new(Documents::new(models));
    let outcome = atomically(exec, async |exec| {
        let mut documents = documents.lock().await;
        let cx = HookContext::new(exec, None);
        documents.prepare(hooks, &cx).await?;
        let outcome = write(exec, documents.models).await?;
        if !exec.is_transaction() {
            // the write can't be undone, so the documents keep the values that were stored
            documents.originals = None;
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
