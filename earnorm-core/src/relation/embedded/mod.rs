//! Relations by keys in embedded documents.

mod at;
mod sides;
mod through;
mod tree;

pub(super) use at::RelationAt;
pub use sides::EmbeddedSide;
pub use through::{Through, many_keys, one_key};
pub use tree::{check_embedded, embedding, nested_embedding};
