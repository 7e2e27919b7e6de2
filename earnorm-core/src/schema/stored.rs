//! Ids and keys as they are stored, with their types forgotten.

use std::any::Any;
use std::fmt;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use crate::Result;
use crate::field::value;

/// A field with its types forgotten.
pub(crate) type AnyField = &'static (dyn Any + Send + Sync);

/// From an id as it is stored to the key that refers to it, and back, for what goes by the tables and knows no types.
///
/// Where neither the id's field nor the key's has an encoder of its own, both are stored alike. Else the types are asked.
/// An id that its type can't read back as it is stored is taken for one that its keys repeat: there is no way to tell.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    /// Both are stored alike, so that the server itself can compare them.
    pub(crate) alike: bool,
    pub(crate) field: AnyField,
    pub(crate) to_key: fn(AnyField, &Bson) -> Option<Bson>,
    pub(crate) to_id: fn(AnyField, &Bson) -> Option<Bson>,
    pub(crate) ids_in: fn(AnyField, &RawDocument) -> Result<Vec<Bson>>,
    pub(crate) key_of: fn(AnyField, &RawDocument) -> Result<Bson>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("alike", &self.alike).finish_non_exhaustive()
    }
}

impl Stored {
    /// Of a key that is unknown.
    pub(crate) const UNKNOWN: Self = Self {
        alike: true,
        field: &(),
        to_key: |_, _| None,
        to_id: |_, _| None,
        ids_in: |_, _| Ok(Vec::new()),
        key_of: |_, _| Ok(Bson::Null),
    };

    /// What a child stores that refers to the parent with this stored id.
    pub(crate) fn key(&self, id: &Bson) -> Bson {
        if self.alike { id.clone() } else { (self.to_key)(self.field, id).unwrap_or_else(|| id.clone()) }
    }

    /// Whether the stored id can be told from a stored key. Where the key has an encoder whose result the id's type can't
    /// read, or is of a type that it can't be, it can't.
    pub(crate) fn tells(&self, key: &Bson) -> bool {
        self.alike || (self.to_id)(self.field, key).is_some()
    }

    /// The stored id of the parent that a stored key refers to.
    pub(crate) fn id(&self, key: &Bson) -> Bson {
        if self.alike { key.clone() } else { (self.to_id)(self.field, key).unwrap_or_else(|| key.clone()) }
    }
}

impl Stored {
    /// The stored ids of the parents that a child refers to, the whole of which is read: its model knows in any case how a
    /// key is stored.
    pub(crate) fn ids_in(&self, child: &RawDocument) -> Result<Vec<Bson>> {
        (self.ids_in)(self.field, child)
    }

    /// The stored id of the parent that a child refers to by its one key; null where the key is. The whole child is read
    /// only where the id can't be told from the key.
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

    /// Of a child, what [`id_in`](Self::id_in) reads; all, where that isn't known.
    pub(crate) fn projection(&self, key: &str) -> Option<Document> {
        self.alike.then(|| doc! { "_id": 0, key: 1 })
    }

    /// What children store that refer to a parent, the whole of which is read.
    pub(crate) fn key_of(&self, parent: &RawDocument) -> Result<Bson> {
        (self.key_of)(self.field, parent)
    }
}
