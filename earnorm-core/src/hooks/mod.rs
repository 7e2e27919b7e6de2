//! Hooks: code of a model that runs when its documents are saved or deleted.

mod context;
mod save;
mod table;

pub use context::{Cause, HookContext};
pub(crate) use save::around_save;
pub(crate) use table::{AnyDocument, AnyHooks, When, copy_of, has_hooks, hooks_of};
pub use table::{HookRegistration, HookTable, ModelHooks};

use std::future::{Future, ready};

use crate::{Model, Result};

/// Code that runs before and after documents of a model are saved or deleted. The model needs `#[model(hooks)]`.
///
/// A hook runs once for each document. The commands that it sends add to those of the call.
///
/// # When hooks run
///
/// Save hooks run for calls that store whole documents: `insert`, `insert_many`, `save`, the `insert` and `save` of a
/// [bulk](crate::Bulk), and the `create`, `add` and `set` of relations.
///
/// Delete hooks run for documents that a call deletes, and for those that a delete rule deletes.
/// [`HookContext::cause`] distinguishes the two. The hooks receive the stored document, so its skipped fields have their
/// defaults.
///
/// Updates by operators don't load documents and don't run hooks: `update`, `update_by_id`, `update_all`, and the updates
/// of keys by `remove`, `clear` and the rule `set_null`. A hook therefore doesn't see every change.
///
/// # Transactions
///
/// Commands that a hook sends through `cx` are part of the call's transaction. A save or a delete on a `&Database` starts
/// one. If a hook fails, everything is rolled back. A standalone server has no transactions: there, nothing was written if
/// a `before_` hook fails, but the write is kept if an `after_` hook fails.
///
/// If a transaction is retried, its hooks run again, on the document as it was before the first attempt. If a save fails,
/// the document is restored. Both need a copy of the document, including the fields that aren't stored
/// (`#[serde(skip)]`), so the model or each of its fields must be `Clone`. Otherwise, a second attempt gets the document
/// as the first one left it, and `insert_many` and a bulk refuse the call.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[model(hooks)]
/// struct Post {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     title: String,
///     slug: String,
/// }
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Removed { #[serde(rename = "_id")] id: ObjectId, title: String }
/// impl Hooks for Post {
///     async fn before_save(&mut self, _cx: &HookContext<'_>) -> earnorm::Result<()> {
///         self.slug = self.title.to_lowercase().replace(' ', "-");
///         Ok(())
///     }
///
///     async fn before_delete(&self, cx: &HookContext<'_>) -> earnorm::Result<()> {
///         Removed { id: self.id, title: self.title.clone() }.insert(cx).await?;
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has `#[model(hooks)]`, but no hooks",
    label = "`Hooks` is not implemented for `{Self}`",
    note = "write `impl Hooks for {Self} {{ .. }}`, or remove `hooks`"
)]
pub trait Hooks: Model + Hooked {
    /// Runs before the document is stored. Its changes to the document are stored.
    fn before_save(&mut self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// Runs after the document was stored.
    fn after_save(&self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// Runs before anything is deleted.
    fn before_delete(&self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// Runs after everything was deleted.
    fn after_delete(&self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }
}

/// A model with `#[model(hooks)]`. The derive implements it. Without it, the hooks of a model would never run.
#[diagnostic::on_unimplemented(
    message = "the hooks of `{Self}` would never run",
    label = "`{Self}` has no `#[model(hooks)]`",
    note = "write `#[model(hooks)]` on the struct"
)]
pub trait Hooked {}
