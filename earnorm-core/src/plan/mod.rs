//! What a query loads with its documents, as a type, and the types of its results.

mod cardinality;
mod documents;
mod eager;
mod embedded;
mod erase;
mod erased;
mod erased_element;
mod found;
mod linked;
mod members;
mod named;
mod origin;
mod parents;
mod pick;
mod place;
mod reach;
mod replace;
mod row;
mod slot;
mod steps;
mod strategy;
mod view;

pub(crate) use cardinality::{Cardinality, Many};
pub use documents::{
    Alternatives, AnyOf, Constructors, Documents, Either, EraseDocuments, Never, Row, Rows, RowsOf, tagged,
};
pub(crate) use eager::AcceptsStep;
pub use eager::Eager;
pub use embedded::{EmbeddedInclude, EmbeddedKey, EmbeddedValues, LoadedInPlace, PlainElement};
pub use erase::{Erase, EraseShared, Memo};
pub use erased::{Erased, ReadErased};
pub use erased_element::ErasedElement;
pub(crate) use found::{Fetched, Found, Indices};
pub use linked::Linked;
pub use named::{At, number_of};
pub(crate) use origin::{DOCUMENT, JoinAt, Joined, Origin, document, part, pipeline};
pub(crate) use parents::Parents;
pub use pick::{CountedIn, LoadedIn, Pick, Readable, WithCounts, WithRelations};
pub(crate) use place::ReplacesNothing;
pub use place::{CountOf, Counts, Includes, Keyed, NotIn};
pub(crate) use reach::Leads;
pub use reach::Reach;
pub use row::Loaded;
pub use slot::Slot;
pub use steps::{Plan, Step};
pub use strategy::Strategy;
pub use view::{Asked, Shared, View};
