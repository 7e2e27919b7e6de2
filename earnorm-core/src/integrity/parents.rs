//! Which of the documents that keys refer to are there.

use std::collections::{HashMap, HashSet};

use mongodb::bson::{Bson, Document};
use mongodb::options::{FindOptions, ReadPreference, SelectionCriteria};

use super::keys::{Reference, can_be_id};
use crate::encoding::{Identity, identity};
use crate::load::{chunks, filter, side_by_side};
use crate::store::{self, Exec};
use crate::{Find, Result};

/// Options for what decides on a write: not from a member of the replica set that may be behind.
pub(super) fn from_primary() -> FindOptions {
    FindOptions::builder().selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary)).build()
}

/// Those of these keys that refer to nothing. One command for every started 1,000.
pub(super) async fn missing(exec: Exec<'_>, reference: &Reference, keys: &[Bson]) -> Result<Vec<Bson>> {
    let (asked, mut missing): (Vec<&Bson>, Vec<&Bson>) = keys.iter().partition(|key| can_be_id(key));
    let ids: Vec<Bson> = asked.iter().map(|key| reference.stored.id(key)).collect();
    let collection = reference.parent.collection;
    let found = side_by_side(chunks(&ids), |ids| there(exec, collection, ids)).await?;
    let found: HashSet<Identity> = found.into_iter().flatten().collect();
    missing.extend(asked.into_iter().zip(&ids).filter(|(_, id)| !found.contains(&identity(id))).map(|(key, _)| key));
    Ok(missing.into_iter().cloned().collect())
}

/// Those of these ids that are there.
async fn there(exec: Exec<'_>, collection: &'static str, ids: &[Bson]) -> Result<Vec<Identity>> {
    let ask = async |ids: &[Bson]| {
        let find = Find::new(collection, filter("_id", ids, &Document::new()));
        store::values(exec, find, "_id", from_primary()).await
    };
    let wanted: HashSet<Identity> = ids.iter().map(identity).collect();
    let mut found: HashSet<Identity> = ask(ids).await?.iter().map(identity).collect();
    // equal to the server is more than the same to us: decimals, numbers in sub-documents, a collation. It decides
    let foreign = found.iter().any(|id| !wanted.contains(id));
    for id in ids {
        let doubtful = foreign || matches!(id, Bson::Decimal128(_) | Bson::Double(_) | Bson::Document(_));
        if doubtful && !found.contains(&identity(id)) && !ask(std::slice::from_ref(id)).await?.is_empty() {
            found.insert(identity(id));
        }
    }
    Ok(found.into_iter().collect())
}

/// How many keys are remembered, so that the memory of a scan has a bound.
const REMEMBERED: usize = 16_384;

/// What has been learned of the keys of one reference.
pub(super) struct Known {
    pub(super) reference: &'static Reference,
    missing: HashMap<Identity, bool>,
}

impl Known {
    pub(super) fn new(reference: &'static Reference) -> Self {
        Self { reference, missing: HashMap::new() }
    }

    /// Asks for those of these keys that aren't known, so that [`Known::is_missing`] can tell.
    pub(super) async fn learn(&mut self, exec: Exec<'_>, keys: impl Iterator<Item = &Bson>) -> Result<()> {
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
        for key in missing(exec, self.reference, &unknown).await? {
            self.missing.insert(identity(&key), true);
        }
        Ok(())
    }

    pub(super) fn is_missing(&self, key: &Bson) -> bool {
        self.missing.get(&identity(key)).copied().unwrap_or(false)
    }
}
