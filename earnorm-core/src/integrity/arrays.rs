//! Groups of broken ids in arrays, each for one update.

use std::collections::HashSet;

use mongodb::bson::Bson;

use super::walk::Broken;
use crate::bson::{Identity, identity, size};
use crate::store::{KEY_BYTES, KEYS_PER_COMMAND};

/// Documents, and the broken ids in their arrays: as many as fit into one update, or one document.
#[derive(Default)]
pub(super) struct Arrays {
    pub(super) holders: Vec<Bson>,
    pub(super) ids: Vec<Bson>,
    seen: HashSet<Identity>,
    bytes: usize,
}

/// Groups broken ids for updates. The ids of a document are next to each other.
pub(super) fn arrays(broken: &[&Broken]) -> Vec<Arrays> {
    let mut all: Vec<Arrays> = vec![Arrays::default()];
    for array in broken.chunk_by(|a, b| a.holder == b.holder) {
        let Some(holder) = array.first().map(|first| &first.holder) else { continue };
        let bytes = array.iter().map(|broken| size(&broken.id)).sum::<usize>() + size(holder);
        let has_room = |last: &Arrays| {
            let new = array.iter().filter(|broken| !last.seen.contains(&identity(&broken.id))).count();
            last.ids.len() + new <= KEYS_PER_COMMAND && last.bytes + bytes <= KEY_BYTES
        };
        if all.last().is_some_and(|last| !last.holders.is_empty() && !has_room(last)) {
            all.push(Arrays::default());
        }
        let Some(last) = all.last_mut() else { continue };
        last.holders.push(holder.clone());
        last.bytes += bytes;
        for broken in array {
            if last.seen.insert(identity(&broken.id)) {
                last.ids.push(broken.id.clone());
            }
        }
    }
    all
}
