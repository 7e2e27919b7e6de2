//! Checks `back_populates` that names a relation of an embedded document.

use super::at::RelationAt;
use crate::Model;
use crate::embedded::EmbeddedPath;
use crate::relation::sides::check_sides;
use crate::relation::{Association, Kind, Relation};

/// Fails to compile if the relation `other` of the embedded documents at the path `A` isn't the other side of `mine`.
/// `mine_is` and `other_is` are the names as the user writes them.
#[doc(hidden)]
#[track_caller]
pub const fn check_embedded_side<A, S, R, K, O, L>(
    _mine: &Association<S, A::Holder, R, K>,
    _other: &Association<A::Record, S, O, L>,
    mine_is: &str,
    other_is: &str,
) where
    A: EmbeddedPath<Holder: Model>,
    S: Model,
    R: Relation<Source = S>,
    K: Kind<S, A::Holder>,
    O: Relation<Source = A::Record>,
    L: Kind<A::Record, S>,
{
    check_sides((R::META, mine_is), (RelationAt::<A, O>::META, other_is), &[], &[]);
}
