//! Relations by keys in embedded documents.

mod at;
mod sides;
mod through;
mod tree;

pub use sides::check_embedded_side;
pub use through::Through;
pub use tree::{embedding, nested_embedding};
