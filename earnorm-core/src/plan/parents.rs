//! The documents whose relations are loaded.

use mongodb::bson::RawDocument;

use crate::Error;
use crate::embedded::Record;

/// The documents whose relations are loaded: one list, or two after each other.
#[doc(hidden)]
pub struct Parents<'a, M: Record> {
    first: Part<'a, M>,
    then: Part<'a, M>,
}

enum Part<'a, M: Record> {
    Documents(&'a [&'a M]),
    Raw(&'a [&'a RawDocument]),
    Ids(&'a [M::RecordId]),
}

/// One of the documents.
pub(crate) enum Parent<'a, M: Record> {
    Document(&'a M),
    /// A document of which a view was read, as the server returned it: with the fields that [`Keys`](super::Keys) lists.
    Raw(&'a RawDocument),
    /// Only its id. This is enough for a relation whose key is in the other model.
    Id(&'a M::RecordId),
}

macro_rules! copy {
    ($($type:ident)*) => { $(
        impl<M: Record> Clone for $type<'_, M> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<M: Record> Copy for $type<'_, M> {}
    )* };
}
copy!(Parents Part);

impl<'a, M: Record> Part<'a, M> {
    fn len(self) -> usize {
        match self {
            Self::Documents(documents) => documents.len(),
            Self::Raw(documents) => documents.len(),
            Self::Ids(ids) => ids.len(),
        }
    }

    fn get(self, index: usize) -> Option<Parent<'a, M>> {
        match self {
            Self::Documents(documents) => documents.get(index).map(|document| Parent::Document(*document)),
            Self::Raw(documents) => documents.get(index).map(|document| Parent::Raw(document)),
            Self::Ids(ids) => ids.get(index).map(Parent::Id),
        }
    }

    fn iter(self) -> impl Iterator<Item = Parent<'a, M>> {
        let (documents, raw, ids): (&[_], &[_], &[_]) = match self {
            Self::Documents(documents) => (documents, &[], &[]),
            Self::Raw(raw) => (&[], raw, &[]),
            Self::Ids(ids) => (&[], &[], ids),
        };
        let documents = documents.iter().map(|document| Parent::Document(*document));
        documents.chain(raw.iter().map(|document| Parent::Raw(document))).chain(ids.iter().map(Parent::Id))
    }
}

impl<'a, M: Record> Parents<'a, M> {
    pub(crate) fn documents(documents: &'a [&'a M]) -> Self {
        Self { first: Part::Documents(documents), then: Part::Documents(&[]) }
    }

    pub(crate) fn raw(documents: &'a [&'a RawDocument]) -> Self {
        Self { first: Part::Raw(documents), then: Part::Documents(&[]) }
    }

    pub(crate) fn ids(ids: &'a [M::RecordId]) -> Self {
        Self { first: Part::Ids(ids), then: Part::Documents(&[]) }
    }

    /// The first list of these documents, and then the first one of others.
    pub(crate) fn followed_by(self, others: Self) -> Self {
        Self { first: self.first, then: others.first }
    }

    pub(crate) fn len(self) -> usize {
        self.first.len() + self.then.len()
    }

    pub(crate) fn get(self, index: usize) -> Option<Parent<'a, M>> {
        self.first.get(index).or_else(|| self.then.get(index.checked_sub(self.first.len())?))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Parent<'a, M>> {
        self.first.iter().chain(self.then.iter())
    }
}

/// The error for a document of which only the id is known, if the document holds the key of the relation.
pub(crate) fn only_an_id<M: Record>() -> Error {
    Error::Invalid {
        model: M::TABLE.name,
        reason: "the documents hold the key of this relation, so their ids are not enough to load it".to_owned(),
        value: false,
    }
}
