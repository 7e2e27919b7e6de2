//! Checks `back_populates` that names a relation of an embedded document.

use std::marker::PhantomData;

use super::at::RelationAt;
use crate::Model;
use crate::embedded::EmbeddedPath;
use crate::relation::sides::check_sides;
use crate::relation::{Association, Kind, PointsBack, Relation};

/// Checks for relations of the embedded documents at the path `A`.
#[doc(hidden)]
pub struct EmbeddedSide<A>(PhantomData<A>);

impl<A: EmbeddedPath<Holder: Model>> EmbeddedSide<A> {
    /// Fails to compile if the relation `other` of the embedded documents isn't the other side of `mine`. `mine_is` and
    /// `other_is` are the names as the user writes them.
    #[track_caller]
    pub const fn check<S, R, K, T, O, L>(
        _mine: &Association<S, A::Holder, R, K>,
        _other: &Association<A::Record, T, O, L>,
        mine_is: &str,
        other_is: &str,
    ) where
        S: Model,
        R: Relation<Source = S>,
        K: Kind<S, A::Holder>,
        O: Relation<Source = A::Record>,
        T: 'static,
        L: Kind<A::Record, T>,
        Association<A::Record, T, O, L>: PointsBack<S, A::Record>,
    {
        check_sides((R::META, mine_is), (RelationAt::<A, O>::META, other_is), &[], &[]);
    }
}
