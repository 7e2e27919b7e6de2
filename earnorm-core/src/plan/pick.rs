//! The argument of [`Loaded::related`](crate::Loaded::related): a relation, and whether it was loaded.

use super::cardinality::Cardinality;
use super::place::{Counts, Includes};
use super::reach::Reach;

/// A relation, or an include of it, by which a loaded value is read.
pub trait Pick {
    #[doc(hidden)]
    type Key;
}

#[diagnostic::do_not_recommend]
impl<D: Reach> Pick for D {
    type Key = D::Marker;
}

/// A relation that was loaded: the argument of [`Loaded::related`](crate::Loaded::related).
///
/// The relation implements the trait, not the loaded value. If a relation wasn't loaded, its name is therefore in the
/// compiler's message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation",
    label = "not a relation",
    note = "write the constant of a relation, as in `user.related(User::POSTS)`"
)]
pub trait LoadedIn<L> {
    /// The loaded value.
    type Value;
    #[doc(hidden)]
    fn value(related: &L) -> &Self::Value;
}

impl<D: Pick, L: Includes<D::Key>> LoadedIn<L> for D {
    type Value = L::Value;
    fn value(related: &L) -> &L::Value {
        related.pick()
    }
}

/// A relation whose count was loaded: the argument of [`Loaded::count`](crate::Loaded::count).
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
        related.loaded_count()
    }
}

/// The type of a relation's value if it had been loaded. A relation that wasn't loaded is then one error, and the code
/// that uses its value isn't a second one.
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

/// Implemented by no type: a plain document has no loaded relations.
#[diagnostic::on_unimplemented(
    message = "this `{Self}` was read without its relations",
    label = "a `{Self}` without its relations",
    note = "to load a relation with it, add the relation to the query: `.with(User::POSTS)` makes it return a `Loaded<User, _>`",
    note = "to load a relation now, call its method: `user.posts().all(&db)`"
)]
#[doc(hidden)]
pub trait WithRelations {
    fn none<T>() -> T;
}

/// Implemented by no type: a plain document has no loaded counts.
#[diagnostic::on_unimplemented(
    message = "this `{Self}` was read without the counts of its relations",
    label = "a `{Self}` without counts",
    note = "to load a count with it, add the count to the query: `.with(User::POSTS.count())` makes it return a `Loaded<User, _>`",
    note = "to count now, call the relation's method: `user.posts().count(&db)`"
)]
#[doc(hidden)]
pub trait WithCounts {
    fn none<T>() -> T;
}
