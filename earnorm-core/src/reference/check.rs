//! References on the way in: whether what a document refers to is there before it is written.

use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::UpdateOptions;

use super::parents::parents;
use super::references::{Reference, references_in};
use crate::bson::{Identity, identity};
use crate::field;
use crate::store::{self, Exec, can_be_id, chunks, filter};
use crate::{Error, Model, Result};

/// What documents that are to be written refer to: for each of their keys the ids that it holds, each once.
#[derive(Debug, Clone)]
pub(crate) struct Referred {
    model: &'static str,
    ids: Vec<(&'static Reference, Vec<Bson>)>,
}

impl Referred {
    /// What these documents refer to; `None` where that is nothing. One that is among them is there once they are.
    pub(crate) fn by<M: Model>(documents: &[&RawDocument]) -> Result<Option<Self>> {
        let collection = M::METADATA.collection;
        let mut referred = Self { model: M::METADATA.name, ids: Vec::new() };
        for reference in references_in(collection) {
            let mut seen: HashSet<Identity> = HashSet::new();
            let own = reference.parent.collection == collection;
            let among = if own { own_keys(reference, documents)? } else { HashSet::new() };
            let mut ids = Vec::new();
            for document in documents {
                reference.each_id(document, |id, _| {
                    if !among.contains(&identity(&id)) && seen.insert(identity(&id)) {
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

    /// The same of documents that hold these ids under a key.
    pub(crate) fn under<M: Model>(field: &str, ids: &[Bson]) -> Option<Self> {
        let references = references_in(M::METADATA.collection).filter(|reference| reference.field == field);
        let ids: Vec<_> = references.map(|reference| (reference, ids.to_vec())).collect();
        (!ids.is_empty()).then_some(Self { model: M::METADATA.name, ids })
    }

    /// Whether all of it is there: one query for each key and started 1,000 ids.
    pub(crate) async fn check(&self, exec: Exec<'_>) -> Result<()> {
        for (reference, ids) in &self.ids {
            self.find(exec, reference, ids).await?;
        }
        Ok(())
    }

    /// The same, and stays so until the transaction ends where the parents have a guard: who deletes one of them then
    /// writes to what was written here, and one of the two has to begin again.
    async fn hold(&self, exec: Exec<'_>) -> Result<()> {
        for (reference, ids) in &self.ids {
            let Some(guard) = reference.guard else {
                self.find(exec, reference, ids).await?;
                continue;
            };
            let told = ids.iter().all(|id| reference.stored.tells(id));
            let parents = if told {
                ids.iter().map(|id| reference.stored.id(id)).filter(can_be_id).collect()
            } else {
                self.find(exec, reference, ids).await?
            };
            let held = increment(exec, reference, guard, &parents).await?;
            if usize::try_from(held).is_ok_and(|held| held < ids.len()) {
                self.find(exec, reference, ids).await?;
            }
        }
        Ok(())
    }

    /// The stored ids of the parents, each of which has to be there.
    async fn find(&self, exec: Exec<'_>, reference: &Reference, ids: &[Bson]) -> Result<Vec<Bson>> {
        let parents = parents(exec, reference, ids).await?;
        let found = parents.into_iter().zip(ids).map(|(parent, id)| {
            let (model, field) = (self.model, reference.field);
            parent.ok_or_else(|| Error::MissingReference { model, field, id: Box::new(id.clone()) })
        });
        found.collect()
    }
}

/// Increments the guard of these parents; gives how many there were.
async fn increment(exec: Exec<'_>, reference: &Reference, guard: &str, ids: &[Bson]) -> Result<u64> {
    let mut found = 0;
    for ids in chunks(ids) {
        let (parents, update) = (filter("_id", ids, &Document::new()), doc! { "$inc": { guard: 1 } });
        let collection = reference.parent.collection;
        found += store::update_many(exec, collection, parents, update, UpdateOptions::default()).await?.matched_count;
    }
    Ok(found)
}

/// The keys by which documents refer to one of these themselves.
fn own_keys(reference: &Reference, documents: &[&RawDocument]) -> Result<HashSet<Identity>> {
    documents.iter().map(|document| Ok(identity(&reference.stored.key(&field::value(document, "_id")?)))).collect()
}

/// Writes what refers to these, if they are there: as one, where the server has transactions.
pub(crate) async fn checked<R, F>(exec: Exec<'_>, referred: Option<&Referred>, write: F) -> Result<R>
where
    F: Clone + for<'a> AsyncFnOnce(Exec<'a>) -> Result<R>,
{
    let Some(referred) = referred else {
        return write(exec).await;
    };
    store::atomically(exec, async |exec| {
        referred.hold(exec).await?;
        write.clone()(exec).await
    })
    .await
}
