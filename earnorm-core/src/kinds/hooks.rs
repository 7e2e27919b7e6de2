//! The hooks of an enum: those of the model that each document belongs to.

use std::future::ready;

use mongodb::bson::RawDocument;

use super::traits::Kinds;
use crate::Result;
use crate::hooks::{AnyDocument, AnyHooks, HookContext, HookTable, When};
use crate::schema::Cloning;
use crate::store::{self, BoxFuture};

/// The hooks of the enum `E`.
#[doc(hidden)]
pub struct KindHooks<E> {
    copy: Cloning<E>,
}

impl<E: Kinds> KindHooks<E> {
    pub const fn new(copy: Cloning<E>) -> Self {
        Self { copy }
    }

    /// None if no model of the enum has hooks.
    pub const fn table(&'static self) -> HookTable {
        let mut i = 0;
        while i < E::KINDS.len() {
            if E::KINDS[i].hooks.0.is_some() {
                return HookTable(Some(self));
            }
            i += 1;
        }
        HookTable::NONE
    }
}

fn done<'a>() -> BoxFuture<'a, Result<()>> {
    Box::pin(ready(Ok(())))
}

impl<E: Kinds> AnyHooks for KindHooks<E> {
    fn decode(&self, document: &RawDocument) -> Result<Box<AnyDocument>> {
        Ok(Box::new(store::decode::<E>(document)?))
    }

    fn delete<'a>(&self, document: &'a AnyDocument, when: When, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        let kind = document.downcast_ref::<E>().map(E::kind);
        kind.and_then(|kind| Some(kind.hooks().0?.delete(kind.any(), when, cx))).unwrap_or_else(done)
    }

    fn before_save<'a>(&self, document: &'a mut AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        let kind = document.downcast_mut::<E>().map(E::kind_mut);
        kind.and_then(|kind| Some(kind.hooks().0?.before_save(kind.any_mut(), cx))).unwrap_or_else(done)
    }

    fn after_save<'a>(&self, document: &'a AnyDocument, cx: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
        let kind = document.downcast_ref::<E>().map(E::kind);
        kind.and_then(|kind| Some(kind.hooks().0?.after_save(kind.any(), cx))).unwrap_or_else(done)
    }

    fn copy(&self, document: &AnyDocument) -> Option<Box<AnyDocument>> {
        let copy = self.copy?(document.downcast_ref::<E>()?);
        Some(Box::new(copy))
    }
}
