//! A walk through a collection, in bounded memory, that gives what is wrong with its keys batch by batch.

use std::collections::HashSet;

use mongodb::Database;
use mongodb::bson::{Bson, Document, RawDocument, doc};
use serde::Serialize;

use crate::bson::{Identity, identity};
use crate::field::value;
use crate::reference::KeyShape;
use crate::reference::{ParentCache, from_primary};
use crate::reference::{Reference, UniqueKey};
use crate::store::{Aggregate, Batches, Exec, KEYS_PER_COMMAND, STREAM_BATCH, can_be_id, filter};
use crate::{Find, Result};

/// What can be wrong with what a document refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A key that points nowhere.
    Key,
    /// An id in an array that points nowhere.
    Element,
    /// A document of a join model with an end that isn't there.
    Link,
    /// A document that refers to what another one refers to, by the key of a one-to-one. Of several, the one with the
    /// least `_id` is the first, which is what the relation gives; each of the others is such a second.
    Second,
}

/// A reference that is broken.
pub(super) struct Broken {
    pub(super) reference: &'static Reference,
    pub(super) kind: Kind,
    /// The `_id` of the document that holds it.
    pub(super) holder: Bson,
    /// What it holds.
    pub(super) id: Bson,
}

/// What came of some documents.
pub(super) struct Batch {
    pub(super) documents: usize,
    pub(super) broken: Vec<Broken>,
}

impl Reference {
    pub(super) fn kind(&self) -> Kind {
        match self.shape {
            KeyShape::Single => Kind::Key,
            KeyShape::Array => Kind::Element,
            KeyShape::End => Kind::Link,
        }
    }
}

/// The documents of a collection by `_id`, with nothing but some of their keys.
pub(super) struct Walk<'d> {
    exec: Exec<'d>,
    batches: Batches<'d>,
    keys: Vec<ParentCache>,
}

/// A document's id, and the ids that it holds: the number of the key, whether it is one of an array, and the id.
struct Row {
    holder: Bson,
    ids: Vec<(usize, bool, Bson)>,
}

impl<'d> Walk<'d> {
    /// Through a collection, of which these are keys.
    pub(super) async fn open(db: &'d Database, references: &[&'static Reference]) -> Result<Option<Walk<'d>>> {
        let Some(first) = references.first() else {
            return Ok(None);
        };
        let find = Find::new(first.holder.collection, Document::new());
        Self::through(db, references, find, Some(doc! { "_id": 1 })).await.map(Some)
    }

    /// Through the documents that hold some of these under a key, 1,000 at the most; in no order, so that an index can
    /// find them.
    pub(super) async fn among(db: &'d Database, reference: &'static Reference, keys: &[Bson]) -> Result<Walk<'d>> {
        let find = Find::new(reference.holder.collection, filter(reference.field, keys, &Document::new()));
        Self::through(db, &[reference], find, None).await
    }

    async fn through(
        db: &'d Database,
        references: &[&'static Reference],
        find: Find,
        sort: Option<Document>,
    ) -> Result<Walk<'d>> {
        let mut projection = doc! { "_id": 1 };
        projection.extend(references.iter().map(|reference| (reference.field.to_owned(), Bson::Int32(1))));
        let mut options = from_primary();
        options.sort = sort;
        options.projection = Some(projection);
        options.batch_size = Some(STREAM_BATCH);
        let exec = Exec::Database(db);
        let batches = Batches::open(exec, find, options).await?;
        Ok(Self { exec, batches, keys: references.iter().map(|reference| ParentCache::new(reference)).collect() })
    }

    /// What came of the next documents; `None` behind the last. One command, and one for each key and started 1,000 ids
    /// that aren't known from those before.
    pub(super) async fn next(&mut self) -> Result<Option<Batch>> {
        let keys = &self.keys;
        let Some(rows) = self.batches.read(|document| Row::read(keys, document)).await? else {
            return Ok(None);
        };
        for (number, known) in self.keys.iter_mut().enumerate() {
            let ids = rows.iter().flat_map(|row| &row.ids).filter(|(key, _, id)| *key == number && *id != Bson::Null);
            known.load(self.exec, ids.map(|(_, _, id)| id)).await?;
        }
        let documents = rows.len();
        let mut broken = Vec::new();
        for Row { holder, ids } in rows {
            for (number, element, id) in ids {
                let known = &self.keys[number];
                if id == Bson::Null || known.is_missing(&id) {
                    let kind = match known.reference.kind() {
                        Kind::Element if !element => Kind::Key,
                        kind => kind,
                    };
                    broken.push(Broken { reference: known.reference, kind, holder: holder.clone(), id });
                }
            }
        }
        Ok(Some(Batch { documents, broken }))
    }
}

