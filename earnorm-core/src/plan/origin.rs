//! Where a step finds its documents: it asks for them, or they came with their parents.

use mongodb::bson::{Document, RawDocument, doc};

use super::found::Fetched;
use crate::store::{Exec, Find};
use crate::{Error, Result};

/// What a step can load from.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    pub(crate) exec: Exec<'a>,
    /// The row of each parent, where a pipeline joined more to it.
    rows: Option<&'a [&'a RawDocument]>,
}

/// What was joined in one slot: each row as it was read, whose it is, and the row itself.
pub(crate) struct Joined<'a, X> {
    pub(crate) found: Fetched<X>,
    pub(crate) rows: Vec<&'a RawDocument>,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(exec: Exec<'a>, rows: Option<&'a [&'a RawDocument]>) -> Self {
        Self { exec, rows }
    }

    /// What was joined for the step at `place`, read by `read`; nothing where it wasn't.
    pub(crate) fn joined<X>(
        self,
        place: usize,
        read: impl Fn(&'a RawDocument) -> Result<X>,
    ) -> Result<Option<Joined<'a, X>>> {
        let Some(parents) = self.rows else {
            return Ok(None);
        };
        let slot = slot(place);
        let (mut children, mut rows, mut of) = (Vec::new(), Vec::new(), Vec::with_capacity(parents.len()));
        for parent in parents {
            let Some(joined) = parent.get(&slot).map_err(mongodb::error::Error::from)? else {
                return Ok(None);
            };
            let first = rows.len();
            for row in joined.as_array().into_iter().flatten() {
                let row = row.map_err(mongodb::error::Error::from)?.as_document();
                let row = row.ok_or_else(|| Error::other("the server joined something else than documents"))?;
                children.push(read(row)?);
                rows.push(row);
            }
            of.push((first..rows.len()).collect());
        }
        Ok(Some(Joined { found: Fetched { children: children.into(), of }, rows }))
    }
}

/// A part of a row.
pub(crate) fn part<'a>(row: &'a RawDocument, name: &str) -> Result<&'a RawDocument> {
    let part = row.get_document(name).map_err(Error::other)?;
    Ok(part)
}

/// The document of a row.
pub(crate) fn document(row: &RawDocument) -> Result<&RawDocument> {
    part(row, DOCUMENT)
}

pub(crate) const DOCUMENT: &str = "d";

pub(crate) fn slot(place: usize) -> String {
    format!("s{place}")
}

/// A query's own stages, and what is joined to its documents.
pub(crate) fn pipeline(find: &Find, joined: Vec<Document>) -> Vec<Document> {
    let mut stages = find.pipeline();
    stages.push(doc! { "$replaceRoot": { "newRoot": { DOCUMENT: "$$ROOT" } } });
    stages.extend(joined);
    stages
}
