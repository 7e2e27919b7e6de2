//! New ids, and documents that are prepared for an insert.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawDocumentBuf};

use super::encode::{encode, encode_id, stored};
use crate::hooks::{copy_of, has_hooks};
use crate::schema::ModelMetadata;
use crate::{Error, Model, Result, bson};

/// A new id of the model's type, if one can be created without the server.
fn new_id<M: Model>() -> Result<M::Id> {
    let id = ObjectId::new();
    let uuid = mongodb::bson::Uuid::new();
    [
        Bson::ObjectId(id),
        Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: uuid.bytes().to_vec() }),
        Bson::String(id.to_hex()),
    ]
    .into_iter()
    .filter_map(|candidate| bson::decode::<M::Id>(candidate).ok())
    .find(|id| !matches!(M::ID.encode(id), Ok(Bson::Null) | Err(_)))
    .ok_or_else(|| Error::Invalid {
        model: M::METADATA.name,
        value: false,
        reason: "an id of this type can't be created automatically; set it before the insert".to_owned(),
    })
}

/// A new id for the document, or `None` if it has one.
pub(crate) fn id_to_store<M: Model>(model: &M) -> Result<Option<M::Id>> {
    match encode_id::<M>(M::ID.get(model))? {
        Bson::Null => new_id::<M>().map(Some),
        _ => Ok(None),
    }
}

/// Borrowed documents that are ready to be inserted.
pub(crate) enum Prepared<M: Model> {
    /// The encoded documents with their models, and their ids.
    Encoded(Vec<(&'static ModelMetadata, RawDocumentBuf)>, Vec<M::Id>),
    /// Copies that hooks can change.
    Copies(Vec<M>),
}

pub(crate) fn prepare<M: Model>(models: &[M]) -> Result<Prepared<M>> {
    if has_hooks::<M>() {
        return models.iter().map(copy_with_id).collect::<Result<_>>().map(Prepared::Copies);
    }
    let pairs = models.iter().map(encode_with_id).collect::<Result<Vec<_>>>()?;
    let (documents, ids): (Vec<_>, _) = pairs.into_iter().unzip();
    let documents = models.iter().map(M::MODEL_OF).zip(documents).collect();
    Ok(Prepared::Encoded(documents, ids))
}

/// A copy with an id. It isn't made from the encoded document, because that lacks fields that aren't stored, which
/// hooks may need.
fn copy_with_id<M: Model>(model: &M) -> Result<M> {
    let mut copy = copy_of(model).ok_or_else(|| Error::Invalid {
        model: M::METADATA.name,
        value: false,
        reason: format!(
            "`insert_many` runs hooks on copies, but `{}` can't be copied; derive `Clone` for it, or insert the documents \
             one by one",
            M::METADATA.name
        ),
    })?;
    if let Some(id) = id_to_store(&copy)? {
        *M::ID.get_mut(&mut copy) = id;
    }
    Ok(copy)
}

/// The encoded document, and its id. A document without an id gets a new one.
fn encode_with_id<M: Model>(model: &M) -> Result<(RawDocumentBuf, M::Id)> {
    Ok(match id_to_store(model)? {
        None => (encode(model)?, M::ID.get(model).clone()),
        Some(id) => (set_id::<M>(stored(model)?, &id)?, id),
    })
}

/// Sets the id in the encoded form, because the document is borrowed.
fn set_id<M: Model>(mut document: Document, id: &M::Id) -> Result<RawDocumentBuf> {
    document.insert("_id", encode_id::<M>(id)?);
    RawDocumentBuf::try_from(&document).map_err(|e| Error::encode::<M>(bson::EncodeError::new(e)))
}
