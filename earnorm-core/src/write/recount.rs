//! Counts related documents anew, and compares the result with the counters.

use std::collections::HashMap;

use indexmap::IndexMap;
use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::FindOptions;

use super::counters::send;
use super::raw::Statement;
use crate::bson::{Identity, identity, integer};
use crate::field::{raw_value, value};
use crate::reference::CountedKey;
use crate::store::{self, Exec, among, atomically, chunks};
use crate::{Find, Result};

/// A counter that isn't the number of related documents.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// The `_id` of the document with the counter.
    pub(crate) owner: Bson,
    /// What is stored; null if the counter is missing.
    pub(crate) stored: Bson,
    pub(crate) count: i64,
}

/// The counters of these documents that differ from the number of related documents. At most 1,000 ids. Two commands, and one
/// for each further 1,000 keys; one if the documents hold the ids themselves.
pub(crate) async fn differences(exec: Exec<'_>, of: &'static CountedKey, ids: &[Bson]) -> Result<Vec<Difference>> {
    let Some(counter) = of.counter() else { return Ok(Vec::new()) };
    let fields = ["_id", counter].into_iter().chain(of.fields().filter(|_| of.own));
    let projection: Document = fields.map(|field| (field.to_owned(), Bson::Int32(1))).collect();
    let options = FindOptions::builder().projection(projection).build();
    let read = |document: &RawDocument| {
        let own = if of.own { Some(of.keys_in(document)?.len()) } else { None };
        let number = integer(raw_value(document, counter)?);
        Ok((value(document, "_id")?, value(document, counter)?, number, own))
    };
    let owners = store::find_on_primary(exec, Find::new(of.owner, among("_id", ids)), options, read).await?;
    let keys: Vec<Bson> = owners.iter().map(|(id, ..)| of.reference.stored.key(id)).collect();
    let counts = if of.own { HashMap::new() } else { count(exec, of, &keys).await? };
    let differences = owners.into_iter().zip(keys).filter_map(|((owner, stored, number, own), key)| {
        let count = own.unwrap_or_else(|| counts.get(&identity(&key)).copied().unwrap_or_default());
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        (number != Some(count)).then_some(Difference { owner, stored, count })
    });
    Ok(differences.collect())
}

/// The number of documents that count for each of these keys.
async fn count(exec: Exec<'_>, counted: &'static CountedKey, keys: &[Bson]) -> Result<HashMap<Identity, usize>> {
    let mut counts: HashMap<Identity, usize> = keys.iter().map(|key| (identity(key), 0)).collect();
    let projection: Document = counted.fields().map(|field| (field.to_owned(), Bson::Int32(1))).collect();
    for keys in chunks(keys) {
        let options = FindOptions::builder().projection(projection.clone()).build();
        let find = Find::new(counted.reference.holder, counted.holding(keys));
        let read = |document: &RawDocument| {
            for (key, _) in counted.keys_in(document)? {
                if let Some(count) = counts.get_mut(&key) {
                    *count += 1;
                }
            }
            Ok(())
        };
        store::find_on_primary(exec, find, options, read).await?;
    }
    Ok(counts)
}

/// Sets the counters of these documents to the number of related documents, and returns how many were wrong. Each 1,000
/// documents in a transaction of their own: the commands of [`differences`], one that writes if a counter is wrong, and one
/// to commit.
pub(crate) async fn recount(exec: Exec<'_>, of: &'static CountedKey, ids: &[Bson]) -> Result<u64> {
    let mut wrong = 0;
    for ids in chunks(ids) {
        wrong += atomically(exec, async |exec| {
            let differences = differences(exec, of, ids).await?;
            set(exec, of, &differences).await?;
            Ok(differences.len() as u64)
        })
        .await?;
    }
    Ok(wrong)
}

async fn set(exec: Exec<'_>, of: &CountedKey, differences: &[Difference]) -> Result<()> {
    let Some(counter) = of.counter() else { return Ok(()) };
    let mut groups: IndexMap<i64, Vec<Bson>> = IndexMap::new();
    for Difference { owner, count, .. } in differences {
        groups.entry(*count).or_default().push(owner.clone());
    }
    if groups.is_empty() {
        return Ok(());
    }
    let statements = groups.into_iter().map(|(count, ids)| Statement {
        filter: among("_id", &ids),
        array_filters: Vec::new(),
        update: doc! { "$set": { counter: count } }.into(),
        upsert: false,
        multi: true,
    });
    send(exec, of.owner, statements.collect()).await
}
