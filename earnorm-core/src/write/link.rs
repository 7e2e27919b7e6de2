//! Writes of links, the documents of a join model: each pair is stored once.

use mongodb::bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, UpdateModifications, UpdateOptions};

use super::counters::{Movements, read_keys, zero};
use super::raw::{Sending, Statement};
use super::stamp::{creation, encode_error, insert_members, update_expressions};
use super::{Table, raw};
use crate::bson::EncodeError;
use crate::store::{Exec, atomically};
use crate::{Error, Result};

/// An upsert of a link.
#[derive(Debug, Clone)]
pub(crate) struct LinkWrite {
    filter: Document,
    update: UpdateModifications,
    /// The link that is stored if it is new.
    document: Document,
}

impl LinkWrite {
    /// Stores the link, or leaves an existing one unchanged.
    ///
    /// It sets the document as a literal, and so does [`in_place`](Self::in_place): `$setOnInsert` and `$set` would
    /// take a field name with a dot for a path, and would keep fields that the new document doesn't have.
    pub(crate) fn unless_there(model: Table, filter: Document, mut document: Document, now: DateTime) -> Result<Self> {
        insert_members(model, &mut document, now)?;
        let is_new = doc! { "$eq": [{ "$type": "$_id" }, "missing"] };
        let stored = doc! { "$cond": [is_new, { "$literal": &document }, "$$ROOT"] };
        Ok(Self { filter, update: replacement(stored), document })
    }

    /// Stores the link, or replaces an existing one. That one keeps its `_id` and the time of its creation.
    pub(crate) fn in_place(model: Table, filter: Document, mut document: Document) -> Result<Self> {
        let now = DateTime::now();
        let id = document.remove("_id").unwrap_or(Bson::Null);
        let kept = doc! { "_id": { "$ifNull": ["$_id", { "$literal": id }] } };
        let mut managed = update_expressions(model, now)?;
        if let Some(name) = model.config.version {
            // of the type that the new document has
            let none = zero(document.get(name));
            managed.insert(name, doc! { "$add": [{ "$ifNull": [format!("${name}"), none] }, 1] });
        }
        if let Some((name, now)) = creation(model, now)? {
            managed.insert(name, doc! { "$ifNull": [format!("${name}"), { "$literal": now }] });
        }
        let mut parts = vec![kept, doc! { "$literal": &document }];
        parts.extend((!managed.is_empty()).then_some(managed));
        Ok(Self { filter, update: replacement(doc! { "$mergeObjects": parts }), document })
    }

    fn encoded(&self, model: Table) -> Result<RawDocumentBuf> {
        let encoded = RawDocumentBuf::try_from(&self.document);
        encoded.map_err(|e| encode_error(model)(EncodeError::new(e)))
    }
}

/// The update that replaces a document with the value of an expression.
fn replacement(expression: Document) -> UpdateModifications {
    UpdateModifications::Pipeline(vec![doc! { "$replaceWith": expression }])
}

/// Writes links, many in each command. If other documents count them, more in one transaction.
pub(crate) async fn write_links(exec: Exec<'_>, model: Table, links: Vec<LinkWrite>) -> Result<()> {
    let Some(movements) = Movements::of(model, DateTime::now()).filter(|_| !links.is_empty()) else {
        return send_links(exec, model, &links).await.map(|_| ());
    };
    Box::pin(atomically(exec, async |exec| {
        let mut movements = movements.clone();
        for index in send_links(exec, model, &links).await? {
            if let Some(link) = links.get(index) {
                movements.add(&link.encoded(model)?, 1)?;
            }
        }
        movements.write(exec).await
    }))
    .await
}

/// Writes links, and returns the numbers of those that are new.
async fn send_links(exec: Exec<'_>, model: Table, links: &[LinkWrite]) -> Result<Vec<usize>> {
    let statements = links.iter().cloned().map(|LinkWrite { filter, update, .. }| Statement {
        filter,
        update,
        array_filters: Vec::new(),
        upsert: true,
        multi: false,
    });
    let error = |error| Error::write_to(model.name, error);
    let updated = raw::update_all(exec, model, statements.collect(), Sending::UNORDERED).await.map_err(error)?;
    match updated.errors.into_iter().next() {
        Some((_, failure)) => Err(error(failure)),
        None => Ok(updated.inserted),
    }
}

/// Writes a link, and returns whether it is new. One command. If other documents count it, more in one transaction.
pub(crate) async fn write_link(exec: Exec<'_>, model: Table, link: LinkWrite) -> Result<bool> {
    let send = async |exec: Exec<'_>, link: LinkWrite| {
        let options = UpdateOptions::builder().upsert(true).build();
        let upserted = raw::update_one(exec, model, link.filter, link.update, options).await;
        Ok(upserted.map_err(|error| Error::write_to(model.name, error))?.upserted_id.is_some())
    };
    let Some(movements) = Movements::of(model, DateTime::now()) else { return send(exec, link).await };
    Box::pin(atomically(exec, async |exec| {
        let mut movements = movements.clone();
        let is_new = send(exec, link.clone()).await?;
        if is_new {
            movements.add(&link.encoded(model)?, 1)?;
            movements.write(exec).await?;
        }
        Ok(is_new)
    }))
    .await
}

/// Writes a link, and returns it as it is stored. One command. If other documents count it, more in one transaction.
pub(crate) async fn put_link(exec: Exec<'_>, model: Table, link: LinkWrite) -> Result<Option<RawDocumentBuf>> {
    let send = async |exec: Exec<'_>, link: LinkWrite| {
        let put = raw::find_one_and_upsert(exec, model, link.filter, link.update).await;
        put.map_err(|error| Error::write_to(model.name, error))
    };
    let Some(movements) = Movements::of(model, DateTime::now()) else { return send(exec, link).await };
    Box::pin(atomically(exec, async |exec| {
        let mut movements = movements.clone();
        let options = FindOptions::builder().limit(1).build();
        let before = read_keys(exec, model, link.filter.clone(), movements.projection(), options).await?;
        let stored = send(exec, link.clone()).await?;
        if let Some(stored) = &stored {
            for (_, keys) in &before {
                movements.add(keys, -1)?;
            }
            movements.save(stored)?;
            movements.write(exec).await?;
        }
        Ok(stored)
    }))
    .await
}
