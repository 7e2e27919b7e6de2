//! Handles: queries for the related documents of one document. Each kind of relation has its own file.

mod aggregate;
mod by_ids;
mod by_key;
mod calls;
mod has_one;
mod in_elements;
mod in_ids;
mod link;
mod links;
mod move_to;
mod refer;
mod to_any;
mod to_many;
mod to_one;
mod view;

pub use by_ids::ByIds;
pub use by_key::ByKey;
pub(crate) use calls::HandleParts;
pub use calls::{Handle, LeadsToMany, LeadsToOne, OpensHandle, Standalone};
pub use has_one::HasOne;
pub use in_elements::InElements;
pub use in_ids::InIds;
pub use link::DefaultLink;
pub use links::Links;
pub use move_to::Moved;
pub use to_any::ToAny;
pub use to_many::ToMany;
pub use to_one::ToOne;
pub use view::{ReadsView, ViewOfOne};

use mongodb::bson::{Bson, DateTime, Document};

use tokio::sync::Mutex;

use crate::bson::EncodeError;
use crate::error::Refusal;
use crate::field::saved_id;
use crate::query::{assign, with_elements, without_elements};
use crate::reference::removes_orphans;
use crate::relation::{Key, KeyName, Keys};
use crate::schema::{RelationMetadata, clear_key};
use crate::store::{Change, Exec, atomically, equal};
use crate::{Error, Model, Query, Result, document};

/// The update that appends these elements to an array, except those that it already contains.
fn appending(key: &str, elements: &[Bson]) -> Change {
    Change::from(assign(key, with_elements(&format!("${key}"), elements))).only_if_changed()
}

/// The update that removes these elements from an array.
fn removing(key: &str, elements: &[Bson]) -> Change {
    Change::from(assign(key, without_elements(&format!("${key}"), elements))).only_if_changed()
}

/// A parent's id as an element of the array of its children.
fn element<P: Model, C: Model>(keys: Keys<P, C>, parent: &P) -> Result<Bson> {
    saved_id(parent)?;
    let element = keys.field.of_parent(P::ID.get(parent));
    element.map_err(Error::encode::<C>)
}

/// The condition that a key holds an id, or the reason why a query with it is refused.
fn holding<S: Model>(key: &str, id: Result<Bson, EncodeError>) -> (Document, Option<Refusal>) {
    let model = S::METADATA.name;
    match id {
        Ok(Bson::Null) => (Document::new(), Some(Refusal::Unsaved { model })),
        Ok(id) => (equal(key, id), None),
        Err(source) => (Document::new(), Some(Refusal::Encode { model, source })),
    }
}

/// The query for the documents whose key holds the id of `source`.
fn by_key<S: Model, T: 'static>(key: Key<S, T>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
    let (filter, refusal) = holding::<S>(key.name, key.field.of_parent(S::ID.get(source)));
    Query::related(relation, filter.into()).unless(refusal)
}

/// The child with the key that refers to `source`.
fn adopt<S: Model, T: Model>(key: Key<S, T>, source: &S, mut child: T) -> Result<T> {
    saved_id(source)?;
    if key.field.set(&mut child, S::ID.get(source)) {
        return Ok(child);
    }
    let reason = format!("its embedded document for `{}` is `None`; set that before", key.name);
    Err(Error::Invalid { model: T::METADATA.name, reason, value: true })
}

/// Removes the documents of `query` from a relation. If the relation has `orphan_removal`, they are deleted by the
/// rules of their model; otherwise their key is emptied. Returns how many documents that were.
async fn take_out<T: Model>(exec: Exec<'_>, query: Query<T>, key: KeyName, now: DateTime) -> Result<u64> {
    if removes_orphans(T::METADATA, key.name, key.tag.as_ref()) {
        return Ok(query.delete(exec).await?.root_count());
    }
    let clear = Change::from(clear_key(key.name, key.tag.as_ref(), T::METADATA)).at(now);
    query.modify(exec, clear).await
}

/// Replaces the documents `others` of a relation with `children`. With `orphan_removal`, both writes run in one
/// transaction.
async fn replace<T: Model>(exec: Exec<'_>, others: Query<T>, key: KeyName, children: &mut [T]) -> Result<()> {
    let now = DateTime::now();
    if !removes_orphans(T::METADATA, key.name, key.tag.as_ref()) {
        take_out(exec, others, key, now).await?;
        return document::save_many(exec, children, now).await;
    }
    // each attempt of the transaction borrows the documents in turn
    let children = Mutex::new(children);
    Box::pin(atomically(exec, async |exec| {
        take_out(exec, others.clone(), key, now).await?;
        document::save_many(exec, *children.lock().await, now).await
    }))
    .await
}
