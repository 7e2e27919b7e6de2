//! How a relation is named to read it: its constant, and whether that is in what was loaded.

use super::cardinality::Cardinality;
use super::place::{Counts, Includes};
use super::reach::Reach;
use super::view::View;

/// What [`Loaded::related`](crate::Loaded::related) takes: a relation, as it is or as it was included.
pub trait Pick {
    #[doc(hidden)]
    type Key;
}

#[diagnostic::do_not_recommend]
impl<D: Reach> Pick for D {
    type Key = D::Marker;
}

/// A relation that is in what was loaded: what [`Loaded::related`](crate::Loaded::related) takes.
///
/// Asked of the relation, and not of what was loaded, so that a relation which isn't in it has its name in the message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation",
    label = "not a relation",
    note = "write the constant of a relation, as in `user.related(User::POSTS)`"
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

/// A relation or an include, and how it would be read if it had been loaded: so that what a program does with it is not a
/// second error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation",
    label = "not a relation",
    note = "write the constant of a relation, as in `user.related(User::POSTS)`"
)]
#[doc(hidden)]
pub trait Readable {
    type Ref<'a>;
}

#[diagnostic::do_not_recommend]
impl<D: Reach> Readable for D {
    type Ref<'a> = <D::Cardinality as Cardinality>::Seen<'a, D::Target>;
}

/// Implemented by nothing: a plain document has no relations to read.
#[diagnostic::on_unimplemented(
    message = "this `{Self}` was read without its relations",
    label = "a `{Self}` without its relations",
    note = "to load one with it, add it to the query that reads it, as `.with(User::POSTS)`: that gives a `Loaded<User, _>`",
    note = "to read one now, call its own method, as `user.posts().all(&db)`"
)]
#[doc(hidden)]
pub trait WithRelations {
    fn none<T>() -> T;
}

/// Implemented by nothing: a plain document has no counts to read.
#[diagnostic::on_unimplemented(
    message = "this `{Self}` was read without the counts of its relations",
    label = "a `{Self}` without counts",
    note = "to count with it, add that to the query that reads it, as `.with(User::POSTS.count())`: that gives a `Loaded<User, _>`",
    note = "to count now, call the relation's own method, as `user.posts().count(&db)`"
)]
#[doc(hidden)]
pub trait WithCounts {
    fn none<T>() -> T;
}
