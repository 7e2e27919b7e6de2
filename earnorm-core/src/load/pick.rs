//! How a relation is named to read it: its constant, and whether that is in what was loaded.

use super::{CountOf, Counted, Counts, Includes, Reach, View};

/// What [`Loaded::get`](crate::Loaded::get) takes: a relation, as it is or as it was included.
pub trait Pick {
    #[doc(hidden)]
    type Key;
}

#[diagnostic::do_not_recommend]
impl<D: Reach> Pick for D {
    type Key = D::Marker;
}

#[diagnostic::do_not_recommend]
impl<D: Reach> Pick for Counted<D> {
    type Key = CountOf<D::Marker>;
}

/// A relation that is in what was loaded: what [`Loaded::get`](crate::Loaded::get) takes.
///
/// Asked of the relation, and not of what was loaded, so that a relation which isn't in it has its name in the message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation",
    label = "not a relation",
    note = "write the constant of a relation, as in `user.get(User::POSTS)`"
)]
pub trait LoadedIn<L> {
    /// What was loaded of it.
    type Value: View;
    #[doc(hidden)]
    fn value(related: &L) -> &Self::Value;
}

impl<D: Pick, L: Includes<D::Key, Value: View>> LoadedIn<L> for D {
    type Value = L::Value;
    fn value(related: &L) -> &L::Value {
        related.pick()
    }
}

/// A relation whose count is in what was loaded: what [`Loaded::count`](crate::Loaded::count) takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation",
    label = "not a relation",
    note = "write the constant of a relation, as in `user.count(User::POSTS)`"
)]
pub trait CountedIn<L, N = u64> {
    #[doc(hidden)]
    fn number(related: &L) -> N;
}

impl<D: Pick, L: Counts<D::Key, N>, N> CountedIn<L, N> for D {
    fn number(related: &L) -> N {
        related.counted()
    }
}
