//! Finds out whether restored documents would conflict with others in a unique index.

use std::collections::HashSet;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::FindOptions;

use super::needed::deletion_of;
use super::plan::needed_by;
use crate::bson::{from_raw, identity};
use crate::field::each_value;
use crate::schema::{Documents, models};
use crate::store::{self, Exec, among, chunks};
use crate::{Error, Find, Result};

/// Whether documents can be restored.
pub(crate) enum Conflict {
    /// There are none.
    NoDocuments,
    None,
    /// Another document has the same entry in this index.
    In(String),
}

/// The first unique index in which documents of the deletion would have the same entry as another document: one that isn't
/// deleted, or one of the same deletion.
pub(crate) async fn first_conflict(
    exec: Exec<'_>,
    of: Documents,
    mark: &str,
    deletion: ObjectId,
    restored: Document,
) -> Result<Conflict> {
    let unique = needed_by(models())?.into_iter().filter(|index| index.collection == of.collection && index.unique);
    let indexes: Vec<_> = unique.map(|index| (index.name(), index.with_deleted())).collect();
    let firsts: Vec<&str> = indexes.iter().filter_map(|(_, index)| index.first_key()).collect();
    let mut projection = doc! { "_id": 1 };
    projection.extend(firsts.iter().map(|key| ((*key).to_owned(), Bson::Int32(1))));
    let options = FindOptions::builder().projection(projection).build();
    let mut values: Vec<Values> = firsts.iter().map(|_| Values::default()).collect();
    let read =
        |document: &RawDocument| firsts.iter().zip(&mut values).try_for_each(|(key, values)| values.add(document, key));
    if store::find_on_primary(exec, Find::new(of.with_deleted(), restored), options, read).await?.is_empty() {
        return Ok(Conflict::NoDocuments);
    }
    let is_restored = doc! { "$eq": [format!("${}", deletion_of(mark)), deletion] };
    for ((name, index), values) in indexes.iter().zip(values) {
        let Some(first) = index.first_key() else { continue };
        let unique = index.uniqueness();
        for values in chunks(&values.list) {
            let here = doc! { "$or": [{ mark: Bson::Null }, { deletion_of(mark): deletion }] };
            let mut chosen = vec![here, among(first, values)];
            chosen.extend((!unique.condition.is_empty()).then(|| unique.condition.clone()));
            if store::has_duplicates(exec, &unique, doc! { "$and": chosen }, &is_restored).await? {
                return Ok(Conflict::In(name.clone()));
            }
        }
    }
    Ok(Conflict::None)
}

/// The distinct values of a key.
#[derive(Default)]
struct Values {
    list: Vec<Bson>,
    seen: HashSet<crate::bson::Identity>,
}

impl Values {
    /// Adds the values in a document. An array has an entry for each of its elements.
    fn add(&mut self, document: &RawDocument, key: &str) -> Result<()> {
        let mut found = Vec::new();
        each_value(document, key, &mut |value| {
            match from_raw(value).map_err(Error::other)? {
                Bson::Array(values) if !values.is_empty() => found.extend(values),
                value => found.push(value),
            }
            Ok(())
        })?;
        if found.is_empty() {
            found.push(Bson::Null);
        }
        self.list.extend(found.into_iter().filter(|value| self.seen.insert(identity(value))));
        Ok(())
    }
}
