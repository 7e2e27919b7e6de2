//! A loaded value and its relation.

use std::marker::PhantomData;

/// The loaded value of the relation or count `K`.
#[doc(hidden)]
pub struct Slot<K, V> {
    pub(super) value: V,
    key: PhantomData<fn() -> K>,
}

impl<K, V> Slot<K, V> {
    pub(crate) fn new(value: V) -> Self {
        Self { value, key: PhantomData }
    }
}
