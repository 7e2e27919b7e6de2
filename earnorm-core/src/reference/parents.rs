//! Finds out which referenced documents exist.

use std::collections::{HashMap, HashSet};

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{FindOptions, ReadPreference, SelectionCriteria};

use super::references::Reference;
use crate::bson::{Identity, identity};
use crate::field;
use crate::schema::{Documents, Visible};
use crate::store::{self, Batches, BoxFuture, Exec, STREAM_BATCH, can_be_id, chunks, filter, side_by_side};
use crate::{Find, Result};

/// The options of a query that decides about a write. It reads from the primary, because a secondary may be behind.
pub(crate) fn from_primary() -> FindOptions {
    FindOptions::builder().selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary)).build()
}

/// For each key, the stored id of the referenced document if it exists among the documents that are visible. One command for
/// up to 1,000 keys.
pub(crate) fn parents<'a>(
    exec: Exec<'a>,
    reference: &'a Reference,
    visible: Visible,
    keys: &'a [Bson],
) -> BoxFuture<'a, Result<Vec<Option<Bson>>>> {
    Box::pin(async move {
        let of = reference.parents.visible(visible);
        let ids: Vec<Bson> = keys.iter().map(|key| reference.stored.id(key)).collect();
        let candidates: Vec<Bson> = ids.iter().filter(|id| can_be_id(id)).cloned().collect();
        let found = side_by_side(chunks(&candidates), |ids| existing(exec, of, ids)).await?;
        let found: HashSet<Identity> = found.into_iter().flatten().collect();
        let mut parents: Vec<Option<Bson>> = ids
            .into_iter()
            .zip(keys)
            // if the key couldn't be converted, the id is a guess, and may be that of another document
            .map(|(id, key)| (found.contains(&identity(&id)) && reference.refers(key, &id)).then_some(id))
            .collect();
        let unknown =
            keys.iter().enumerate().filter(|(i, key)| parents[*i].is_none() && !reference.stored.can_convert(key));
        let unknown: HashMap<Identity, usize> = unknown.map(|(i, key)| (identity(key), i)).collect();
        search(exec, reference, of, unknown, &mut parents).await?;
        Ok(parents)
    })
}

impl Reference {
    fn refers(&self, key: &Bson, id: &Bson) -> bool {
        self.stored.can_convert(key) || identity(&self.stored.key(id)) == identity(key)
    }
}

/// Searches all parents for those that `unknown` keys refer to. For keys that can't be converted to ids.
async fn search(
    exec: Exec<'_>,
    reference: &Reference,
    of: Documents,
    mut unknown: HashMap<Identity, usize>,
    parents: &mut [Option<Bson>],
) -> Result<()> {
    if unknown.is_empty() {
        return Ok(());
    }
    let mut options = from_primary();
    options.projection = Some(doc! { "_id": 1 });
    options.batch_size = Some(STREAM_BATCH);
    let mut batches = Batches::open(exec, Find::new(of, Document::new()), options).await?;
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

/// Which of these ids exist among the parents.
async fn existing(exec: Exec<'_>, parents: Documents, ids: &[Bson]) -> Result<Vec<Identity>> {
    let find = Find::new(parents, filter("_id", ids, &Document::new()));
    let values = store::values(exec, find, "_id", from_primary()).await?;
    let mut found: HashSet<Identity> = values.iter().map(identity).collect();
    let wanted: HashSet<Identity> = ids.iter().map(identity).collect();
    let alike = store::alike(ids.iter());
    if found.is_subset(&wanted) && alike.is_subset(&found) {
        return Ok(found.into_iter().collect());
    }
    // the collection may have a collation, by which different ids are equal
    let unexpected = values.iter().filter(|id| !wanted.contains(&identity(id)));
    let all: Vec<Bson> = ids.iter().chain(unexpected).filter(|id| store::has_text(id)).cloned().collect();
    for class in store::equal_in(exec, parents.collection, &all).await? {
        if class.iter().any(|id| found.contains(&identity(id))) {
            found.extend(class.iter().map(identity));
        }
    }
    Ok(found.into_iter().collect())
}

/// The largest number of cached keys, which limits the memory of a scan.
const CACHE_SIZE: usize = 16_384;

/// A cache of which keys of a reference refer to documents that don't exist among those that are visible.
pub(crate) struct ParentCache {
    pub(crate) reference: &'static Reference,
    visible: Visible,
    missing: HashMap<Identity, bool>,
}

impl ParentCache {
    pub(crate) fn new(reference: &'static Reference, visible: Visible) -> Self {
        Self { reference, visible, missing: HashMap::new() }
    }

    /// Queries the keys that aren't in the cache yet. [`is_missing`](Self::is_missing) then knows them.
    pub(crate) async fn load(&mut self, exec: Exec<'_>, keys: impl Iterator<Item = &Bson>) -> Result<()> {
        if self.missing.len() > CACHE_SIZE {
            self.missing.clear();
        }
        let mut unknown = Vec::new();
        for key in keys {
            self.missing.entry(identity(key)).or_insert_with(|| {
                unknown.push(key.clone());
                false
            });
        }
        let parents = parents(exec, self.reference, self.visible, &unknown).await?;
        for (key, _) in unknown.iter().zip(&parents).filter(|(_, parent)| parent.is_none()) {
            self.missing.insert(identity(key), true);
        }
        Ok(())
    }

    /// Whether the key refers to a document that doesn't exist.
    pub(crate) fn is_missing(&self, key: &Bson) -> bool {
        self.missing.get(&identity(key)).copied().unwrap_or(false)
    }
}
