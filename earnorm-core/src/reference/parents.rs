//! Which of the documents that keys refer to are there.

use std::collections::{HashMap, HashSet};

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{FindOptions, ReadPreference, SelectionCriteria};

use super::references::Reference;
use crate::bson::{Identity, identity};
use crate::field;
use crate::store::{self, Batches, Exec, STREAM_BATCH, can_be_id, chunks, filter, side_by_side};
use crate::{Find, Result};

/// Options for what decides on a write: not from a member of the replica set that may be behind.
pub(crate) fn from_primary() -> FindOptions {
    FindOptions::builder().selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary)).build()
}

/// For each of these keys the stored id of what it refers to, if that is there. One command for every started 1,000.
pub(crate) async fn parents(exec: Exec<'_>, reference: &Reference, keys: &[Bson]) -> Result<Vec<Option<Bson>>> {
    let ids: Vec<Bson> = keys.iter().map(|key| reference.stored.id(key)).collect();
    let asked: Vec<Bson> = ids.iter().filter(|id| can_be_id(id)).cloned().collect();
    let collection = reference.parent.collection;
    let found = side_by_side(chunks(&asked), |ids| there(exec, collection, ids)).await?;
    let found: HashSet<Identity> = found.into_iter().flatten().collect();
    let mut parents: Vec<Option<Bson>> = ids
        .into_iter()
        .zip(keys)
        // where it couldn't be told, the id was a guess
        .map(|(id, key)| (found.contains(&identity(&id)) && reference.refers(key, &id)).then_some(id))
        .collect();
    let unknown = keys.iter().enumerate().filter(|(i, key)| parents[*i].is_none() && !reference.stored.tells(key));
    let unknown: HashMap<Identity, usize> = unknown.map(|(i, key)| (identity(key), i)).collect();
    search(exec, reference, unknown, &mut parents).await?;
    Ok(parents)
}

impl Reference {
    fn refers(&self, key: &Bson, id: &Bson) -> bool {
        self.stored.tells(key) || identity(&self.stored.key(id)) == identity(key)
    }
}

/// Looks through the parents for those whose keys can only be told from their ids, and not the other way round.
async fn search(
    exec: Exec<'_>,
    reference: &Reference,
    mut unknown: HashMap<Identity, usize>,
    parents: &mut [Option<Bson>],
) -> Result<()> {
    if unknown.is_empty() {
        return Ok(());
    }
    let mut options = from_primary();
    options.projection = Some(doc! { "_id": 1 });
    options.batch_size = Some(STREAM_BATCH);
    let mut batches = Batches::open(exec, Find::new(reference.parent.collection, Document::new()), options).await?;
    while !unknown.is_empty()
        && let Some(ids) = batches.read(|document| field::value(document, "_id")).await?
    {
        for id in ids {
            if let Some(place) = unknown.remove(&identity(&reference.stored.key(&id))) {
                parents[place] = Some(id);
            }
        }
    }
    Ok(())
}

/// Those of these ids that are there.
async fn there(exec: Exec<'_>, collection: &'static str, ids: &[Bson]) -> Result<Vec<Identity>> {
    let find = Find::new(collection, filter("_id", ids, &Document::new()));
    let values = store::values(exec, find, "_id", from_primary()).await?;
    let mut found: HashSet<Identity> = values.iter().map(identity).collect();
    let wanted: HashSet<Identity> = ids.iter().map(identity).collect();
    let alike = store::alike(ids.iter());
    if found.is_subset(&wanted) && alike.is_subset(&found) {
        return Ok(found.into_iter().collect());
    }
    // the collection may have a collation, to which different ids are equal
    let strange = values.iter().filter(|id| !wanted.contains(&identity(id)));
    let all: Vec<Bson> = ids.iter().chain(strange).filter(|id| store::has_text(id)).cloned().collect();
    for class in store::equal_in(exec, collection, &all).await? {
        if class.iter().any(|id| found.contains(&identity(id))) {
            found.extend(class.iter().map(identity));
        }
    }
    Ok(found.into_iter().collect())
}

/// How many keys are remembered, so that the memory of a scan has a bound.
const REMEMBERED: usize = 16_384;

/// What has been learned of the keys of one reference.
pub(crate) struct Known {
    pub(crate) reference: &'static Reference,
    missing: HashMap<Identity, bool>,
}

impl Known {
    pub(crate) fn new(reference: &'static Reference) -> Self {
        Self { reference, missing: HashMap::new() }
    }

    /// Asks for those of these keys that aren't known, so that [`Known::is_missing`] can tell.
    pub(crate) async fn learn(&mut self, exec: Exec<'_>, keys: impl Iterator<Item = &Bson>) -> Result<()> {
        if self.missing.len() > REMEMBERED {
            self.missing.clear();
        }
        let mut unknown = Vec::new();
        for key in keys {
            self.missing.entry(identity(key)).or_insert_with(|| {
                unknown.push(key.clone());
                false
            });
        }
        let parents = parents(exec, self.reference, &unknown).await?;
        for (key, _) in unknown.iter().zip(&parents).filter(|(_, parent)| parent.is_none()) {
            self.missing.insert(identity(key), true);
        }
        Ok(())
    }

    pub(crate) fn is_missing(&self, key: &Bson) -> bool {
        self.missing.get(&identity(key)).copied().unwrap_or(false)
    }
}
