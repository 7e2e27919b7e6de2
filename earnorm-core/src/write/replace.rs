//! Writes of whole documents that replace the stored ones, or insert them.

use mongodb::bson::{Bson, DateTime, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, UpdateModifications, UpdateOptions};

use super::counters::{Movements, has_fields_in_place, kept_in_place, read_keys};
use super::raw::{Sending, Statement};
use super::stamp::{Stamped, creation, has_version, replacing};
use super::{Stamps, Table, raw};
use crate::error::codes::{CONVERSION_FAILURE, has_code};
use crate::error::is_duplicate_id;
use crate::schema::Stamp;
use crate::store::{Exec, among, atomically, chunks, equal};
use crate::{Error, Result, bson};

/// A document that replaces the stored one with the same id.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    model: Table,
    id: Bson,
    stamped: Stamped,
    now: DateTime,
}

impl Replacement {
    /// `now` is the time of the call. For an enum, `model` is that of the document's variant.
    pub(crate) fn new(model: Table, id: Bson, document: RawDocumentBuf, now: DateTime) -> Result<Self> {
        Ok(Self { model, id, stamped: replacing(model, document, now)?, now })
    }

    pub(crate) fn document(&self) -> &RawDocument {
        &self.stamped.document
    }

    pub(super) fn id(&self) -> &Bson {
        &self.id
    }

    /// The version in memory, which the stored document has to have; `None` if the model has no versions.
    fn expected(&self) -> Option<i64> {
        self.stamped.stamp?.before.filter(|_| self.model.config.version.is_some())
    }

    /// Whether the document is inserted if none is stored: not if it had a version, because then it has been deleted.
    fn inserts(&self) -> bool {
        self.expected().is_none_or(|version| version == 0)
    }

    fn filter(&self) -> Document {
        let mut filter = equal("_id", self.id.clone());
        filter.extend(has_version(self.model, self.expected()));
        filter
    }

    fn plain(&self) -> Result<Document> {
        let plain = Document::try_from(&*self.stamped.document);
        plain.map_err(|e| Error::Encode { model: self.model.name, source: bson::EncodeError::new(e) })
    }

    /// Whether the server has to compute fields of the stored document; see [`fields_in_place`](Self::fields_in_place).
    fn has_fields_in_place(&self) -> bool {
        self.sets_creation() || has_fields_in_place(self.model)
    }

    fn sets_creation(&self) -> bool {
        self.inserts() && self.model.config.created_at.is_some()
    }

    /// The fields of the stored document that don't get their values from the one in memory, as expressions: the time of the
    /// creation of a document that is inserted, and what writes of other documents change, which are counters, the times of
    /// `touch` and guards.
    fn fields_in_place(&self, document: &Document) -> Result<Document> {
        let mut fields = kept_in_place(self.model, document);
        if let (Some((name, now)), true) = (creation(self.model, self.now)?, self.sets_creation()) {
            // of a document that is inserted, the pipeline sees only the values that the filter requires: the id and the tag
            let required = self.model.documents().only(equal("_id", self.id.clone())).len();
            let required = i32::try_from(required).unwrap_or(1);
            let is_new = doc! { "$lte": [{ "$size": { "$objectToArray": "$$ROOT" } }, required] };
            let in_memory = document.get(name).cloned().unwrap_or(Bson::Null);
            fields.insert(name, doc! { "$cond": [is_new, { "$literal": now }, { "$literal": in_memory }] });
        }
        Ok(fields)
    }

    /// The stored document as an expression.
    fn expression(&self) -> Result<Document> {
        let document = self.plain()?;
        let fields = self.fields_in_place(&document)?;
        let document = doc! { "$literal": document };
        Ok(if fields.is_empty() {
            document
        } else {
            doc! { "$mergeObjects": [document, fields] }
        })
    }

    /// The update that stores the document.
    fn pipeline(&self) -> Result<Vec<Document>> {
        Ok(vec![doc! { "$replaceWith": self.expression()? }])
    }

    fn statement(&self) -> Result<Statement> {
        let update = if self.has_fields_in_place() {
            UpdateModifications::Pipeline(self.pipeline()?)
        } else {
            id_first(self.plain()?).into()
        };
        let filter = self.model.documents().only(self.filter());
        Ok(Statement { filter, update, array_filters: Vec::new(), upsert: self.inserts(), multi: false })
    }

    /// The statement for a command with several writes, whose reply doesn't say which of them matched a document. If the
    /// stored version is another one, the server refuses this statement.
    pub(super) fn exact_statement(&self) -> Result<Statement> {
        let versioned = self.model.config.version.zip(self.expected());
        let Some((name, version)) = versioned.filter(|_| !self.inserts()) else { return self.statement() };
        let is_current = doc! { "$eq": [format!("${name}"), version] };
        // The name of a type is not a number, so this fails. The server can't know that before it has a document.
        let failure = doc! { "$toInt": { "$type": "$_id" } };
        let stored = doc! { "$cond": [is_current, self.expression()?, failure] };
        let update = UpdateModifications::Pipeline(vec![doc! { "$replaceWith": stored }]);
        let filter = self.model.documents().only(equal("_id", self.id.clone()));
        // an upsert also evaluates the pipeline if no document matches, so that it fails for a deleted one too
        Ok(Statement { filter, update, array_filters: Vec::new(), upsert: true, multi: false })
    }

