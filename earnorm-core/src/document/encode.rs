//! Documents and ids as BSON.

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf};

use crate::schema::ModelTag;
use crate::{Error, Model, Result, bson};

pub(super) fn encode_id<M: Model>(id: &M::Id) -> Result<Bson> {
    M::ID.encode(id).map_err(Error::encode::<M>)
}

pub(super) fn encode<M: Model>(model: &M) -> Result<RawDocumentBuf> {
    one_tag::<M>(bson::encode_document(model).map_err(Error::encode::<M>)?)
}

/// The document with its tag once. A flattened map (`#[serde(flatten)] rest: Document`) has the tag too after it was read, and
/// serde then writes both.
fn one_tag<M: Model>(document: RawDocumentBuf) -> Result<RawDocumentBuf> {
    let config = M::METADATA.config;
    let Some(tag) = config.tag.or_else(|| config.kinds.first()?.config.tag) else { return Ok(document) };
    if document.iter().filter_map(Result::ok).filter(|(name, _)| is(name, tag)).count() < 2 {
        return Ok(document);
    }
    // serde writes the tag of the struct first, and the last of several members with one name would count
    let (mut once, mut seen) = (Document::new(), false);
    for member in &document {
        let (name, value) = member.map_err(|e| Error::encode::<M>(bson::EncodeError::new(e)))?;
        if !is(name, tag) || !std::mem::replace(&mut seen, true) {
            once.insert(name.to_string(), bson::from_raw(value).map_err(Error::encode::<M>)?);
        }
    }
    RawDocumentBuf::try_from(&once).map_err(|e| Error::encode::<M>(bson::EncodeError::new(e)))
}

/// Whether this is the name of the tag. Under `bson` 3, names in raw documents have a type of their own.
fn is(name: impl AsRef<str>, tag: ModelTag) -> bool {
    name.as_ref() == tag.field
}

/// The document in its stored form.
pub(crate) fn stored<M: Model>(model: &M) -> Result<Document> {
    plain::<M>(&encode(model)?)
}

pub(super) fn plain<M: Model>(document: &RawDocument) -> Result<Document> {
    Document::try_from(document).map_err(|e| Error::encode::<M>(bson::EncodeError::new(e)))
}
