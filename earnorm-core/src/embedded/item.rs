//! The items of an array of embedded documents.

use serde::de::DeserializeOwned;

use super::record::Embedded;

/// An item of an array: an embedded document, or an `Option` of it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not an embedded document or an `Option` of it",
    label = "an array can hold embedded documents and nulls",
    note = "a server can't address the elements of an array of arrays by a path; hold a `Vec` of a struct, or of an `Option` of it"
)]
pub trait EmbeddedItem: DeserializeOwned + Send + Sync + 'static {
    type Record: Embedded;
    fn record(&self) -> Option<&Self::Record>;
    fn record_mut(&mut self) -> Option<&mut Self::Record>;
}

#[diagnostic::do_not_recommend]
impl<E: Embedded> EmbeddedItem for E {
    type Record = E;

    fn record(&self) -> Option<&E> {
        Some(self)
    }

    fn record_mut(&mut self) -> Option<&mut E> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Embedded> EmbeddedItem for Option<E> {
    type Record = E;

    fn record(&self) -> Option<&E> {
        self.as_ref()
    }

    fn record_mut(&mut self) -> Option<&mut E> {
        self.as_mut()
    }
}