    fn stale(&self) -> Error {
        Error::Stale { model: self.model.name, id: Box::new(self.id.clone()) }
    }

    /// The error of a write that the server refused.
    pub(super) fn error(&self, error: mongodb::error::Error) -> Error {
        // a document with this id is stored that the filter doesn't match
        let is_stale = is_duplicate_id(&error) || has_code(&error, &[CONVERSION_FAILURE]);
        if is_stale && self.expected().is_some() {
            return self.stale();
        }
        if is_stale && self.model.config.soft_delete.is_some() {
            return Error::Deleted { model: self.model.name, id: Box::new(self.id.clone()) };
        }
        Error::write_to(self.model.name, error)
    }

    pub(super) fn stamp(&self, inserted: bool) -> Option<Stamp> {
        self.stamped.stamp.map(|stamp| Stamp { created: inserted, ..stamp })
    }
}

/// Moves `_id` to the front, so that the first name of the document can't be treated as an update operator.
fn id_first(mut document: Document) -> Document {
    let mut ordered = Document::new();
    ordered.extend(document.remove("_id").map(|id| ("_id".to_owned(), id)));
    ordered.extend(document);
    ordered
}

/// Replaces a document, or inserts it. One command. If other documents count it, more in one transaction.
pub(crate) async fn replace(exec: Exec<'_>, one: Replacement) -> Result<Stamps> {
    if let Some(movements) = Movements::of(one.model, one.now) {
        return Box::pin(atomically(exec, async |exec| replace_counted(exec, &one, movements.clone()).await)).await;
    }
    let (model, filter, inserts) = (one.model, one.filter(), one.inserts());
    let outcome = if one.has_fields_in_place() {
        let options = UpdateOptions::builder().upsert(inserts).build();
        raw::update_one(exec, model, filter, one.pipeline()?, options).await
    } else {
        raw::replace_one(exec, model, filter, one.stamped.document.clone(), inserts).await
    };
    let result = outcome.map_err(|error| one.error(error))?;
    if !inserts && result.matched_count == 0 {
        return Err(one.stale());
    }
    Ok(one.stamp(result.upserted_id.is_some()).into_iter().collect())
}

/// Replaces a document that others count: the reply has the keys that it had before.
async fn replace_counted(exec: Exec<'_>, one: &Replacement, mut movements: Movements) -> Result<Stamps> {
    let (pipeline, projection) = (one.pipeline()?, movements.projection());
    let before = raw::find_one_and_replace(exec, one.model, one.filter(), pipeline, projection, one.inserts()).await;
    let before = before.map_err(|error| one.error(error))?;
    match &before {
        Some(before) => movements.add(before, -1)?,
        None if one.inserts() => {}
        None => return Err(one.stale()),
    }
    movements.save(&one.stamped.document)?;
    movements.write(exec).await?;
    Ok(one.stamp(before.is_none()).into_iter().collect())
}

/// Replaces or inserts documents of one collection, in their order. One command for each 1,000. It stops at the first one that
/// the server refuses, also because of its version.
pub(crate) async fn replace_all(exec: Exec<'_>, of: Table, all: Vec<Replacement>) -> Result<Stamps> {
    let now = all.first().map_or_else(DateTime::now, |one| one.now);
    let Some(movements) = Movements::of(of, now).filter(|_| !all.is_empty()) else {
        return send_all(exec, of, &all).await;
    };
    Box::pin(atomically(exec, async |exec| {
        let mut movements = movements.clone();
        let ids: Vec<Bson> = all.iter().map(|one| one.id.clone()).collect();
        for ids in chunks(&ids) {
            let before = read_keys(exec, of, among("_id", ids), movements.projection(), FindOptions::default());
            for (_, keys) in before.await? {
                movements.add(&keys, -1)?;
            }
        }
        let stamps = send_all(exec, of, &all).await?;
        for one in &all {
            movements.save(&one.stamped.document)?;
        }
        movements.write(exec).await?;
        Ok(stamps)
    }))
    .await
}

async fn send_all(exec: Exec<'_>, of: Table, all: &[Replacement]) -> Result<Stamps> {
    let statements = all.iter().map(Replacement::exact_statement).collect::<Result<Vec<_>>>()?;
    let sent = raw::update_all(exec, of, statements, Sending::ORDERED).await;
    let updated = sent.map_err(|error| Error::write_to(of.name, error))?;
    if let Some((index, error)) = updated.errors.into_iter().next() {
        return Err(match all.get(index) {
            Some(one) => one.error(error),
            None => Error::write_to(of.name, error),
        });
    }
    let stamps = all.iter().enumerate().filter_map(|(index, one)| one.stamp(updated.inserted.contains(&index)));
    Ok(stamps.collect())
}
