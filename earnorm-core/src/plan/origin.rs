//! Where a step finds its documents: in the replies of its own commands, or in the rows of its parents.

use mongodb::bson::{Document, RawDocument, doc};

use super::found::Indices;
use super::view::{Fields, View};
use crate::store::{Batch, Chosen, Exec, Find, Pace, Reader, read_chosen};
use crate::{Error, Result};

/// The source of a step's documents.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    pub(crate) exec: Exec<'a>,
    /// The row of each parent, if a pipeline joined documents to it. An embedded document has the row of the document that
    /// holds it.
    rows: Option<JoinedRows<'a>>,
    /// What the names of the steps' slots in the rows begin with.
    slots: &'a str,
    /// Whether several embedded documents can have the same row.
    shared: bool,
}

/// Rows of a pipeline that joined documents.
#[derive(Clone, Copy)]
pub(crate) struct JoinedRows<'a> {
    /// The reply that they are parts of.
    pub(crate) batch: &'a Batch,
    pub(crate) rows: &'a [&'a RawDocument],
}

impl JoinedRows<'_> {
    /// What `reader` reads of each row.
    pub(crate) async fn read<X: Send + 'static>(self, reader: &Reader<X>) -> Result<Vec<X>> {
        let (mut chosen, mut pace) = (Chosen::default(), Pace::new());
        for row in self.rows {
            chosen.add(self.batch, row, 1)?;
            if pace.is_due() {
                pace.rest().await;
            }
        }
        let mut values = Vec::new();
        read_chosen(self.batch, chosen, reader, &mut values).await?;
        Ok(values)
    }
}

/// The documents that a pipeline joined for one step, as rows, and the indices of the rows of each parent.
pub(crate) struct Joined<'a> {
    batch: &'a Batch,
    pub(crate) rows: Vec<&'a RawDocument>,
    pub(crate) of: Vec<Indices>,
}

impl Joined<'_> {
    pub(crate) fn rows(&self) -> JoinedRows<'_> {
        JoinedRows { batch: self.batch, rows: &self.rows }
    }
}

impl<'a> Origin<'a> {
    pub(crate) fn new(exec: Exec<'a>, rows: Option<JoinedRows<'a>>) -> Self {
        Self { exec, rows, slots: SLOT, shared: false }
    }

    /// The rows of embedded documents, with the index of the parent of each.
    pub(super) fn rows_of(self, parents: &[usize]) -> Option<(&'a Batch, Vec<&'a RawDocument>)> {
        let JoinedRows { batch, rows } = self.rows?;
        Some((batch, parents.iter().map(|parent| rows[*parent]).collect()))
    }

    /// What the names of the slots begin with for embedded documents that the step at `place` loads.
    pub(super) fn slots_of(self, place: usize) -> String {
        format!("{}{place}_", self.slots)
    }

    /// The origin for embedded documents of these parents.
    pub(super) fn inside<'b>(self, rows: Option<JoinedRows<'b>>, slots: &'b str, in_array: bool) -> Origin<'b>
    where
        'a: 'b,
    {
        Origin { exec: self.exec, rows, slots, shared: self.shared || in_array }
    }

    /// Whether several embedded documents have the same row.
    pub(crate) fn has_shared_rows(self) -> bool {
        self.shared
    }

    /// The documents that were joined for the step at `place`; `None` if that step wasn't joined. `belongs` says whether a
    /// row belongs to the parent with this index.
    pub(crate) async fn joined(
        self,
        place: usize,
        belongs: impl Fn(usize, &'a RawDocument) -> Result<bool>,
    ) -> Result<Option<Joined<'a>>> {
        let Some(JoinedRows { batch, rows: parents }) = self.rows else {
            return Ok(None);
        };
        let slot = format!("{}{place}", self.slots);
        let (mut rows, mut of) = (Vec::new(), Vec::with_capacity(parents.len()));
        let mut slices = Pace::new();
        let mut before: Option<&RawDocument> = None;
        for (index, parent) in parents.iter().enumerate() {
            // the embedded documents of one document have one row, whose documents are read once
            if let (Some(before), Some(same)) = (before, of.last())
                && std::ptr::eq(before, *parent)
            {
                let same: &Indices = same;
                of.push(same.clone());
                continue;
            }
            before = Some(parent);
            let Some(joined) = parent.get(&slot).map_err(mongodb::error::Error::from)? else {
                return Ok(None);
            };
            let first = rows.len();
            for row in joined.as_array().into_iter().flatten() {
                let row = row.map_err(mongodb::error::Error::from)?.as_document();
                let row = row.ok_or_else(|| Error::other("the server joined a value that is not a document"))?;
                if belongs(index, row)? {
                    rows.push(row);
                }
            }
            of.push((first..rows.len()).collect());
            if slices.is_due() {
                slices.rest().await;
            }
        }
        Ok(Some(Joined { batch, rows, of }))
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

/// What the name of a slot begins with; the number of the step follows.
const SLOT: &str = "s";

/// Where the documents of a row are that the steps of a plan belong to: the document itself, or its embedded documents.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct JoinAt {
    /// The path to the embedded documents, with `[]` after each array and a dot at its end; empty for the document.
    pub(crate) path: String,
    slots: String,
    /// Whether a view of the documents is read, so that nothing else decodes their keys.
    pub(crate) is_part: bool,
}

impl JoinAt {
    /// The document of a row, which is read as a `V`.
    pub(crate) fn document<M, V: View<M>>() -> Self {
        Self { path: String::new(), slots: SLOT.to_owned(), is_part: V::PART }
    }

    /// The embedded documents at a path inside these documents, which the step at `place` loads.
    pub(super) fn inside(&self, pattern: &str, place: usize) -> Self {
        let dot = if pattern.is_empty() { "" } else { "." };
        // the embedded documents are decoded for their relations
        Self { path: format!("{}{pattern}{dot}", self.path), slots: format!("{}{place}_", self.slots), is_part: false }
    }

    /// Whether there can be several embedded documents in a row.
    pub(crate) fn is_in_array(&self) -> bool {
        self.path.contains("[]")
    }

    /// The slot of the step at `place`.
    pub(crate) fn slot(&self, place: usize) -> String {
        format!("{}{place}", self.slots)
    }
}

/// The stages of a query that sends only these fields of its documents, followed by the stages that join related documents.
pub(crate) fn pipeline(find: &Find, only: Option<&Fields>, joined: Vec<Document>) -> Vec<Document> {
    let mut stages = find.pipeline();
    stages.extend(only.map(|only| doc! { "$project": only.projection() }));
    stages.push(doc! { "$replaceRoot": { "newRoot": { DOCUMENT: "$$ROOT" } } });
    stages.extend(joined);
    stages
}
