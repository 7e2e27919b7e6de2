//! Relations: the constants that name them, and their checked keys.

mod any;
mod association;
mod embedded;
mod key;
pub mod kind;
mod marker;
mod refers;
mod sides;
mod stored;

pub(crate) use any::AnyKey;
pub use any::{
    AnyThrough, Flattens, HasOtherSide, Open, Reference, ReferenceField, RefersToAny, Tagged, Variant, VariantMarker,
    VariantOf,
};
pub use association::*;
pub use embedded::{EmbeddedSide, Through, check_embedded, embedding, many_keys, nested_embedding, one_key};
pub(crate) use key::KeyName;
pub use key::{CanUnlink, Key, Keys, NoKey};

pub(crate) use kind::JoinKeys;
pub use kind::Kind;
pub use marker::Relation;
pub use refers::{Nullable, RefersTo, RefersToMany};
pub use sides::PointsBack;
