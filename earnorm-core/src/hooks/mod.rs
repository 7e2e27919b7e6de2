//! What a model does of its own when its documents are saved or deleted.

use std::any::Any;
use std::fmt;
use std::future::{Future, ready};
use std::sync::LazyLock;

use mongodb::bson::{Bson, RawDocument};

use tokio::sync::Mutex;

use crate::error::RelationName;
use crate::field;
use crate::schema::{Cloning, ModelMetadata, same_model};
use crate::store::{self, BoxFuture, Exec, Executor, Sealed, atomically};
use crate::{Error, Model, Result};

/// What a model does before and after its documents are saved or deleted. For models with `#[model(hooks)]`.
///
/// Each hook runs once for a document, on the session of the call that it belongs to: what it does on `cx` is part of the
/// same transaction. A save or a delete of such a model on a `&Database` has a transaction of its own. The error of a hook
/// undoes the whole; on a standalone server, which has no transactions, an error of a `before_` hook means that nothing
/// was written, and one of an `after_` hook comes too late.
///
/// A transaction that is retried runs its hooks again, each time on the document as it was at first. A save that fails
/// leaves the document as it was. Both need a copy, so the model or each of its fields has to be `Clone`; other documents
/// come to a second attempt as the first left them, and `insert_many` refuses them. A copy has every field, those that
/// aren't stored (`#[serde(skip)]`) included.
///
/// Save hooks run for whole documents: `insert`, `insert_many`, `save`, and the `create`, `add` and `set` of relations.
/// Delete hooks run for documents that a rule deletes as for those that a call does; [`HookContext::cause`] tells them
/// apart. They get each document as it is stored, so its skipped fields are at their defaults. Updates by operators load
/// no document and run no hooks: `update`, `update_by_id`, `update_all`, and the keys that `remove`, `clear` and the rule
/// `set_null` empty. What is to see every change can't be a hook.
///
/// Commands that a hook sends come on top of those of its call, once for each document.
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
    note = "write `impl Hooks for {Self} {{ .. }}`, or take away `hooks`"
)]
pub trait Hooks: Model + Hooked {
    /// Before the document is stored. What it changes in the document is stored.
    fn before_save(&mut self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// After the document was stored.
    fn after_save(&self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// Before anything is deleted.
    fn before_delete(&self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// After everything was deleted.
    fn after_delete(&self, cx: &HookContext<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = cx;
        ready(Ok(()))
    }
}

/// A model with `#[model(hooks)]`, which the derive implements for it: without, its hooks would never run.
#[diagnostic::on_unimplemented(
    message = "the hooks of `{Self}` would never run",
    label = "`{Self}` has no `#[model(hooks)]`",
    note = "write `#[model(hooks)]` on the struct"
)]
pub trait Hooked {}

/// Where a hook runs, and why. It can be passed on wherever a `&Database` or a `&Transaction` is expected.
///
/// Who acts isn't part of it. Hooks run in the task of the call that they belong to, so a `tokio::task_local!` reaches them.
///
/// ```
/// use earnorm::Cause;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[model(hooks)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Removed { #[serde(rename = "_id")] id: ObjectId, why: String }
/// impl Hooks for Post {
///     async fn after_delete(&self, cx: &HookContext<'_>) -> earnorm::Result<()> {
///         let why = match cx.cause() {
///             Cause::Relation { model, relation } => format!("with its {model}, by `{relation}`"),
///             _ => "by itself".to_owned(),
///         };
///         Removed { id: self.id, why }.insert(cx).await?;
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct HookContext<'e> {
    pub(crate) exec: Exec<'e>,
    cause: Cause,
}

/// Why a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The document itself was saved or deleted.
    Direct,
    /// A rule deletes it, because of the document that it refers to.
    Relation {
        /// The model that declares the relation.
        model: &'static str,
        /// The relation with the rule.
        relation: &'static str,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Relation { model, relation } => write!(f, "through `{model}::{relation}`"),
        }
    }
}

