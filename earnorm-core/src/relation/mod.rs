//! Relations: the constants that name them, and their checked keys.

mod association;
mod key;
pub mod kind;
mod marker;
mod number;
mod refers;
mod sides;
mod stored;

pub use association::*;
pub use key::{CanUnlink, Key, Keys, NoKey};

pub(crate) use kind::JoinKeys;
pub use kind::Kind;
pub use marker::Relation;
pub use number::{Is, Numbered};
pub(crate) use number::{Next, Zero};
pub use refers::{Nullable, RefersTo, RefersToMany};
pub use sides::PointsBack;
