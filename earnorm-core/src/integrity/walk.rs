//! A walk through a collection in bounded memory, which returns its broken references batch by batch.

use std::collections::HashSet;

use mongodb::Database;
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, doc};
use mongodb::options::FindOptions;
use serde::Serialize;

use crate::bson::{Identity, from_raw, identity};
use crate::field::value;
use crate::reference::{ParentCache, Reference, UniqueKey, each_tagged, from_primary};
use crate::schema::{Documents, KeyShape, Visible};
use crate::store::{Aggregate, Batches, Exec, Executor, KEYS_PER_COMMAND, STREAM_BATCH, can_be_id, filter};
use crate::{Error, Find, Result};

/// In which way a reference is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A key that refers to a document that doesn't exist.
    Key,
    /// An id in an array that refers to a document that doesn't exist.
    Element,
    /// A document of a join model, one of whose ends doesn't exist.
    Link,
    /// A document with the same key of a one-to-one as another document. The relation returns the document with the
    /// least `_id`; all others are of this kind.
    Second,
    /// A reference to several models whose tag is none of the variants. [`Report::repair`](super::Report::repair) doesn't
    /// change it.
    Tag,
    /// A key that closes a cycle of documents of one model: a category that is below itself. Only a scan with
    /// [`Scan::cycles`](super::Scan::cycles) looks for these, and reports each cycle once, at its document with the least
    /// `_id`. [`Report::repair`](super::Report::repair) doesn't change it.
    Cycle,
    /// A counter of a relation (`counter = ..`) that isn't the number of related documents.
    /// [`Report::repair`](super::Report::repair) corrects it.
    Counter,
    /// The key refers to a deleted document, which can be restored. Found only by a scan with
    /// [`deleted`](super::Scan::deleted), and never repaired.
    Deleted,
}

/// A broken reference.
pub(super) struct Broken {
    pub(super) reference: &'static Reference,
    pub(super) kind: Kind,
    /// The `_id` of the document that holds it.
    pub(super) holder: Bson,
    /// The id that it holds.
    pub(super) id: Bson,
    /// The tag, if it is unknown.
    pub(super) tag: Option<Bson>,
}

/// The broken references of one batch of documents.
pub(super) struct Findings {
    pub(super) documents: usize,
    pub(super) broken: Vec<Broken>,
}

impl Reference {
    pub(super) fn kind(&self) -> Kind {
        match self.shape {
            KeyShape::Single => Kind::Key,
            KeyShape::Array | KeyShape::Elements => Kind::Element,
            KeyShape::End => Kind::Link,
        }
    }
}

/// Reads the ids of documents and these keys of them, in batches.
pub(super) async fn read_keys<'d>(
    db: &'d Database,
    references: &[&'static Reference],
    find: Find,
    sort: Option<Document>,
) -> Result<Batches<'d>> {
    let mut projection = doc! { "_id": 1 };
    let fields = references.iter().flat_map(|reference| reference.fields());
    projection.extend(fields.map(|name| (name.to_owned(), Bson::Int32(1))));
    Batches::open(db.executor(), find, read_options(sort, projection)).await
}

/// The options of a query that reads these fields of many documents, in batches.
pub(super) fn read_options(sort: Option<Document>, projection: Document) -> FindOptions {
    let mut options = from_primary();
    options.sort = sort;
    options.projection = Some(projection);
    options.batch_size = Some(STREAM_BATCH);
    options
}

/// Reads some keys of all documents of a collection, in the order of their `_id`.
pub(super) struct Walk<'d> {
    exec: Exec<'d>,
    batches: Batches<'d>,
    keys: Vec<ParentCache>,
    /// For the keys that may refer to deleted documents, by their places in `keys`, if these are searched.
    live: Vec<(usize, ParentCache)>,
}

/// A document's id, and the ids that it holds: the index of the key, whether the id is an element of an array, and the
/// id.
struct Row {
    holder: Bson,
    /// Whether it is deleted.
    deleted: bool,
    ids: Vec<(usize, bool, Bson)>,
    /// The references with unknown tags.
    unknown: Vec<Broken>,
}