impl<'e> HookContext<'e> {
    pub(crate) fn new(exec: Exec<'e>, via: Option<RelationName>) -> Self {
        let cause = via.map_or(Cause::Direct, |RelationName { model, relation }| Cause::Relation { model, relation });
        Self { exec, cause }
    }

    /// Why the hook runs: directly, or through which relation.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The database or the transaction in which the call runs that the hook belongs to.
    pub fn executor(&self) -> Exec<'e> {
        self.exec
    }
}

impl Sealed for &HookContext<'_> {}

#[diagnostic::do_not_recommend]
impl<'e> Executor<'e> for &'e HookContext<'_> {
    fn executor(self) -> Exec<'e> {
        self.exec
    }
}

/// A document whose model is known to its hooks only.
pub(crate) type AnyDocument = dyn Any + Send + Sync;

/// The hooks of one model, with the model forgotten: cascades go by the tables.
pub(crate) trait AnyHooks: Send + Sync {
    fn decode(&self, document: &RawDocument) -> Result<Box<AnyDocument>>;
    fn delete<'a>(&self, document: &'a AnyDocument, when: When, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>>;
    fn before_save<'a>(&self, document: &'a mut AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>>;
    fn after_save<'a>(&self, document: &'a AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>>;
    /// A copy, if the model or each of its fields is `Clone`.
    fn copy(&self, document: &AnyDocument) -> Option<Box<AnyDocument>>;
}

/// On which side of a delete a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// The entry in a model's table that leads to its hooks.
#[doc(hidden)]
#[derive(Clone, Copy, Default)]
pub struct HookTable(pub(crate) Option<&'static dyn AnyHooks>);

impl fmt::Debug for HookTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HookTable").field(&self.0.is_some()).finish()
    }
}

impl HookTable {
    pub const NONE: Self = Self(None);
}

/// The way from a model's table to its hooks, for a constant beside the table. It knows how to copy a document: as a whole,
/// if the model is `Clone`, else field by field, if all of them are.
#[doc(hidden)]
pub struct Of<M> {
    whole: Cloning<M>,
    fields: fn(&M) -> Option<M>,
}

impl<M> Of<M> {
    #[doc(hidden)]
    pub const fn new(whole: Cloning<M>, fields: fn(&M) -> Option<M>) -> Self {
        Self { whole, fields }
    }

    #[doc(hidden)]
    pub const fn table(&'static self) -> HookTable
    where
        M: Hooks,
    {
        HookTable(Some(self))
    }
}

/// Which document's hook failed, and which hook.
fn failed<M: Model>(document: &M, hook: &'static str) -> impl FnOnce(Error) -> Error {
    let id = field::saved_id(document).unwrap_or(Bson::Null);
    move |source| Error::Hook { model: M::METADATA.name, hook, id: Box::new(id), source: Box::new(source) }
}

impl<M: Hooks> AnyHooks for Of<M> {
    fn decode(&self, document: &RawDocument) -> Result<Box<AnyDocument>> {
        Ok(Box::new(store::decode::<M>(document)?))
    }

    fn delete<'a>(&self, document: &'a AnyDocument, when: When, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(document) = document.downcast_ref::<M>() else { return Ok(()) };
            match when {
                When::Before => document.before_delete(cx).await.map_err(failed(document, "before_delete")),
                When::After => document.after_delete(cx).await.map_err(failed(document, "after_delete")),
            }
        })
    }

    fn before_save<'a>(&self, document: &'a mut AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(document) = document.downcast_mut::<M>() else { return Ok(()) };
            let outcome = document.before_save(cx).await;
            outcome.map_err(failed(document, "before_save"))
        })
    }

    fn after_save<'a>(&self, document: &'a AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(document) = document.downcast_ref::<M>() else { return Ok(()) };
            document.after_save(cx).await.map_err(failed(document, "after_save"))
        })
    }

    fn copy(&self, document: &AnyDocument) -> Option<Box<AnyDocument>> {
        let document = document.downcast_ref::<M>()?;
        let copy = self.whole.map_or_else(|| (self.fields)(document), |clone| Some(clone(document)))?;
        Some(Box::new(copy))
    }
}

