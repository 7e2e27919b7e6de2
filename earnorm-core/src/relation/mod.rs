//! What a relation is: the constants that name relations, and their checked keys.

mod key;
mod kinds;
mod marker;
mod number;
mod refers;
mod sides;
mod stored;

pub use key::{CanUnlink, Key, Keys, NoKey};
pub use kinds::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
pub use marker::Relation;
pub use number::{Is, Numbered};
pub(crate) use number::{Next, Zero};
pub use refers::{Nullable, RefersTo, RefersToMany};
pub use sides::PointsBack;
