//! References on the way in: whether what a document refers to is there before it is written.

use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::UpdateOptions;

use super::keys::{Reference, can_be_id, references_in};
use super::parents::missing;
use crate::encoding::{Identity, identity, raw_identity};
use crate::load::{chunks, filter};
use crate::store::{self, Exec};
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
            let among = if reference.parent.collection == collection { own_ids(documents)? } else { HashSet::new() };
            let mut ids = Vec::new();
            for document in documents {
                reference.each_id(document, |id, _| {
                    if !among.contains(&identity(&reference.stored.id(&id))) && seen.insert(identity(&id)) {
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
            self.refuse_missing(exec, reference, ids).await?;
        }
        Ok(())
    }

    /// The same, and stays so until the transaction ends where the parents have a guard: who deletes one of them then
    /// writes to what was written here, and one of the two has to begin again.
    async fn hold(&self, exec: Exec<'_>) -> Result<()> {
        for (reference, ids) in &self.ids {
            let held = match reference.guard {
                Some(guard) => hold(exec, reference, guard, ids).await?,
                None => false,
            };
            if !held {
                self.refuse_missing(exec, reference, ids).await?;
            }
        }
        Ok(())
    }

    async fn refuse_missing(&self, exec: Exec<'_>, reference: &'static Reference, ids: &[Bson]) -> Result<()> {
        match missing(exec, reference, ids).await?.into_iter().next() {
            Some(id) => Err(Error::MissingReference { model: self.model, field: reference.field, id: Box::new(id) }),
            None => Ok(()),
        }
    }
}

/// Increments the guard of these parents; gives whether that found every one.
async fn hold(exec: Exec<'_>, reference: &Reference, guard: &str, ids: &[Bson]) -> Result<bool> {
    let parents: Vec<Bson> = ids.iter().map(|id| reference.stored.id(id)).filter(can_be_id).collect();
    let mut found = 0;
    for parents in chunks(&parents) {
        let (parents, update) = (filter("_id", parents, &Document::new()), doc! { "$inc": { guard: 1 } });
        let collection = reference.parent.collection;
        found += store::update_many(exec, collection, parents, update, UpdateOptions::default()).await?.matched_count;
    }
    Ok(usize::try_from(found).is_ok_and(|found| found == ids.len()))
}

fn own_ids(documents: &[&RawDocument]) -> Result<HashSet<Identity>> {
    let ids = documents.iter().filter_map(|document| document.get("_id").transpose());
    ids.map(|id| raw_identity(id.map_err(mongodb::error::Error::from)?).map_err(Error::other)).collect()
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
