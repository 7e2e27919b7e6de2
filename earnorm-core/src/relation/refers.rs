//! Types of keys that can hold an id.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};

use crate::Array;

/// A key type that can hold an id of type `I`: the key and the id have the same type, or one is an `Option` of the
/// other.
#[diagnostic::on_unimplemented(
    message = "a key of type `{Self}` can't hold an id of type `{I}`",
    label = "this key is a `{Self}`, but the id that it refers to is a `{I}`",
    note = "a foreign key has the type of the id that it refers to, or an `Option` of it"
)]
pub trait RefersTo<I>: Sized {
    #[doc(hidden)]
    fn to_id(&self) -> Option<I>;
    #[doc(hidden)]
    fn from_id(id: &I) -> Option<Self>;
}

impl<I: Clone> RefersTo<I> for I {
    fn to_id(&self) -> Option<I> {
        Some(self.clone())
    }
    fn from_id(id: &I) -> Option<I> {
        Some(id.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<I: Clone> RefersTo<I> for Option<I> {
    fn to_id(&self) -> Option<I> {
        self.clone()
    }
    fn from_id(id: &I) -> Option<Option<I>> {
        Some(Some(id.clone()))
    }
}

#[diagnostic::do_not_recommend]
impl<I: Clone> RefersTo<Option<I>> for I {
    fn to_id(&self) -> Option<Option<I>> {
        Some(Some(self.clone()))
    }
    fn from_id(id: &Option<I>) -> Option<I> {
        id.clone()
    }
}

/// An array of keys, each of which can hold an id of type `I`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an array of ids of type `{I}`",
    label = "expected an array of `{I}`",
    note = "a many-to-many by an array of ids needs a `Vec`, `VecDeque`, `BTreeSet` or `HashSet` of the other model's id"
)]
pub trait RefersToMany<I>: Array<Item = Self::Key> {
    #[doc(hidden)]
    type Key: RefersTo<I>;
    #[doc(hidden)]
    fn to_ids(&self) -> Vec<I>;
    /// Appends a key with this id.
    #[doc(hidden)]
    fn append_id(&mut self, id: &I);
}

macro_rules! refers_to_many {
    ($($array:ty, $append:ident, [$($bound:tt)*], [$($generic:tt)*];)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<I, K: RefersTo<I> $($bound)*, $($generic)*> RefersToMany<I> for $array {
            type Key = K;
            fn to_ids(&self) -> Vec<I> {
                self.iter().filter_map(K::to_id).collect()
            }
            fn append_id(&mut self, id: &I) {
                if let Some(key) = K::from_id(id) {
                    self.$append(key);
                }
            }
        }
    )* };
}
refers_to_many! {
    Vec<K>, push, [], [];
    VecDeque<K>, push_back, [], [];
    BTreeSet<K>, insert, [+ Ord], [];
    HashSet<K, H>, insert, [+ Eq + Hash], [H: BuildHasher + Default];
}

/// A key that can be null.
#[diagnostic::on_unimplemented(
    message = "`on_delete = \"set_null\"` needs a key that can be null, but this key is a `{Self}`",
    label = "a `{Self}` can't be null",
    note = "make the key an `Option<{Self}>`, or choose `cascade`, `restrict` or `no_action`"
)]
pub trait Nullable {}

#[diagnostic::do_not_recommend]
impl<T> Nullable for Option<T> {}
