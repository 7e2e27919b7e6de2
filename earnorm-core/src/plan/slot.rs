//! A loaded value and what it belongs to.

use std::marker::PhantomData;

/// The value of one relation, and which it is.
#[doc(hidden)]
pub struct Slot<K, V> {
    pub(super) value: V,
    key: PhantomData<fn() -> K>,
}

impl<K, V> Slot<K, V> {
    pub(super) fn new(value: V) -> Self {
        Self { value, key: PhantomData }
    }
}
