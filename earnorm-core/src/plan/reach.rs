//! The constants of relations, as types.

use super::cardinality::{Cardinality, Many, One, SharedOne};
use crate::relation::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
use crate::{Model, Relation};

/// The constant of a relation of any kind, like `User::POSTS`.
pub trait Reach: Copy + Send + Sync + 'static {
    /// The relation as a type.
    type Marker: Relation<Source = Self::Source>;
    /// The model that declares it.
    type Source: Model;
    /// The model that it leads to.
    type Target: Model;
    #[doc(hidden)]
    type Cardinality: Cardinality;
}

macro_rules! kinds {
    ($($kind:ident $(<$join:ident>)? $cardinality:ident;)*) => { $(
        impl<S: Model, T: Model, R: Relation<Source = S> $(, $join: Model)?> Reach for $kind<S, T, R $(, $join)?> {
            type Marker = R;
            type Source = S;
            type Target = T;
            type Cardinality = $cardinality;
        }
    )* };
}
kinds! {
    OneToMany Many;
    OneToOne One;
    ManyToOne SharedOne;
    ManyToMany<J> Many;
    ManyToManyByIds Many;
    ManyToManyInIds Many;
}
