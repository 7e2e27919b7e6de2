//! The three forms of many-to-many: by documents of a join model, by an array of ids, and the other side of such an array.

mod by_ids;
mod in_ids;
mod link;
mod through;

pub use by_ids::{ByIds, ManyToManyByIds};
pub use in_ids::{InIds, ManyToManyInIds};
pub use link::DefaultLink;
pub use through::{Linked, Links, ManyToMany};

use mongodb::bson::{Bson, Document};

use super::Keys;
use crate::document::saved_id;
use crate::query::{appended, assign, removed};
use crate::{Error, Model, Result};

/// The update that appends these to an array, each unless it is in it.
fn appending(key: &str, elements: &[Bson]) -> Vec<Document> {
    assign(key, appended(&format!("${key}"), elements))
}

/// The update that takes these out of an array.
fn removing(key: &str, elements: &[Bson]) -> Vec<Document> {
    assign(key, removed(&format!("${key}"), elements))
}

/// A parent's id as an element of the array of its children.
fn element<P: Model, C: Model>(keys: Keys<P, C>, parent: &P) -> Result<Bson> {
    saved_id(parent)?;
    let element = keys.field.of_parent(P::ID.get(parent));
    element.map_err(Error::encode::<C>)
}
