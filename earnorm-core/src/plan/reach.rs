//! The types of relation constants.

use super::cardinality::{Cardinality, Many, One, SharedOne};
use crate::embedded::Record;
use crate::relation::{Association, Kind, kind};
use crate::{Model, Relation};

/// The constant of a relation of any kind, for example `User::POSTS`.
pub trait Reach: Copy + Send + Sync + 'static {
    /// The relation as a type.
    type Marker: Relation<Source = Self::Source>;
    /// The model or the embedded document that declares it.
    type Source: Record;
    /// The model that it leads to.
    type Target: Model;
    #[doc(hidden)]
    type Cardinality: Cardinality;
}

/// How many documents a relation of a kind leads to.
#[doc(hidden)]
pub trait Leads: Send + Sync + 'static {
    type Cardinality: Cardinality;
}

macro_rules! leads {
    ($($kind:ident $(<$join:ident>)? $cardinality:ident;)*) => { $(
        impl$(<$join: 'static>)? Leads for kind::$kind$(<$join>)? {
            type Cardinality = $cardinality;
        }
    )* };
}
leads! {
    OneToMany Many;
    OneToOne One;
    ManyToOne SharedOne;
    ManyToMany<J> Many;
    ManyToManyByIds Many;
    ManyToManyInIds Many;
    ManyToManyInElements Many;
}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Leads> Reach for Association<S, T, R, K> {
    type Marker = R;
    type Source = S;
    type Target = T;
    type Cardinality = K::Cardinality;
}