impl<'d> Walk<'d> {
    /// Reads the documents of a collection with these keys.
    pub(super) async fn open(
        db: &'d Database,
        references: &[&'static Reference],
        deleted: bool,
    ) -> Result<Option<Walk<'d>>> {
        let Some(first) = references.first() else {
            return Ok(None);
        };
        let holder = first.holder.documents();
        let alike = references.iter().all(|reference| reference.holder.documents() == holder);
        let walked = if alike { holder } else { Documents::all_in(holder.collection) };
        // a reference of a deleted document counts, because a restore brings it back
        let find = Find::new(walked.with_deleted(), Document::new());
        let mut walk = Self::through(db, references, find, Some(doc! { "_id": 1 })).await?;
        if deleted {
            let marked = references.iter().enumerate().filter(|(_, reference)| reference.parents.mark.is_some());
            walk.live = marked.map(|(number, one)| (number, ParentCache::new(one, Visible::Live))).collect();
        }
        Ok(Some(walk))
    }

    /// Reads the documents that hold one of at most 1,000 values under a key. They aren't sorted, so that an index on
    /// the key can be used.
    pub(super) async fn among(db: &'d Database, reference: &'static Reference, keys: &[Bson]) -> Result<Walk<'d>> {
        let find = Find::new(reference.holder.documents().with_deleted(), reference.holding(keys));
        Self::through(db, &[reference], find, None).await
    }

    async fn through(
        db: &'d Database,
        references: &[&'static Reference],
        find: Find,
        sort: Option<Document>,
    ) -> Result<Walk<'d>> {
        let (exec, batches) = (db.executor(), read_keys(db, references, find, sort).await?);
        let keys = references.iter().map(|reference| ParentCache::new(reference, Visible::All)).collect();
        Ok(Self { exec, batches, keys, live: Vec::new() })
    }

    /// The findings of the next batch of documents; `None` after the last one. One command, and one for each key and
    /// each 1,000 ids that weren't checked before.
    pub(super) async fn next(&mut self) -> Result<Option<Findings>> {
        let keys = &self.keys;
        let Some(rows) = self.batches.read(|document| Row::read(keys, document)).await? else {
            return Ok(None);
        };
        for (number, known) in self.keys.iter_mut().enumerate() {
            let ids = rows.iter().flat_map(|row| &row.ids).filter(|(key, _, id)| *key == number && *id != Bson::Null);
            known.load(self.exec, ids.map(|(_, _, id)| id)).await?;
        }
        for (number, live) in &mut self.live {
            let rows = rows.iter().filter(|row| !row.deleted).flat_map(|row| &row.ids);
            let ids = rows.filter(|(key, _, id)| key == number && *id != Bson::Null);
            live.load(self.exec, ids.map(|(_, _, id)| id)).await?;
        }
        let documents = rows.len();
        let mut broken = Vec::new();
        for Row { holder, deleted, ids, unknown } in rows {
            broken.extend(unknown);
            for (number, element, id) in ids {
                let known = &self.keys[number];
                let live = self.live.iter().find(|(key, _)| *key == number && !deleted);
                if id == Bson::Null || known.is_missing(&id) {
                    let kind = match known.reference.kind() {
                        Kind::Element if !element => Kind::Key,
                        kind => kind,
                    };
                    broken.push(Broken { reference: known.reference, kind, holder: holder.clone(), id, tag: None });
                } else if live.is_some_and(|(_, live)| live.is_missing(&id)) {
                    let (reference, kind) = (known.reference, Kind::Deleted);
                    broken.push(Broken { reference, kind, holder: holder.clone(), id, tag: None });
                }
            }
        }
        Ok(Some(Findings { documents, broken }))
    }
}

