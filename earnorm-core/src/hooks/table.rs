//! The hooks of all models, without their types.

use std::any::Any;
use std::fmt;
use std::sync::LazyLock;

use mongodb::bson::{Bson, RawDocument};

use super::{HookContext, Hooks};
use crate::schema::{Cloning, ModelMetadata, same_model};
use crate::store::{self, BoxFuture};
use crate::{Error, Model, Result, field};

/// A document without its type, which only the hooks of its model know.
pub(crate) type AnyDocument = dyn Any + Send + Sync;

/// The hooks of a model without its type, for cascades, which work with metadata.
pub(crate) trait AnyHooks: Send + Sync {
    fn decode(&self, document: &RawDocument) -> Result<Box<AnyDocument>>;
    fn delete<'a>(&self, document: &'a AnyDocument, when: When, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>>;
    fn before_save<'a>(&self, document: &'a mut AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>>;
    fn after_save<'a>(&self, document: &'a AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>>;
    /// A copy of the document, if the model or each of its fields is `Clone`.
    fn copy(&self, document: &AnyDocument) -> Option<Box<AnyDocument>>;
}

/// Whether a hook runs before or after a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// The hooks of a model, if it has any. A constant of the trait `Model`.
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

/// The hooks of the model `M`. It can copy a document as a whole if the model is `Clone`, or field by field if all fields
/// are.
#[doc(hidden)]
pub struct ModelHooks<M> {
    whole: Cloning<M>,
    fields: fn(&M) -> Option<M>,
}

impl<M> ModelHooks<M> {
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

/// Adds the document and the hook to a hook's error.
fn hook_error<M: Model>(document: &M, hook: &'static str) -> impl FnOnce(Error) -> Error {
    let id = field::saved_id(document).unwrap_or(Bson::Null);
    move |source| Error::Hook { model: M::METADATA.name, hook, id: Box::new(id), source: Box::new(source) }
}

impl<M: Hooks> AnyHooks for ModelHooks<M> {
    fn decode(&self, document: &RawDocument) -> Result<Box<AnyDocument>> {
        Ok(Box::new(store::decode::<M>(document)?))
    }

    fn delete<'a>(&self, document: &'a AnyDocument, when: When, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(document) = document.downcast_ref::<M>() else { return Ok(()) };
            match when {
                When::Before => document.before_delete(cx).await.map_err(hook_error(document, "before_delete")),
                When::After => document.after_delete(cx).await.map_err(hook_error(document, "after_delete")),
            }
        })
    }

    fn before_save<'a>(&self, document: &'a mut AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(document) = document.downcast_mut::<M>() else { return Ok(()) };
            let outcome = document.before_save(cx).await;
            outcome.map_err(hook_error(document, "before_save"))
        })
    }

    fn after_save<'a>(&self, document: &'a AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(document) = document.downcast_ref::<M>() else { return Ok(()) };
            document.after_save(cx).await.map_err(hook_error(document, "after_save"))
        })
    }

    fn copy(&self, document: &AnyDocument) -> Option<Box<AnyDocument>> {
        let document = document.downcast_ref::<M>()?;
        let copy = self.whole.map_or_else(|| (self.fields)(document), |clone| Some(clone(document)))?;
        Some(Box::new(copy))
    }
}

/// The hooks of a linked model, registered by its derive.
#[doc(hidden)]
#[derive(Debug)]
pub struct HookRegistration(pub &'static ModelMetadata, pub HookTable);

inventory::collect!(HookRegistration);

/// The hooks of a model, by its metadata. If its struct has none, those of another struct that is the same model.
pub(crate) fn hooks_of(model: &'static ModelMetadata) -> Option<&'static dyn AnyHooks> {
    static ALL: LazyLock<Vec<&'static HookRegistration>> = LazyLock::new(|| {
        let mut all: Vec<_> = inventory::iter::<HookRegistration>().collect();
        // the linker's order may differ between builds
        all.sort_by_key(|registration| (registration.0.module, registration.0.name));
        all
    });
    // not by the address of the table, of which each compiled unit may have a copy
    let own = ALL.iter().find(|registration| registration.0.identity() == model.identity());
    let registration = own.or_else(|| ALL.iter().find(|registration| same_model(registration.0, model)))?;
    registration.1.0
}

pub(crate) fn has_hooks<M: Model>() -> bool {
    M::HOOKS.0.is_some()
}

/// A copy of a document with hooks, if it can be copied.
pub(crate) fn copy_of<M: Model>(model: &M) -> Option<M> {
    let copy = M::HOOKS.0?.copy(model)?;
    copy.downcast().ok().map(|copy| *copy)
}
