//! What was loaded of a document, as members beside those of the document: no name comes twice.

use mongodb::bson::RawDocumentBuf;
use serde::Serialize;
use serde::ser::{Error as _, SerializeMap};

use crate::{Model, bson};

/// The members that are added to a document as it serializes.
#[doc(hidden)]
pub struct Members<'m, M, S> {
    document: &'m M,
    map: &'m mut S,
    /// The document as it is stored, once it has been asked for.
    stored: Option<RawDocumentBuf>,
    added: Vec<String>,
}

impl<'m, M: Model, S: SerializeMap> Members<'m, M, S> {
    pub(super) fn new(document: &'m M, map: &'m mut S) -> Self {
        Self { document, map, stored: None, added: Vec::new() }
    }

    /// Adds one, unless there is one of that name: one of the two would be lost to who reads it.
    pub(super) fn entry(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), S::Error> {
        let model = M::METADATA.name;
        let refusal = if M::METADATA.field(name).is_some() {
            format!("`{model}` has a field `{name}`, and so is called what was loaded with it; rename one of them")
        } else if self.is_beside(name)? {
            format!(
                "this `{model}` has a `{name}` beside its fields, and so is called what was loaded with it; rename one of them"
            )
        } else if self.added.iter().any(|other| other == name) {
            format!("two of what was loaded with a `{model}` are called `{name}`; rename one of the relations")
        } else {
            self.added.push(name.to_owned());
            return self.map.serialize_entry(name, value);
        };
        Err(S::Error::custom(refusal))
    }

    /// Whether the document has a member of that name which its table doesn't know.
    fn is_beside(&mut self, name: &str) -> Result<bool, S::Error> {
        if !M::METADATA.config.open {
            return Ok(false);
        }
        let stored = match self.stored.take() {
            Some(stored) => stored,
            None => bson::encode_document(self.document).map_err(S::Error::custom)?,
        };
        let there = matches!(stored.get(name), Ok(Some(_)));
        self.stored = Some(stored);
        Ok(there)
    }
}
