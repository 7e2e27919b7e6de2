//! Counters of relations, and the times that writes of related documents set.

use indexmap::IndexMap;
use mongodb::bson::{Bson, DateTime, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::FindOptions;

use super::Table;
use super::raw::{self, Sending, Statement};
use super::stamp::encode_error;
use crate::bson::Identity;
use crate::field::value;
use crate::reference::{CountedKey, counted_in, counters_of, parents};
use crate::schema::{Documents, Visible};
use crate::store::{self, BoxFuture, Exec, among, can_be_id, chunks};
use crate::{Error, Find, Result};

/// What a write does to the counters and times of the documents that count the written ones.
#[derive(Debug, Clone)]
pub(super) struct Movements {
    keys: Vec<&'static CountedKey>,
    each: IndexMap<(usize, Identity), Movement>,
    now: DateTime,
}

#[derive(Debug, Clone)]
struct Movement {
    /// The stored key of the owner.
    key: Bson,
    by: i64,
    /// Whether the owner is touched even if its number stays the same.
    touched: bool,
}

impl Movements {
    /// `None` if nothing counts documents of this model.
    pub(super) fn of(model: Table, now: DateTime) -> Option<Self> {
        let keys: Vec<_> = counted_in(model.documents()).collect();
        (!keys.is_empty()).then(|| Self { keys, each: IndexMap::new(), now })
    }

    /// The projection of the keys, with the id.
    pub(super) fn projection(&self) -> Document {
        projection(self.keys.iter().copied())
    }

    /// The fields of the keys.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().flat_map(|counted| counted.fields())
    }

    /// Adds the keys of a document to the numbers, or takes them away.
    pub(super) fn add(&mut self, document: &RawDocument, by: i64) -> Result<()> {
        self.change(document, by, false)
    }

    /// Touches the owners of a document that was saved as a whole, if it is counted.
    pub(super) fn touch(&mut self, document: &RawDocument) -> Result<()> {
        self.change(document, 0, true)
    }

    /// Adds the keys of a document that was saved as a whole.
    pub(super) fn save(&mut self, document: &RawDocument) -> Result<()> {
        self.change(document, 1, true)
    }

    fn change(&mut self, document: &RawDocument, by: i64, touched: bool) -> Result<()> {
        for (number, counted) in self.keys.iter().enumerate() {
            for (identity, key) in counted.keys_in(document)? {
                let movement = self.each.entry((number, identity)).or_insert(Movement { key, by: 0, touched: false });
                movement.by += by;
                movement.touched |= touched;
            }
        }
        Ok(())
    }

    /// Writes the counters and times: one command for each model whose documents change, and each 1,000 statements.
    pub(super) fn write(self, exec: Exec<'_>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let mut by_owner: Vec<(Table, Vec<Statement>)> = Vec::new();
            for (number, counted) in self.keys.iter().enumerate() {
                let mut groups: IndexMap<i64, Vec<Bson>> = IndexMap::new();
                for ((of, _), Movement { key, by, touched }) in &self.each {
                    // a key that is counted here has a counter or a time
                    if *of == number && (*by != 0 || *touched && counted.touch().is_some()) {
                        groups.entry(*by).or_default().push(key.clone());
                    }
                }
                for (by, keys) in groups {
                    let mut update = Document::new();
                    if let (Some(counter), true) = (counted.counter(), by != 0) {
                        update.insert("$inc", doc! { counter: by });
                    }
                    if let Some(touch) = counted.touch() {
                        update.insert(
                            "$set",
                            doc! { touch.name(): touch.encode(self.now).map_err(encode_error(counted.owner))? },
                        );
                    }
                    let ids = owners(exec, counted, &keys).await?;
                    let statements = chunks(&ids).into_iter().map(|ids| Statement {
                        filter: among("_id", ids),
                        array_filters: Vec::new(),
                        update: update.clone().into(),
                        upsert: false,
                        multi: true,
                    });
                    match by_owner.iter_mut().find(|(owner, _)| owner.documents() == counted.owner.documents()) {
                        Some((_, all)) => all.extend(statements),
                        None => by_owner.push((counted.owner, statements.collect())),
                    }
                }
            }
            for (owner, statements) in by_owner {
                send(exec, owner, statements).await?;
            }
            Ok(())
        })
    }
}

