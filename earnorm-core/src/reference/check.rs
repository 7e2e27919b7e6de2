//! Whether the documents exist to which a write refers.

use std::collections::HashSet;
use std::slice;

use mongodb::bson::{Bson, RawDocument};

use super::parents::parents;
use super::references::{Reference, references_in};
use crate::bson::{Identity, identity};
use crate::field;
use crate::schema::{KeyTag, ModelMetadata, Visible, is_same_variant};
use crate::store::Exec;
use crate::{Error, Model, Result};

/// The references in documents that will be written: for each key its distinct values.
#[derive(Debug, Clone)]
pub(crate) struct ReferencedIds {
    model: &'static ModelMetadata,
    ids: Vec<(&'static Reference, Vec<Bson>)>,
}

impl ReferencedIds {
    /// The references in these documents, except those to each other; `None` if there are none.
    pub(crate) fn of<M: Model>(documents: &[&RawDocument]) -> Result<Option<Self>> {
        let mut referred = Self { model: M::METADATA, ids: Vec::new() };
        for reference in references_in(M::METADATA.documents()) {
            let mut seen: HashSet<Identity> = HashSet::new();
            let to_itself = reference.parents.overlaps(M::METADATA.documents());
            let own = if to_itself { own_keys(reference, documents)? } else { HashSet::new() };
            let mut ids = Vec::new();
            for document in documents {
                reference.each_id(document, |id, _| {
                    if !own.contains(&identity(&id)) && seen.insert(identity(&id)) {
                        ids.push(id);
                    }
                })?;
            }
            if !ids.is_empty() {
                referred.ids.push((reference, ids));
            }
        }
        Ok((!referred.ids.is_empty()).then_some(referred))
    }

    /// The references of documents whose key `field` has these values.
    pub(crate) fn in_field<M: Model>(field: &str, tag: Option<&KeyTag>, ids: &[Bson]) -> Option<Self> {
        let is_key = |reference: &&Reference| reference.field == field && is_same_variant(reference.tag.as_ref(), tag);
        let references = references_in(M::METADATA.documents()).filter(is_key);
        let ids: Vec<_> = references.map(|reference| (reference, ids.to_vec())).collect();
        (!ids.is_empty()).then_some(Self { model: M::METADATA, ids })
    }

    /// Checks that all referenced documents exist. Sends one query per key for up to 1,000 ids.
    pub(crate) async fn check(&self, exec: Exec<'_>) -> Result<()> {
        for (reference, ids) in &self.ids {
            self.find(exec, reference, ids).await?;
        }
        Ok(())
    }

    /// Each key, with the ids that documents will hold under it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static Reference, &[Bson])> {
        self.ids.iter().map(|(reference, ids)| (*reference, ids.as_slice()))
    }

    /// The name of the model in errors. For an enum, that of the kind which has the key.
    fn name(&self, reference: &Reference) -> &'static str {
        if self.model.config.kinds.is_empty() { self.model.name } else { reference.holder.name }
    }

    /// The stored ids of the parents; an error if one doesn't exist or is deleted.
    pub(crate) async fn find(&self, exec: Exec<'_>, reference: &Reference, ids: &[Bson]) -> Result<Vec<Bson>> {
        let parents = parents(exec, reference, Visible::Live, ids).await?;
        if let Some((_, id)) = parents.iter().zip(ids).find(|(parent, _)| parent.is_none()) {
            return Err(self.missing(exec, reference, id).await?);
        }
        Ok(parents.into_iter().flatten().collect())
    }

    /// The error for a key that refers to no document. Another command finds out whether the document is deleted.
    async fn missing(&self, exec: Exec<'_>, reference: &Reference, id: &Bson) -> Result<Error> {
        if reference.parents.mark.is_some() {
            let deleted = parents(exec, reference, Visible::Deleted, slice::from_ref(id)).await?;
            if let Some(id) = deleted.into_iter().flatten().next() {
                return Ok(Error::Deleted { model: reference.parent.name, id: Box::new(id) });
            }
        }
        let (model, field) = (self.name(reference), reference.field);
        let stored = reference.tag.map_or_else(|| id.clone(), |tag| tag.reference(field, id).into());
        Ok(Error::MissingReference { model, field, id: Box::new(stored) })
    }
}

/// The key values that refer to one of these documents.
fn own_keys(reference: &Reference, documents: &[&RawDocument]) -> Result<HashSet<Identity>> {
    let parents = documents.iter().filter(|document| reference.parents.contains(document));
    parents.map(|document| Ok(identity(&reference.stored.key(&field::value(document, "_id")?)))).collect()
}
