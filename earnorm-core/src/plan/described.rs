//! The names of a struct that serializes.

use serde::Serialize;

use crate::embedded::Record;

/// The names of a document or of a view, as it serializes. The derives implement it.
pub trait Described {
    /// The name of the struct.
    #[doc(hidden)]
    const NAME: &'static str;
    /// Whether it can have members that `has_field` doesn't know.
    #[doc(hidden)]
    const OPEN: bool;
    /// Whether it has a field that serializes under this name.
    #[doc(hidden)]
    fn has_field(name: &str) -> bool;
}

#[diagnostic::do_not_recommend]
impl<M: Record> Described for M {
    const NAME: &'static str = M::TABLE.name;
    const OPEN: bool = M::TABLE.config.open;

    fn has_field(name: &str) -> bool {
        M::TABLE.field(name).is_some()
    }
}

/// A document or a view that serializes.
#[doc(hidden)]
pub trait Shown: Described + Serialize {}

#[diagnostic::do_not_recommend]
impl<M: Described + Serialize> Shown for M {}