impl Row {
    fn read(keys: &[ParentCache], document: &RawDocument) -> Result<Self> {
        let mut ids = Vec::with_capacity(keys.len());
        let (mut unknown, holder) = (Vec::new(), value(document, "_id")?);
        for (number, known) in keys.iter().enumerate() {
            if !known.reference.is_in(document) {
                continue;
            }
            let place = |known: &ParentCache| (known.reference.location().holder, known.reference.field);
            let is_first = number == 0 || place(&keys[number - 1]) != place(known);
            if let (Some(tag), true) = (&known.reference.tag, is_first) {
                each_tagged(document, known.reference.path, tag, &mut |stored, id| {
                    let stored = from_raw(stored).map_err(Error::other)?;
                    if stored != Bson::Null && !tag.is_known(&stored) {
                        let (reference, id) = (known.reference, from_raw(id).map_err(Error::other)?);
                        unknown.push(Broken {
                            reference,
                            kind: Kind::Tag,
                            holder: holder.clone(),
                            id,
                            tag: Some(stored),
                        });
                    }
                    Ok(())
                })?;
            }
            let before = ids.len();
            known.reference.each_id(document, |id, element| ids.push((number, element, id)))?;
            // a link without an end is broken, unless its model allows it
            let has_end = ids.len() > before || known.reference.shape != KeyShape::End || known.reference.nullable;
            if !has_end && lacks_end(document, known.reference, is_first)? {
                ids.push((number, false, Bson::Null));
            }
        }
        let marks: HashSet<_> = keys.iter().filter_map(|known| known.reference.holder.config.soft_delete).collect();
        let mut deleted = false;
        for mark in marks {
            deleted |= value(document, mark)? != Bson::Null;
        }
        Ok(Self { holder, deleted, ids, unknown })
    }
}

/// Whether the end that a link lacks is one of this reference: its tag says so. A link without a tag lacks that of the first
/// variant.
fn lacks_end(document: &RawDocument, reference: &Reference, is_first: bool) -> Result<bool> {
    let Some(tag) = &reference.tag else { return Ok(true) };
    let mut lacks = false;
    each_tagged(document, reference.path, tag, &mut |stored, _| {
        lacks = match stored {
            RawBsonRef::Null => is_first,
            stored => stored.as_str() == Some(tag.value),
        };
        Ok(())
    })?;
    Ok(lacks)
}

/// Finds the documents that have the same key of a one-to-one.
pub(super) struct Seconds<'d> {
    exec: Exec<'d>,
    place: &'static UniqueKey,
    /// The ids that several documents hold, as the server returns them.
    shared: Batches<'d>,
    /// Ids whose holders weren't read yet.
    waiting: Vec<Bson>,
    /// The documents that hold some of the ids, and the ids of which one document was read.
    holders: Option<(Batches<'d>, HashSet<Identity>)>,
}

impl<'d> Seconds<'d> {
    pub(super) async fn open(db: &'d Database, place: &'static UniqueKey) -> Result<Seconds<'d>> {
        let key = place.reference.field;
        let groups = vec![
            doc! { "$match": place.holder.only(doc! { "$and": [{ key: { "$ne": Bson::Null } }, place.condition()] }) },
            doc! { "$group": { "_id": format!("${key}"), "count": { "$sum": 1 } } },
            doc! { "$match": { "count": { "$gt": 1 } } },
        ];
        let exec = db.executor();
        let shared = Batches::aggregate(exec, Aggregate::new(place.holder.collection, groups)).await?;
        Ok(Self { exec, place, shared, waiting: Vec::new(), holders: None })
    }

    /// The findings of the next batch of documents; `None` after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Findings>> {
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
        let field = self.reference.field;
        let options = read_options(Some(doc! { "_id": 1 }), doc! { "_id": 1, field: 1 });
        Batches::open(exec, Find::new(self.holder, filter(field, ids, &self.condition())), options).await
    }

    fn seconds(&self, rows: Vec<(Bson, Bson)>, seen: &mut HashSet<Identity>) -> Findings {
        let seconds = rows.into_iter().filter(|(_, id)| !seen.insert(identity(id)));
        let reference = self.reference;
        let broken = seconds.map(|(holder, id)| Broken { reference, kind: Kind::Second, holder, id, tag: None });
        Findings { documents: 0, broken: broken.collect() }
    }
}
