//! Finds the documents that prevent a unique index.

use mongodb::Database;
use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::{AggregateOptions, Collation, FindOptions};

use super::batches::Aggregate;
use super::{Exec, Executor, Find, equal, read};
use crate::bson::{from_raw, integer};
use crate::error::{Duplicates, SAMPLE};
use crate::schema::Documents;
use crate::{Error, Result};

/// A unique index that is to be made.
pub(crate) struct Uniqueness<'a> {
    pub(crate) collection: &'static str,
    pub(crate) keys: &'a Document,
    /// The condition of the documents in the index.
    pub(crate) condition: Document,
    pub(crate) collation: Option<Collation>,
}

/// The first ten groups of documents with the same values, each with ten ids. One command, and one more for each group.
pub(crate) async fn duplicates(db: &Database, index: &Uniqueness<'_>) -> Result<Vec<Duplicates>> {
    let mut aggregate = Aggregate::new(index.collection, pipeline(index.keys, &index.condition));
    aggregate.options = AggregateOptions::builder()
        .allow_disk_use(true)
        .collation(index.collation.clone())
        .selection_criteria(read::primary(db.executor()))
        .build();
    let groups = read::aggregate_with(db.executor(), aggregate, |group| {
        let part = |name| group.get(name).map_err(mongodb::error::Error::from);
        let values = match part("_id")? {
            Some(values) => from_raw(values).map_err(Error::other)?,
            None => Bson::Null,
        };
        let count = part("count")?.and_then(integer).unwrap_or_default();
        Ok((values, count.unsigned_abs()))
    });
    let mut found = Vec::new();
    for (values, count) in groups.await? {
        let values = values.as_document().cloned().unwrap_or_default().into_iter().map(|(_, value)| value);
        let values: Document = index.keys.keys().cloned().zip(values).collect();
        let ids = ids(db, index, &values).await?;
        found.push(Duplicates::new(values, count, ids));
    }
    Ok(found)
}

/// Whether two of the documents that match `chosen` have the same entry in the index, one of which fulfills the expression
/// `wanted`. One command.
pub(crate) async fn has_duplicates(
    exec: Exec<'_>,
    index: &Uniqueness<'_>,
    chosen: Document,
    wanted: &Document,
) -> Result<bool> {
    let (mut pipeline, mut entries, mut groups) = entries(index.keys, &chosen);
    entries.insert("wanted", doc! { "$sum": { "$cond": [wanted.clone(), 1, 0] } });
    groups.insert("wanted", doc! { "$sum": "$wanted" });
    pipeline.extend([
        doc! { "$group": entries },
        doc! { "$group": groups },
        doc! { "$match": { "count": { "$gt": 1 }, "wanted": { "$gt": 0 } } },
        doc! { "$limit": 1 },
    ]);
    let mut aggregate = Aggregate::new(index.collection, pipeline);
    aggregate.options = AggregateOptions::builder()
        .allow_disk_use(true)
        .collation(index.collation.clone())
        .selection_criteria(read::primary(exec))
        .build();
    Ok(!read::aggregate_with(exec, aggregate, |_| Ok(())).await?.is_empty())
}

fn pipeline(keys: &Document, condition: &Document) -> Vec<Document> {
    let (mut pipeline, entries, groups) = entries(keys, condition);
    pipeline.extend([
        doc! { "$group": entries },
        doc! { "$group": groups },
        doc! { "$match": { "count": { "$gt": 1 } } },
        doc! { "$sort": { "_id": 1 } },
        doc! { "$limit": i64::try_from(SAMPLE).unwrap_or(10) },
    ]);
    pipeline
}

/// The stages that find the entries of documents in the index, and two groups: one for each entry of each document, then one
/// for each entry. A document with an array has several entries.
fn entries(keys: &Document, condition: &Document) -> (Vec<Document>, Document, Document) {
    let mut pipeline = vec![doc! { "$match": condition.clone() }];
    let mut unwound: Vec<&str> = Vec::new();
    for key in keys.keys() {
        // a value that isn't an array is kept as it is
        for path in key.match_indices('.').map(|(end, _)| key.split_at(end).0).chain([key.as_str()]) {
            if !unwound.contains(&path) {
                unwound.push(path);
                let path = format!("${path}");
                pipeline.push(doc! { "$unwind": { "path": path, "preserveNullAndEmptyArrays": true } });
            }
        }
    }
    let (mut entry, mut values) = (doc! { "document": "$_id" }, Document::new());
    for (number, key) in keys.keys().enumerate() {
        entry.insert(format!("k{number}"), doc! { "$ifNull": [format!("${key}"), Bson::Null] });
        values.insert(format!("k{number}"), format!("$_id.k{number}"));
    }
    let group = |by: Document| -> Document { [("_id".to_owned(), Bson::from(by))].into_iter().collect() };
    let (entries, mut groups) = (group(entry), group(values));
    groups.insert("count", doc! { "$sum": 1 });
    (pipeline, entries, groups)
}

async fn ids(db: &Database, index: &Uniqueness<'_>, values: &Document) -> Result<Vec<Bson>> {
    let mut conditions = vec![index.condition.clone()];
    conditions.extend(values.iter().map(|(key, value)| equal(key, value)));
    let find = Find::new(Documents::all_in(index.collection), doc! { "$and": conditions });
    let options = FindOptions::builder()
        .projection(doc! { "_id": 1 })
        .sort(doc! { "_id": 1 })
        .limit(i64::try_from(SAMPLE).unwrap_or(10))
        .collation(index.collation.clone())
        .build();
    let id = |document: &RawDocument| crate::field::value(document, "_id");
    read::find_on_primary(db.executor(), find, options, id).await
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::pipeline;

    #[test]
    fn each_array_on_a_path_is_unwound_once() {
        let unwind = |path: &str| doc! { "$unwind": { "path": path, "preserveNullAndEmptyArrays": true } };
        assert_eq!(
            pipeline(&doc! { "lines.sku": 1, "lines.size": 1 }, &doc! { "open": true }),
            [
                doc! { "$match": { "open": true } },
                unwind("$lines"),
                unwind("$lines.sku"),
                unwind("$lines.size"),
                doc! { "$group": { "_id": {
                    "document": "$_id",
                    "k0": { "$ifNull": ["$lines.sku", null] },
                    "k1": { "$ifNull": ["$lines.size", null] },
                } } },
                doc! { "$group": { "_id": { "k0": "$_id.k0", "k1": "$_id.k1" }, "count": { "$sum": 1 } } },
                doc! { "$match": { "count": { "$gt": 1 } } },
                doc! { "$sort": { "_id": 1 } },
                doc! { "$limit": 10_i64 },
            ]
        );
    }
}
