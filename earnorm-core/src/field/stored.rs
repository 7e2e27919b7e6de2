//! Values of documents as they are stored.

use mongodb::bson::{Bson, RawDocument};

use crate::error::Refusal;
use crate::{Error, Model, Result, bson};

/// What a document has under a key; null where it has nothing.
pub(crate) fn value(document: &RawDocument, key: &str) -> Result<Bson> {
    let value = document.get(key).map_err(mongodb::error::Error::from)?;
    value.map_or(Ok(Bson::Null), bson::owned).map_err(Error::other)
}

/// The id as it is stored; a refusal where there is none yet.
pub(crate) fn saved_id<M: Model>(model: &M) -> Result<Bson, Refusal> {
    stored_id::<M>(M::ID.get(model))
}

/// An id as it is stored; a refusal for one that is `None`.
pub(crate) fn stored_id<M: Model>(id: &M::Id) -> Result<Bson, Refusal> {
    let name = M::METADATA.name;
    match M::ID.encode(id) {
        Ok(Bson::Null) => Err(Refusal::Unsaved { model: name }),
        Ok(id) => Ok(id),
        Err(source) => Err(Refusal::Encode { model: name, source }),
    }
}
