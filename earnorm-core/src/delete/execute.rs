//! The execution of a plan: references are removed first, then documents are deleted, children before their parents. On
//! a server without transactions, an interrupted delete can therefore be run again.

use mongodb::bson::{DateTime, Document};
use mongodb::options::{DeleteOptions, UpdateOptions};

use super::closure::Closure;
use super::mark::{finish, set_mark};
use super::node::{IdRange, Leaf};
use super::scope::Scope;
use super::tally::Tally;
use crate::hooks::{AnyDocument, AnyHooks, HookContext, When, hooks_of};
use crate::reference::Effect;
use crate::schema::{Deletion, ModelMetadata, Visible};
use crate::store::{self, Exec, KEYS_PER_COMMAND, among};
use crate::{Find, Result, write};

/// The most ids in one delete command.
const IDS_PER_DELETE: usize = 10_000;

/// A running delete.
pub(super) struct Execution<'e, 'p> {
    exec: Exec<'e>,
    scope: &'p Scope,
    closure: &'p Closure,
    tally: Tally,
    /// The mark of a soft delete.
    deletion: Option<Deletion>,
    /// How many commands have to follow that delete or mark documents.
    remaining: usize,
    /// The models whose marks have to be finished, in the order of their writes.
    open: Vec<(&'static ModelMetadata, &'static str)>,
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
        (scope, closure): (&'p Scope, &'p Closure),
        deletion: Option<Deletion>,
        progress: &'p mut (dyn FnMut(u64) -> Result<()> + Send),
    ) -> Self {
        // a report lists the models in the order of the plan, which isn't the order of the writes
        let mut tally = closure.tally();
        tally.clear();
        let leaves = closure.leaves.iter().filter(|leaf| leaf.edge.effect() == Effect::Delete);
        let leaves = leaves.map(|leaf| closure.chunks(&closure.all_of(leaf.node), KEYS_PER_COMMAND).len());
        let ranges = closure.ranges.iter().map(|range| closure.chunks(range, IDS_PER_DELETE).len());
        let remaining = leaves.chain(ranges).sum();
        let now = deletion.map_or_else(DateTime::now, |deletion| deletion.at);
        Self { exec, scope, closure, tally, now, deletion, remaining, open: Vec::new(), progress }
    }

    /// Executes the whole plan: all `before` hooks, all writes, then all `after` hooks.
    pub(super) async fn run(mut self) -> Result<Tally> {
        let mut documents = Vec::new();
        for range in &self.closure.ranges {
            documents.extend(self.load_hooked(range, range).await?);
        }
        call(self.exec, &documents, When::Before).await?;
        self.references().await?;
        for range in self.closure.ranges.iter().rev() {
            for chunk in self.closure.chunks(range, IDS_PER_DELETE) {
                self.delete(&chunk).await?;
            }
        }
        self.finish().await?;
        call(self.exec, &documents, When::After).await?;
        Ok(self.tally.without_zeros())
    }

    /// Executes the plan chunk by chunk, with the hooks of a chunk directly before and after its writes.
    pub(super) async fn run_in_batches(mut self) -> Result<Tally> {
        self.references().await?;
        for range in self.closure.ranges.iter().rev() {
            for chunk in self.closure.chunks(range, IDS_PER_DELETE) {
                let documents = self.load_hooked(range, &chunk).await?;
                call(self.exec, &documents, When::Before).await?;
                self.delete(&chunk).await?;
                call(self.exec, &documents, When::After).await?;
            }
        }
        self.finish().await?;
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
                    written += self.remove(holder, filter).await?;
                } else {
                    let release = leaf.edge.unlink_update(&keys);
                    let (visible, options) = (self.scope.visible(), UpdateOptions::default());
                    write::update_visible(self.exec, (holder, visible), filter, release.at(self.now), options).await?;
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
        let removed = self.remove(model, filter).await?;
        self.tally.add(model, range.via, removed);
        (self.progress)(removed)
    }

    /// Deletes or marks documents, and returns how many. Without a transaction, all marks but the last are open until the
    /// end: if the delete is interrupted and run again, it takes these documents over.
    async fn remove(&mut self, model: &'static ModelMetadata, filter: Document) -> Result<u64> {
        let seen = self.scope.seen(model);
        self.remaining = self.remaining.saturating_sub(1);
        let (Some(deletion), Some(mark)) = (self.deletion, seen.mark) else {
            let options = DeleteOptions::default();
            return write::delete_visible(self.exec, (model, seen.visible), filter, options).await;
        };
        let is_only = self.remaining == 0 && self.open.is_empty();
        let open = !self.exec.is_transaction() && !is_only;
        if open && !self.open.iter().any(|(known, _)| known.documents() == seen) {
            self.open.push((model, mark));
        }
        let (update, options) = (set_mark(mark, deletion, open), UpdateOptions::default());
        Ok(write::update_visible(self.exec, (model, seen.visible), filter, update, options).await?.matched)
    }

    /// Finishes the open marks, those of the roots last.
    async fn finish(&mut self) -> Result<()> {
        let Some(deletion) = self.deletion else { return Ok(()) };
        let roots = self.scope.root().documents();
        let (last, first): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.open).into_iter().partition(|(model, _)| model.documents().overlaps(roots));
        for (model, mark) in first.into_iter().chain(last) {
            let (filter, update) = finish(mark, deletion);
            write::update_visible(self.exec, (model, Visible::All), filter, update, UpdateOptions::default()).await?;
        }
        Ok(())
    }

    /// Reads the documents of a part of a range if the model has hooks. Without hooks, sends nothing and returns none.
    async fn load_hooked(&mut self, range: &'p IdRange, part: &IdRange) -> Result<Vec<HookedDocument<'p>>> {
        let (closure, model) = (self.closure, self.closure.nodes[range.node].model);
        let Some(hooks) = hooks_of(model) else { return Ok(Vec::new()) };
        let mut hooked = Vec::with_capacity(part.ids.len());
        for chunk in closure.chunks(part, KEYS_PER_COMMAND) {
            let find = Find::new(self.scope.seen(model), among("_id", &closure.ids(&chunk)));
            for document in store::documents(self.exec, find).await? {
                hooked.push(HookedDocument { document: hooks.decode(&document)?, hooks, range });
            }
        }
        Ok(hooked)
    }
}

async fn call(exec: Exec<'_>, hooked: &[HookedDocument<'_>], when: When) -> Result<()> {
    for HookedDocument { document, hooks, range } in hooked {
        let cx = HookContext::new(exec, range.via.map(|edge| edge.by));
        hooks.delete(document.as_ref(), when, &cx).await?;
    }
    Ok(())
}
