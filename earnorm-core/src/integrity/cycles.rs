//! The search for cycles of keys that refer to documents of their own model.

use std::collections::HashMap;

use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use super::walk::{Broken, Kind, read_keys};
use crate::bson::{Identity, identity};
use crate::field::value;
use crate::reference::{Reference, references};
use crate::schema::KeyShape;
use crate::{Find, Result};

/// The keys that can close a cycle: single ones that refer to documents of their own model. A cycle by an array of ids
/// or through a join model is usually no mistake.
pub(super) fn keys_to_itself() -> impl Iterator<Item = &'static Reference> {
    references().iter().filter(|reference| {
        reference.shape == KeyShape::Single && reference.holder.documents().overlaps(reference.parents)
    })
}

/// The cycles of a key, each as its document with the least `_id`. One command for each 1,000 documents. It holds the ids
/// and the keys of all documents in memory.
pub(super) async fn cycles(db: &Database, reference: &'static Reference) -> Result<Vec<Broken>> {
    let find = Find::new(reference.holder.documents().with_deleted(), Document::new());
    let mut batches = read_keys(db, &[reference], find, Some(doc! { "_id": 1 })).await?;
    let (mut documents, mut places) = (Vec::new(), HashMap::new());
    let read = |document: &_| {
        let (id, mut key) = (value(document, "_id")?, Bson::Null);
        reference.each_id(document, |id, _| key = id)?;
        Ok((id, key))
    };
    while let Some(batch) = batches.read(read).await? {
        for (id, key) in batch {
            if key != Bson::Null {
                places.insert(identity(&reference.stored.key(&id)), documents.len());
                documents.push((id, key));
            }
        }
    }
    let firsts = first_of_cycles(&documents, &places);
    let broken = firsts.into_iter().map(|index: usize| {
        let (holder, id) = documents[index].clone();
        Broken { reference, kind: Kind::Cycle, holder, id, tag: None }
    });
    Ok(broken.collect())
}

/// The least index of each cycle. Each document leads to the one at the place of its key.
fn first_of_cycles(documents: &[(Bson, Bson)], places: &HashMap<Identity, usize>) -> Vec<usize> {
    let next = |index: usize| places.get(&identity(&documents[index].1)).copied();
    let (mut found, mut reached) = (Vec::new(), vec![None; documents.len()]);
    for start in 0..documents.len() {
        let mut at = Some(start);
        while let Some(index) = at.filter(|index| reached[*index].is_none()) {
            reached[index] = Some(start);
            at = next(index);
        }
        // a path that reaches itself has reached a new cycle
        if let Some(index) = at.filter(|index| reached[*index] == Some(start)) {
            let (mut first, mut at) = (index, next(index));
            while let Some(other) = at.filter(|other| *other != index) {
                first = first.min(other);
                at = next(other);
            }
            found.push(first);
        }
    }
    found.sort_unstable();
    found
}