pub(super) async fn send(exec: Exec<'_>, owner: Table, statements: Vec<Statement>) -> Result<()> {
    let error = |error| Error::write_to(owner.name, error);
    // deleted documents keep their counters right, because they can be restored
    let updated =
        raw::update_all(exec, owner.documents().with_deleted(), statements, Sending::UNORDERED).await.map_err(error)?;
    updated.errors.into_iter().next().map_or(Ok(()), |(_, failure)| Err(error(failure)))
}

/// The stored ids of the documents that these keys refer to.
async fn owners(exec: Exec<'_>, counted: &CountedKey, keys: &[Bson]) -> Result<Vec<Bson>> {
    let stored = counted.reference.stored;
    if keys.iter().all(|key| stored.can_convert(key)) {
        return Ok(keys.iter().map(|key| stored.id(key)).filter(can_be_id).collect());
    }
    Ok(parents(exec, counted.reference, Visible::All, keys).await?.into_iter().flatten().collect())
}

fn projection(keys: impl Iterator<Item = &'static CountedKey>) -> Document {
    let fields = keys.flat_map(CountedKey::fields);
    std::iter::once("_id").chain(fields).map(|field| (field.to_owned(), Bson::Int32(1))).collect()
}

/// The ids and the keys of documents that a write is about to change, in memory.
pub(super) async fn read_keys(
    exec: Exec<'_>,
    of: impl Into<Documents>,
    filter: Document,
    projection: Document,
    mut options: FindOptions,
) -> Result<Vec<(Bson, RawDocumentBuf)>> {
    options.projection = Some(projection);
    let read = |document: &RawDocument| Ok((value(document, "_id")?, document.to_owned()));
    store::find_on_primary(exec, Find::new(of, filter), options, read).await
}

/// The counters of ids that a document holds itself, in an array.
pub(super) fn own_counters(model: Table) -> impl Iterator<Item = (&'static CountedKey, &'static str)> {
    counters_of(model.documents()).filter(|key| key.own).filter_map(|key| Some((key, key.counter()?)))
}

/// The stage that counts the ids that a document holds itself; empty if it has no such counter.
pub(super) fn own_counts(model: Table) -> Document {
    let each = own_counters(model).map(|(counted, counter)| {
        let ids = format!("${}", counted.reference.field);
        let ids = doc! { "$cond": [{ "$isArray": &ids }, &ids, []] };
        let known = doc! { "$filter": { "input": ids, "cond": { "$ne": ["$$this", Bson::Null] } } };
        (counter.to_owned(), Bson::from(doc! { "$size": { "$setUnion": [known, []] } }))
    });
    each.collect()
}

/// Whether writes of these documents change other documents, or count their own ids after an update.
pub(crate) fn is_counted(model: Table) -> bool {
    counted_in(model.documents()).next().is_some() || own_counters(model).next().is_some()
}

/// Whether [`kept_in_place`] has any fields.
pub(super) fn has_fields_in_place(model: Table) -> bool {
    let mut counters = counters_of(model.documents());
    model.config.guard.is_some() || counters.any(|key| !key.own && key.counter().is_some() || key.touch().is_some())
}

/// The fields of a document that writes of others change. A save of the whole document keeps them.
pub(super) fn kept_in_place(model: Table, document: &Document) -> Document {
    let mut kept = Document::new();
    let in_memory = |name: &str| document.get(name).cloned();
    if let Some(guard) = model.config.guard {
        kept.insert(
            guard,
            doc! { "$ifNull": [format!("${guard}"), { "$literal": in_memory(guard).unwrap_or(Bson::Int32(0)) }] },
        );
    }
    for counted in counters_of(model.documents()) {
        if let (Some(counter), false) = (counted.counter(), counted.own) {
            kept.insert(counter, doc! { "$ifNull": [format!("${counter}"), zero(in_memory(counter).as_ref())] });
        }
        if let (Some(touch), Some(time)) = (counted.touch(), counted.touch().and_then(|touch| in_memory(touch.name())))
        {
            kept.insert(touch.name(), doc! { "$max": [format!("${}", touch.name()), { "$literal": time }] });
        }
    }
    kept
}

/// Zero, in the type of this number.
pub(super) fn zero(like: Option<&Bson>) -> Bson {
    match like {
        Some(Bson::Int32(_)) => Bson::Int32(0),
        _ => Bson::Int64(0),
    }
}