impl Row {
    fn read(keys: &[ParentCache], document: &RawDocument) -> Result<Self> {
        let mut ids = Vec::with_capacity(keys.len());
        for (number, known) in keys.iter().enumerate() {
            let before = ids.len();
            known.reference.each_id(document, |id, element| ids.push((number, element, id)))?;
            // a link that leads nowhere is none, unless its model says that it may
            if ids.len() == before && known.reference.shape == KeyShape::End && !known.reference.nullable {
                ids.push((number, false, Bson::Null));
            }
        }
        Ok(Self { holder: value(document, "_id")?, ids })
    }
}

/// The documents that share a place which is for one.
pub(super) struct Seconds<'d> {
    exec: Exec<'d>,
    place: &'static UniqueKey,
    /// The ids that several documents hold, as the server finds them.
    shared: Batches<'d>,
    waiting: Vec<Bson>,
    /// The documents that hold some of these, and the ids of which one has been seen.
    holders: Option<(Batches<'d>, HashSet<Identity>)>,
}

impl<'d> Seconds<'d> {
    pub(super) async fn open(db: &'d Database, place: &'static UniqueKey) -> Result<Seconds<'d>> {
        let key = place.reference.field;
        let groups = vec![
            doc! { "$match": { "$and": [{ key: { "$ne": Bson::Null } }, place.condition()] } },
            doc! { "$group": { "_id": format!("${key}"), "count": { "$sum": 1 } } },
            doc! { "$match": { "count": { "$gt": 1 } } },
        ];
        let exec = Exec::Database(db);
        let shared = Batches::aggregate(exec, Aggregate::new(place.reference.holder.collection, groups)).await?;
        Ok(Self { exec, place, shared, waiting: Vec::new(), holders: None })
    }

    /// What came of the next documents; `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Batch>> {
        loop {
            if let Some((holders, seen)) = &mut self.holders {
                let key = self.place.reference.field;
                match holders.read(|document| Ok((value(document, "_id")?, value(document, key)?))).await? {
                    Some(rows) => return Ok(Some(self.place.seconds(rows, seen))),
                    None => self.holders = None,
                }
            }
            if self.waiting.is_empty() {
                match self.shared.read(|document| value(document, "_id")).await? {
                    Some(ids) => self.waiting.extend(ids.into_iter().filter(can_be_id)),
                    None => return Ok(None),
                }
            }
            let some = self.waiting.split_off(self.waiting.len().saturating_sub(KEYS_PER_COMMAND));
            if !some.is_empty() {
                self.holders = Some((self.place.holders(self.exec, &some).await?, HashSet::new()));
            }
        }
    }
}

impl UniqueKey {
    async fn holders<'d>(&self, exec: Exec<'d>, ids: &[Bson]) -> Result<Batches<'d>> {
        let Reference { holder, field, .. } = *self.reference;
        let mut options = from_primary();
        options.sort = Some(doc! { "_id": 1 });
        options.projection = Some(doc! { "_id": 1, field: 1 });
        options.batch_size = Some(STREAM_BATCH);
        Batches::open(exec, Find::new(holder.collection, filter(field, ids, &self.condition())), options).await
    }

    fn seconds(&self, rows: Vec<(Bson, Bson)>, seen: &mut HashSet<Identity>) -> Batch {
        let seconds = rows.into_iter().filter(|(_, id)| !seen.insert(identity(id)));
        let reference = self.reference;
        let broken = seconds.map(|(holder, id)| Broken { reference, kind: Kind::Second, holder, id });
        Batch { documents: 0, broken: broken.collect() }
    }
}
