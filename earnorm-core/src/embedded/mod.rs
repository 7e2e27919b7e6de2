//! Embedded documents: the fields that hold them, the paths to them, and how they are read.

mod container;
mod element;
mod field;
mod item;
mod names;
mod path;
mod record;
mod typed_path;

pub(crate) use container::Count;
pub use container::{EmbeddedField, IsArray, IsSingle, Multiple, Single};
pub use element::{LoadedElement, LoadedElements, LoadedElementsIter};
pub use field::{Embeds, Flattened};
pub use item::EmbeddedItem;
pub use names::field_number;
pub use path::{EmbeddedPath, Embedding, NestedPath, PathName};
pub(crate) use path::{Joined, check_length};
pub use record::{Embedded, Record};
pub use typed_path::{Filterable, PathSegment, Selected, Settable, TypedPath};