/// The hooks of a model, handed in by its derive when the program is linked.
#[doc(hidden)]
#[derive(Debug)]
pub struct HookRegistration(pub &'static ModelMetadata, pub HookTable);

inventory::collect!(HookRegistration);

/// The hooks of a model whose type isn't known. If it has none itself, those of another struct that is the same model.
pub(crate) fn hooks_of(model: &'static ModelMetadata) -> Option<&'static dyn AnyHooks> {
    static ALL: LazyLock<Vec<&'static HookRegistration>> = LazyLock::new(|| {
        let mut all: Vec<_> = inventory::iter::<HookRegistration>().collect();
        // the order of the linker can change from build to build
        all.sort_by_key(|registration| (registration.0.module, registration.0.name));
        all
    });
    let own = ALL.iter().find(|registration| std::ptr::eq(registration.0, model));
    let registration = own.or_else(|| ALL.iter().find(|registration| same_model(registration.0, model)))?;
    registration.1.0
}

pub(crate) fn has_hooks<M: Model>() -> bool {
    M::HOOKS.0.is_some()
}

/// A copy of a model with hooks, if it can be copied.
pub(crate) fn copy_of<M: Model>(model: &M) -> Option<M> {
    let copy = M::HOOKS.0?.copy(model)?;
    copy.downcast().ok().map(|copy| *copy)
}

/// Documents that are being saved, lent to one attempt after the other.
struct Saving<'m, M> {
    models: &'m mut [M],
    /// As they were at first, where they can be copied.
    first: Option<Vec<M>>,
    /// The hooks before the save have run on them.
    ready: bool,
}

impl<'m, M: Model> Saving<'m, M> {
    fn new(models: &'m mut [M]) -> Self {
        Self { first: models.iter().map(copy_of).collect(), models, ready: false }
    }

    /// Undoes what hooks have done to them.
    fn restore(&mut self) {
        for (model, first) in self.models.iter_mut().zip(self.first.iter().flatten()) {
            if let Some(copy) = copy_of(first) {
                *model = copy;
            }
        }
        self.ready = false;
    }

    async fn prepare(&mut self, hooks: &'static dyn AnyHooks, cx: &HookContext<'_>) -> Result<()> {
        // where there are no transactions, the attempt at one had no command but the write
        if self.ready && !cx.exec.is_transaction() {
            return Ok(());
        }
        if self.ready {
            self.restore();
        }
        for model in self.models.iter_mut() {
            hooks.before_save(model, cx).await?;
        }
        self.ready = true;
        Ok(())
    }
}

/// Stores documents by `write`, between the hooks of their model where it has any: then in one transaction with them.
pub(crate) async fn around_save<M: Model, R, W>(exec: Exec<'_>, models: &mut [M], write: W) -> Result<R>
where
    W: for<'a> Fn(Exec<'a>, &'a [M]) -> BoxFuture<'a, Result<R>> + Sync,
{
    let Some(hooks) = M::HOOKS.0 else {
        return write(exec, models).await;
    };
    let saving = Mutex::new(Saving::new(models));
    let outcome = atomically(exec, async |exec| {
        let mut saving = saving.lock().await;
        let cx = HookContext::new(exec, None);
        saving.prepare(hooks, &cx).await?;
        let outcome = write(exec, saving.models).await?;
        if !exec.is_transaction() {
            // stored for good, so the documents stay as they were stored
            saving.first = None;
        }
        for model in saving.models.iter() {
            hooks.after_save(model, &cx).await?;
        }
        Ok(outcome)
    })
    .await;
    if outcome.is_err() {
        saving.into_inner().restore();
    }
    outcome
}
