//! Reads and writes the keys of a model in their stored form.

use std::any::Any;

use mongodb::bson::{Bson, RawDocument};

use super::refers::{RefersTo, RefersToMany};
use crate::embedded::Record;
use crate::schema::AnyField;
use crate::{Error, Field, Model, Result, bson, store};

pub(super) fn ids_in<P: Model, C: Record>(
    child: &RawDocument,
    ids: impl FnOnce(&C) -> Vec<P::Id>,
) -> Result<Vec<Bson>> {
    encode_ids::<P, C>(&ids(&store::decode::<C>(child)?))
}

/// Does the same as [`ids_in`] for a child that is decoded already.
pub(super) fn ids_of<P: Model, C: Record>(child: &dyn Any, ids: impl FnOnce(&C) -> Vec<P::Id>) -> Result<Vec<Bson>> {
    encode_ids::<P, C>(&child.downcast_ref::<C>().map(ids).unwrap_or_default())
}

pub(super) fn encode_ids<P: Model, C: Record>(ids: &[P::Id]) -> Result<Vec<Bson>> {
    ids.iter().map(|id| P::ID.encode(id).map_err(Error::encode::<C>)).collect()
}

/// The id in a single key of a child.
pub(super) fn single_id<P: Model, C: 'static, K: RefersTo<P::Id> + 'static>(field: AnyField, child: &C) -> Vec<P::Id> {
    let field = field.downcast_ref::<Field<C, K>>();
    field.and_then(|field| field.get(child).to_id()).into_iter().collect()
}

/// The ids in an array of a child.
pub(super) fn element_ids<P: Model, C: 'static, A: RefersToMany<P::Id> + 'static>(
    field: AnyField,
    child: &C,
) -> Vec<P::Id> {
    field.downcast_ref::<Field<C, A>>().map(|field| field.get(child).to_ids()).unwrap_or_default()
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
