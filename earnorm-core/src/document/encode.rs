//! Documents and ids as BSON.

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf};

use crate::{Error, Model, Result, bson};

pub(super) fn encode_id<M: Model>(id: &M::Id) -> Result<Bson> {
    M::ID.encode(id).map_err(Error::encode::<M>)
}

pub(super) fn encode<M: Model>(model: &M) -> Result<RawDocumentBuf> {
    bson::encode_document(model).map_err(Error::encode::<M>)
}

/// The document in its stored form.
pub(crate) fn stored<M: Model>(model: &M) -> Result<Document> {
    plain::<M>(&encode(model)?)
}

pub(super) fn plain<M: Model>(document: &RawDocument) -> Result<Document> {
    Document::try_from(document).map_err(|e| Error::encode::<M>(bson::EncodeError::new(e)))
}
