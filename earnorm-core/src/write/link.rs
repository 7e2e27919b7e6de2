//! Writes of links, the documents of a join model: each pair is stored once.

use mongodb::bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use mongodb::options::{UpdateModifications, UpdateOptions};

use super::raw::Statement;
use super::stamp::{creation, insert_members, update_expressions};
use super::{Table, raw};
use crate::store::Exec;
use crate::{Error, Result};

/// An upsert of a link.
#[derive(Debug, Clone)]
pub(crate) struct LinkWrite {
    filter: Document,
    update: UpdateModifications,
}

impl LinkWrite {
    /// Stores the link, or leaves an existing one unchanged.
    ///
    /// It sets the document as a literal, and so does [`in_place`](Self::in_place): `$setOnInsert` and `$set` would
    /// take a field name with a dot for a path, and would keep fields that the new document doesn't have.
    pub(crate) fn unless_there(model: Table, filter: Document, mut document: Document) -> Result<Self> {
        insert_members(model, &mut document, DateTime::now())?;
        let is_new = doc! { "$eq": [{ "$type": "$_id" }, "missing"] };
        let stored = doc! { "$cond": [is_new, { "$literal": document }, "$$ROOT"] };
        Ok(Self { filter, update: replacement(stored) })
    }

    /// Stores the link, or replaces an existing one. That one keeps its `_id` and the time of its creation.
    pub(crate) fn in_place(model: Table, filter: Document, mut document: Document) -> Result<Self> {
        let now = DateTime::now();
        let id = document.remove("_id").unwrap_or(Bson::Null);
        let kept = doc! { "_id": { "$ifNull": ["$_id", { "$literal": id }] } };
        let mut managed = update_expressions(model, now)?;
        if let Some((name, now)) = creation(model, now)? {
            managed.insert(name, doc! { "$ifNull": [format!("${name}"), { "$literal": now }] });
        }
        let mut parts = vec![kept, doc! { "$literal": document }];
        parts.extend((!managed.is_empty()).then_some(managed));
        Ok(Self { filter, update: replacement(doc! { "$mergeObjects": parts }) })
    }
}

/// The update that replaces a document with the value of an expression.
fn replacement(expression: Document) -> UpdateModifications {
    UpdateModifications::Pipeline(vec![doc! { "$replaceWith": expression }])
}

/// Writes links, many in each command.
pub(crate) async fn write_links(exec: Exec<'_>, model: Table, links: Vec<LinkWrite>) -> Result<()> {
    let links = links.into_iter();
    let statements =
        links.map(|LinkWrite { filter, update }| Statement { filter, update, upsert: true, multi: false }).collect();
    let error = |error| Error::write_to(model.name, error);
    let updated = raw::update_all(exec, model, statements, false).await.map_err(error)?;
    updated.errors.into_iter().next().map_or(Ok(()), |(_, failure)| Err(error(failure)))
}

/// Writes a link, and returns whether it is new. One command.
pub(crate) async fn write_link(exec: Exec<'_>, model: Table, link: LinkWrite) -> Result<bool> {
    let options = UpdateOptions::builder().upsert(true).build();
    let upserted = raw::update_one(exec, model, link.filter, link.update, options).await;
    Ok(upserted.map_err(|error| Error::write_to(model.name, error))?.upserted_id.is_some())
}

/// Writes a link, and returns it as it is stored. One command.
pub(crate) async fn put_link(exec: Exec<'_>, model: Table, link: LinkWrite) -> Result<Option<RawDocumentBuf>> {
    let put = raw::find_one_and_upsert(exec, model, link.filter, link.update).await;
    put.map_err(|error| Error::write_to(model.name, error))
}
