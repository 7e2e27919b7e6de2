//! Carrying a plan out: references first, then documents, children before their parents, so that on a server without
//! transactions a delete that was cut short can be run again to its end.

use mongodb::options::{DeleteOptions, UpdateOptions};

use super::closure::{Batch, Closure, Leaf};
use super::tally::Tally;
use crate::hooks::{AnyDocument, AnyHooks, HookContext, When, hooks_of};
use crate::reference::Action;
use crate::store::{self, Exec, KEYS_PER_COMMAND, among};
use crate::{Find, Result};

/// How many ids go into one delete at the most.
const IDS_PER_DELETE: usize = 10_000;

/// What is under way: where, and how far.
pub(super) struct Execution<'e, 'p> {
    exec: Exec<'e>,
    closure: &'p Closure,
    tally: Tally,
    /// Told of every chunk that was written, and how many documents it had.
    progress: &'p mut (dyn FnMut(u64) -> Result<()> + Send),
}

/// A document in memory, for the sake of its hooks.
struct Hooked<'p> {
    document: Box<AnyDocument>,
    hooks: &'static dyn AnyHooks,
    batch: &'p Batch,
}

impl<'e, 'p> Execution<'e, 'p> {
    pub(super) fn new(
        exec: Exec<'e>,
        closure: &'p Closure,
        progress: &'p mut (dyn FnMut(u64) -> Result<()> + Send),
    ) -> Self {
        // a report names the models in the order of the plan, which isn't that of the writes
        let mut tally = closure.tally();
        tally.clear();
        Self { exec, closure, tally, progress }
    }

    /// Everything, with all hooks that come before ahead of the first write.
    pub(super) async fn run(mut self) -> Result<Tally> {
        let mut documents = Vec::new();
        for batch in &self.closure.batches {
            documents.extend(hooked(self.exec, self.closure, batch, batch).await?);
        }
        call(self.exec, &documents, When::Before).await?;
        self.references().await?;
        for batch in self.closure.batches.iter().rev() {
            for chunk in self.closure.chunks(batch, IDS_PER_DELETE) {
                self.delete(&chunk).await?;
            }
        }
        call(self.exec, &documents, When::After).await?;
        Ok(self.tally.without_zeros())
    }

    /// The same a chunk at a time, each with its hooks around it.
    pub(super) async fn run_in_batches(mut self) -> Result<Tally> {
        self.references().await?;
        for batch in self.closure.batches.iter().rev() {
            for chunk in self.closure.chunks(batch, IDS_PER_DELETE) {
                let documents = hooked(self.exec, self.closure, batch, &chunk).await?;
                call(self.exec, &documents, When::Before).await?;
                self.delete(&chunk).await?;
                call(self.exec, &documents, When::After).await?;
            }
        }
        Ok(self.tally.without_zeros())
    }

    /// Takes away what refers to the documents from outside the closure, and deletes what nothing depends on.
    async fn references(&mut self) -> Result<()> {
        let (last, first): (Vec<&Leaf>, Vec<&Leaf>) =
            self.closure.leaves.iter().partition(|leaf| leaf.edge.action == Action::Delete);
        for leaf in first.into_iter().chain(last) {
            let mut written = 0;
            for chunk in self.closure.chunks(&self.closure.whole(leaf.node), KEYS_PER_COMMAND) {
                let keys = self.closure.keys(leaf.edge, &chunk);
                let (collection, filter) = (leaf.edge.holder.collection, leaf.edge.holders_of(&keys));
                if leaf.edge.action == Action::Delete {
                    written += store::delete_many(self.exec, collection, filter, DeleteOptions::default())
                        .await?
                        .deleted_count;
                } else {
                    let release = leaf.edge.unlink_update(&keys);
                    store::update_many(self.exec, collection, filter, release, UpdateOptions::default()).await?;
                }
            }
            let count = if leaf.edge.action == Action::Delete { written } else { leaf.count.unwrap_or(0) };
            *leaf.counter(self.tally.of(leaf.edge.holder)) += count;
            (self.progress)(count)?;
        }
        Ok(())
    }

    async fn delete(&mut self, batch: &Batch) -> Result<()> {
        let model = self.closure.nodes[batch.node].model;
        let filter = among("_id", &self.closure.ids(batch));
        let result = store::delete_many(self.exec, model.collection, filter, DeleteOptions::default()).await?;
        self.tally.add(model, batch.via, result.deleted_count);
        (self.progress)(result.deleted_count)
    }
}

/// The documents of a part of a batch, where its model has hooks; else none, and none is read.
async fn hooked<'p>(exec: Exec<'_>, closure: &Closure, batch: &'p Batch, part: &Batch) -> Result<Vec<Hooked<'p>>> {
    let model = closure.nodes[batch.node].model;
    let Some(hooks) = hooks_of(model) else { return Ok(Vec::new()) };
    let mut hooked = Vec::with_capacity(part.ids.len());
    for chunk in closure.chunks(part, KEYS_PER_COMMAND) {
        let find = Find::new(model.collection, among("_id", &closure.ids(&chunk)));
        for document in store::documents(exec, find).await? {
            hooked.push(Hooked { document: hooks.decode(&document)?, hooks, batch });
        }
    }
    Ok(hooked)
}

async fn call(exec: Exec<'_>, hooked: &[Hooked<'_>], when: When) -> Result<()> {
    for Hooked { document, hooks, batch } in hooked {
        let cx = HookContext::new(exec, batch.via.map(|edge| edge.by));
        hooks.delete(document.as_ref(), when, &cx).await?;
    }
    Ok(())
}
