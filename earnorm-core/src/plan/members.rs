//! Serialization of loaded relations as members next to the fields of the document, without duplicate names.

use mongodb::bson::RawDocumentBuf;
use serde::Serialize;
use serde::ser::{Error as _, SerializeMap};

use super::described::Shown;
use crate::bson;

/// The members that are added to a document as it serializes.
#[doc(hidden)]
pub struct Members<'m, M, S> {
    document: &'m M,
    map: &'m mut S,
    /// The document in its stored form, once it has been needed.
    stored: Option<RawDocumentBuf>,
    added: Vec<String>,
    /// Whether the documents into which this one is flattened have a field of a name.
    holders: Vec<fn(&str) -> bool>,
}

impl<'m, M: Shown, S: SerializeMap> Members<'m, M, S> {
    pub(super) fn new(document: &'m M, map: &'m mut S) -> Self {
        Self { document, map, stored: None, added: Vec::new(), holders: Vec::new() }
    }

    pub(super) fn document(&self) -> &'m M {
        self.document
    }

    /// Adds members of a document that is flattened into this one.
    pub(super) fn flattened<E: Shown>(
        &mut self,
        document: &E,
        add: impl FnOnce(&mut Members<'_, E, S>) -> Result<(), S::Error>,
    ) -> Result<(), S::Error> {
        let mut holders = self.holders.clone();
        holders.push(M::has_field);
        let added = std::mem::take(&mut self.added);
        let mut members = Members { document, map: &mut *self.map, stored: None, added, holders };
        let outcome = add(&mut members);
        self.added = members.added;
        outcome
    }

    /// Adds a member. Fails if the document already has a member of that name: a reader would lose one of the two.
    pub(super) fn entry(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), S::Error> {
        let model = M::NAME;
        let refusal = if self.holders.iter().any(|has_field| has_field(name)) || M::has_field(name) {
            format!(
                "`{model}` has a field `{name}`, and a loaded relation or count has the same name; rename one of them"
            )
        } else if self.is_beside(name)? {
            format!(
                "this `{model}` has a member `{name}` that is not a field, and a loaded relation or count has the \
                 same name; rename one of them"
            )
        } else if self.added.iter().any(|other| other == name) {
            format!("two loaded relations or counts of `{model}` have the name `{name}`; rename one of the relations")
        } else {
            self.added.push(name.to_owned());
            return self.map.serialize_entry(name, value);
        };
        Err(S::Error::custom(refusal))
    }

    /// Whether the document has a member of that name that isn't in the metadata of its model.
    fn is_beside(&mut self, name: &str) -> Result<bool, S::Error> {
        if !M::OPEN {
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
