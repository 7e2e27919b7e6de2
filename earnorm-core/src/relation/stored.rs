//! Reads and writes the keys of a model in their stored form.

use mongodb::bson::{Bson, RawDocument};

use super::refers::{RefersTo, RefersToMany};
use crate::schema::AnyField;
use crate::{Error, Field, Model, Result, bson, store};

pub(super) fn ids_in<P: Model, C: Model>(child: &RawDocument, ids: impl FnOnce(&C) -> Vec<P::Id>) -> Result<Vec<Bson>> {
    let child = store::decode::<C>(child)?;
    ids(&child).iter().map(|id| P::ID.encode(id).map_err(Error::encode::<C>)).collect()
}

pub(super) fn key_of<P: Model>(parent: &RawDocument, key: impl FnOnce(&P::Id) -> Option<Bson>) -> Result<Bson> {
    let parent = store::decode::<P>(parent)?;
    Ok(key(P::ID.get(&parent)).unwrap_or(Bson::Null))
}

/// Decodes a stored id. `None` if its type can't read the value, or would store the id differently.
pub(super) fn id_of<P: Model>(stored: &Bson) -> Option<P::Id> {
    let id = bson::decode::<P::Id>(stored.clone()).ok()?;
    (P::ID.encode(&id).ok()? == *stored).then_some(id)
}

/// The stored id of the parent that a stored key refers to; `None` unless `to_key` returns the same key for that id.
pub(super) fn parent_of<P: Model>(key: &Bson, to_key: impl FnOnce(&P::Id) -> Option<Bson>) -> Option<Bson> {
    let id = bson::decode::<P::Id>(key.clone()).ok()?;
    let stored = P::ID.encode(&id).ok()?;
    (to_key(&id)? == *key).then_some(stored)
}

pub(super) fn single_key<P: Model, C: 'static, K: RefersTo<P::Id> + 'static>(
    field: AnyField,
    id: &P::Id,
) -> Option<Bson> {
    field.downcast_ref::<Field<C, K>>()?.encode(&K::from_id(id)?).ok()
}

pub(super) fn element_key<P: Model, C: 'static, A: RefersToMany<P::Id> + 'static>(
    field: AnyField,
    id: &P::Id,
) -> Option<Bson> {
    field.downcast_ref::<Field<C, A>>()?.encode_item(A::Key::from_id(id)?).ok()
}
