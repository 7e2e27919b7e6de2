//! The documents whose relations are loaded.

use crate::embedded::Record;
use crate::{Error, Result};

/// The documents whose relations are loaded.
#[doc(hidden)]
pub enum Parents<'a, M: Record> {
    Documents(&'a [&'a M]),
    /// Only their ids. These are enough for a relation whose key is in the other model.
    Ids(&'a [M::RecordId]),
}

impl<M: Record> Clone for Parents<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Record> Copy for Parents<'_, M> {}

impl<'a, M: Record> Parents<'a, M> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Documents(documents) => documents.len(),
            Self::Ids(ids) => ids.len(),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(crate) fn ids(self) -> impl Iterator<Item = &'a M::RecordId> {
        let (documents, ids) = match self {
            Self::Documents(documents) => (documents, [].as_slice()),
            Self::Ids(ids) => ([].as_slice(), ids),
        };
        documents.iter().map(|document| document.record_id()).chain(ids)
    }

    /// The documents, for a relation whose key they hold.
    pub(crate) fn documents(self) -> Result<&'a [&'a M]> {
        match self {
            Self::Documents(documents) => Ok(documents),
            Self::Ids(_) => Err(Error::Invalid {
                model: M::TABLE.name,
                reason: "the documents hold the key of this relation, so their ids are not enough to load it"
                    .to_owned(),
                value: false,
            }),
        }
    }
}
