//! Stored ids and keys, without their types.

use std::any::Any;
use std::fmt;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use crate::Result;
use crate::field::value;

/// A field without its types.
pub(crate) type AnyField = &'static (dyn Any + Send + Sync);

/// Converts stored ids to stored keys and back, for code that works with metadata and has no types.
///
/// If neither the id's field nor the key's has an encoder of its own, ids and keys are stored alike. Otherwise, functions
/// that know the types convert them. An id that its type can't deserialize can't be converted; its keys are assumed to be
/// stored like the id.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    /// Whether ids and keys are stored alike, so that the server can compare them.
    pub(crate) alike: bool,
    pub(crate) field: AnyField,
    pub(crate) to_key: fn(AnyField, &Bson) -> Option<Bson>,
    pub(crate) to_id: fn(AnyField, &Bson) -> Option<Bson>,
    pub(crate) ids_in: fn(AnyField, &RawDocument) -> Result<Vec<Bson>>,
    pub(crate) ids_of: fn(AnyField, &dyn Any) -> Result<Vec<Bson>>,
    pub(crate) key_of: fn(AnyField, &RawDocument) -> Result<Bson>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("alike", &self.alike).finish_non_exhaustive()
    }
}

impl Stored {
    /// For a relation whose key is unknown because of a mistake in its attributes.
    pub(crate) const UNKNOWN: Self = Self {
        alike: true,
        field: &(),
        to_key: |_, _| None,
        to_id: |_, _| None,
        ids_in: |_, _| Ok(Vec::new()),
        ids_of: |_, _| Ok(Vec::new()),
        key_of: |_, _| Ok(Bson::Null),
    };

    /// For keys that are stored like the ids.
    pub(crate) const ALIKE: Self = Self::UNKNOWN;

    /// For the same key, but in an embedded document: `ids_in` reads the ids of all of them.
    pub(crate) const fn with_ids_in(self, ids_in: fn(AnyField, &RawDocument) -> Result<Vec<Bson>>) -> Self {
        Self { ids_in, ..self }
    }

    /// The stored ids of the parents to which a decoded child refers.
    pub(crate) fn ids_of(&self, child: &dyn Any) -> Result<Vec<Bson>> {
        (self.ids_of)(self.field, child)
    }

    /// The stored key that refers to the parent with this stored id.
    pub(crate) fn key(&self, id: &Bson) -> Bson {
        if self.alike { id.clone() } else { (self.to_key)(self.field, id).unwrap_or_else(|| id.clone()) }
    }

    /// Whether [`id`](Self::id) can convert this stored key. It can't if the id's type can't deserialize the key.
    pub(crate) fn can_convert(&self, key: &Bson) -> bool {
        self.alike || (self.to_id)(self.field, key).is_some()
    }

    /// The stored id of the parent that a stored key refers to.
    pub(crate) fn id(&self, key: &Bson) -> Bson {
        if self.alike { key.clone() } else { (self.to_id)(self.field, key).unwrap_or_else(|| key.clone()) }
    }
}

impl Stored {
    /// The stored ids of the parents that a child refers to. `child` is the whole document, because its model knows how
    /// every key is stored.
    pub(crate) fn ids_in(&self, child: &RawDocument) -> Result<Vec<Bson>> {
        (self.ids_in)(self.field, child)
    }

    /// The stored id of the parent that a child refers to by a single key; null if the key is null. It decodes the whole
    /// child only if it can't convert the key.
    pub(crate) fn id_in(&self, child: &RawDocument, key: &str) -> Result<Bson> {
        let key = value(child, key)?;
        if self.alike || key == Bson::Null {
            return Ok(key);
        }
        match (self.to_id)(self.field, &key) {
            Some(id) => Ok(id),
            None => Ok(self.ids_in(child)?.pop().unwrap_or(Bson::Null)),
        }
    }

    /// The projection for [`id_in`](Self::id_in); `None` if that needs the whole child.
    pub(crate) fn projection(&self, key: &str) -> Option<Document> {
        self.alike.then(|| doc! { "_id": 0, key: 1 })
    }

    /// The stored key that refers to a parent, of which the whole document is read.
    pub(crate) fn key_of(&self, parent: &RawDocument) -> Result<Bson> {
        (self.key_of)(self.field, parent)
    }
}
