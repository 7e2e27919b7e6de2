//! Where a step finds its documents: in the replies of its own commands, or in the rows of its parents.

use mongodb::bson::{Document, RawDocument, doc};

use super::found::Fetched;
use crate::store::{Exec, Find};
use crate::{Error, Result};

/// The source of a step's documents.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    pub(crate) exec: Exec<'a>,
    /// The row of each parent, if a pipeline joined documents to it.
    rows: Option<&'a [&'a RawDocument]>,
}

/// The documents that a pipeline joined for one step: as they were read, by their parents, and as rows.
pub(crate) struct Joined<'a, X> {
    pub(crate) found: Fetched<X>,
    pub(crate) rows: Vec<&'a RawDocument>,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(exec: Exec<'a>, rows: Option<&'a [&'a RawDocument]>) -> Self {
        Self { exec, rows }
    }

    /// The documents that were joined for the step at `place`, read by `read`; `None` if that step wasn't joined.
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
                let row = row.ok_or_else(|| Error::other("the server joined a value that is not a document"))?;
                children.push(read(row)?);
                rows.push(row);
            }
            of.push((first..rows.len()).collect());
        }
        Ok(Some(Joined { found: Fetched { children: children.into(), of }, rows }))
    }
}

/// The subdocument of a row with this name.
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

/// The stages of a query, followed by the stages that join related documents.
pub(crate) fn pipeline(find: &Find, joined: Vec<Document>) -> Vec<Document> {
    let mut stages = find.pipeline();
    stages.push(doc! { "$replaceRoot": { "newRoot": { DOCUMENT: "$$ROOT" } } });
    stages.extend(joined);
    stages
}
