//! Type erasure of the documents that references to several models refer to.

use std::sync::Arc;

use serde::Serialize;

use super::documents::{Alternatives, AnyOf, Documents, RowsOf};
use super::erase::{Erasable, Memo, Plain};
use super::erased::{Erased, ErasedSlot, LoadedValue, ReadErased, slot};
use crate::relation::{ManyToAny, Reference, RefersToAny};
use crate::{Model, Relation};

/// An enum of documents whose rows can be erased.
#[doc(hidden)]
pub trait EraseDocuments: Sized {
    /// The same enum of erased documents.
    type Erased;
    fn erase_documents(self, memo: &mut Memo) -> Self::Erased;
}

/// The models of a list as erased documents, each shared: `(Arc<Erased<Post>>, (Arc<Erased<Photo>>, ()))`.
#[doc(hidden)]
pub trait ErasedModels {
    type Rows;
}

impl ErasedModels for () {
    type Rows = ();
}

impl<T: Model, L: ErasedModels> ErasedModels for (T, L) {
    type Rows = (Arc<Erased<T>>, L::Rows);
}

impl<D> Erasable for AnyOf<D>
where
    D: EraseDocuments<Erased: Alternatives + 'static>,
    for<'a> <D::Erased as Alternatives>::Ref<'a>: Serialize,
{
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        Some(Box::new(Plain(AnyOf(self.0.map(|documents| documents.erase_documents(memo))))))
    }
}

#[diagnostic::do_not_recommend]
impl<S, K, R, L, D> ReadErased<S> for ManyToAny<S, K, R>
where
    S: Model,
    K: RefersToAny<To: Documents<L, Document = D>>,
    <K::To as Reference>::Models: ErasedModels<Rows = L>,
    R: Relation<Source = S>,
    L: RowsOf<D>,
    D: Alternatives + 'static,
{
    type Seen<'a> = Option<D::Ref<'a>>;

    fn read<'a>(self, _: &'a S, slots: &'a [ErasedSlot]) -> Option<Option<D::Ref<'a>>> {
        let value = slot::<R>(slots)?.loaded().downcast_ref::<AnyOf<D>>()?;
        Some(value.0.as_ref().map(D::view))
    }
}
