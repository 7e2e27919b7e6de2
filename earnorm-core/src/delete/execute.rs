//! The execution of a plan: references are removed first, then documents are deleted, children before their parents. On
//! a server without transactions, an interrupted delete can therefore be run again.

use mongodb::bson::DateTime;
use mongodb::options::{DeleteOptions, UpdateOptions};

use super::closure::Closure;
use super::node::{IdRange, Leaf};
use super::tally::Tally;
use crate::hooks::{AnyDocument, AnyHooks, HookContext, When, hooks_of};
use crate::reference::Effect;
use crate::store::{self, Exec, KEYS_PER_COMMAND, among};
use crate::{Find, Result, write};

/// The most ids in one delete command.
const IDS_PER_DELETE: usize = 10_000;

/// A running delete.
pub(super) struct Execution<'e, 'p> {
    exec: Exec<'e>,
    closure: &'p Closure,
    tally: Tally,
    /// The time of the call.
    now: DateTime,
    /// Called after each chunk with the number of documents that it wrote.
    progress: &'p mut (dyn FnMut(u64) -> Result<()> + Send),
}

/// A document that was read because its model has hooks.
struct HookedDocument<'p> {
    document: Box<AnyDocument>,
    hooks: &'static dyn AnyHooks,
    range: &'p IdRange,
}

impl<'e, 'p> Execution<'e, 'p> {
    pub(super) fn new(
        exec: Exec<'e>,
        closure: &'p Closure,
        progress: &'p mut (dyn FnMut(u64) -> Result<()> + Send),
    ) -> Self {
        // a report lists the models in the order of the plan, which isn't the order of the writes
        let mut tally = closure.tally();
        tally.clear();
        Self { exec, closure, tally, now: DateTime::now(), progress }
    }

    /// Executes the whole plan: all `before` hooks, all writes, then all `after` hooks.
    pub(super) async fn run(mut self) -> Result<Tally> {
        let mut documents = Vec::new();
        for range in &self.closure.ranges {
            documents.extend(load_hooked(self.exec, self.closure, range, range).await?);
        }
        call(self.exec, &documents, When::Before).await?;
        self.references().await?;
        for range in self.closure.ranges.iter().rev() {
            for chunk in self.closure.chunks(range, IDS_PER_DELETE) {
                self.delete(&chunk).await?;
            }
        }
        call(self.exec, &documents, When::After).await?;
        Ok(self.tally.without_zeros())
    }

    /// Executes the plan chunk by chunk, with the hooks of a chunk directly before and after its writes.
    pub(super) async fn run_in_batches(mut self) -> Result<Tally> {
        self.references().await?;
        for range in self.closure.ranges.iter().rev() {
            for chunk in self.closure.chunks(range, IDS_PER_DELETE) {
                let documents = load_hooked(self.exec, self.closure, range, &chunk).await?;
                call(self.exec, &documents, When::Before).await?;
                self.delete(&chunk).await?;
                call(self.exec, &documents, When::After).await?;
            }
        }
        Ok(self.tally.without_zeros())
    }

    /// Removes the references from outside the closure, and deletes the documents on which nothing depends.
    async fn references(&mut self) -> Result<()> {
        let (last, first): (Vec<&Leaf>, Vec<&Leaf>) =
            self.closure.leaves.iter().partition(|leaf| leaf.edge.effect() == Effect::Delete);
        for leaf in first.into_iter().chain(last) {
            let mut written = 0;
            for chunk in self.closure.chunks(&self.closure.all_of(leaf.node), KEYS_PER_COMMAND) {
                let keys = self.closure.keys(leaf.edge, &chunk);
                let (holder, filter) = (leaf.edge.holder, leaf.edge.holders_of(&keys));
                if leaf.edge.effect() == Effect::Delete {
                    written += write::delete_many(self.exec, holder, filter, DeleteOptions::default()).await?;
                } else {
                    let release = leaf.edge.unlink_update(&keys);
                    write::update_many(self.exec, holder, filter, release.at(self.now), UpdateOptions::default())
                        .await?;
                }
            }
            let count = if leaf.edge.effect() == Effect::Delete { written } else { leaf.count.unwrap_or(0) };
            *leaf.counter(self.tally.of(leaf.edge.holder)) += count;
            (self.progress)(count)?;
        }
        Ok(())
    }

    async fn delete(&mut self, range: &IdRange) -> Result<()> {
        let model = self.closure.nodes[range.node].model;
        let filter = among("_id", &self.closure.ids(range));
        let deleted = write::delete_many(self.exec, model, filter, DeleteOptions::default()).await?;
        self.tally.add(model, range.via, deleted);
        (self.progress)(deleted)
    }
}

/// Reads the documents of a part of a range if the model has hooks. Without hooks, sends nothing and returns none.
async fn load_hooked<'p>(
    exec: Exec<'_>,
    closure: &Closure,
    range: &'p IdRange,
    part: &IdRange,
) -> Result<Vec<HookedDocument<'p>>> {
    let model = closure.nodes[range.node].model;
    let Some(hooks) = hooks_of(model) else { return Ok(Vec::new()) };
    let mut hooked = Vec::with_capacity(part.ids.len());
    for chunk in closure.chunks(part, KEYS_PER_COMMAND) {
        let find = Find::new(model, among("_id", &closure.ids(&chunk)));
        for document in store::documents(exec, find).await? {
            hooked.push(HookedDocument { document: hooks.decode(&document)?, hooks, range });
        }
    }
    Ok(hooked)
}

async fn call(exec: Exec<'_>, hooked: &[HookedDocument<'_>], when: When) -> Result<()> {
    for HookedDocument { document, hooks, range } in hooked {
        let cx = HookContext::new(exec, range.via.map(|edge| edge.by));
        hooks.delete(document.as_ref(), when, &cx).await?;
    }
    Ok(())
}
