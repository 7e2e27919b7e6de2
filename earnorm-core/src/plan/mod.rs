//! What a query loads with its documents, as a type, and its results.

mod cardinality;
mod eager;
mod erase;
mod erased;
mod found;
mod linked;
mod members;
mod origin;
mod parents;
mod pick;
mod place;
mod reach;
mod row;
mod slot;
mod steps;
mod strategy;
mod view;

pub(crate) use cardinality::{Cardinality, Many};
pub use eager::Eager;
pub(crate) use eager::Takes;
pub use erase::Erase;
pub use erased::Erased;
pub(crate) use found::{Fetched, Found};
pub use linked::Linked;
pub(crate) use origin::{DOCUMENT, Joined, Origin, document, part, pipeline, slot};
pub(crate) use parents::Parents;
pub use pick::{CountedIn, LoadedIn, Pick, Readable, WithCounts, WithRelations};
pub(crate) use place::Stays;
pub use place::{At, CountOf, Counts, Includes, Keyed, NotIn, number_of};
pub(crate) use reach::Leads;
pub use reach::Reach;
pub use row::Loaded;
pub use slot::Slot;
pub use steps::{Plan, Step};
pub use strategy::Strategy;
pub use view::{Asked, Shared, View};
