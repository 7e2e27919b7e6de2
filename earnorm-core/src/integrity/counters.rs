//! A walk through the documents with a counter, which finds those that are wrong.

use mongodb::Database;
use mongodb::bson::{Document, doc};

use super::walk::read_options;
use crate::field::value;
use crate::reference::CountedKey;
use crate::store::{Batches, Exec, Executor, chunks};
use crate::write::{Difference, differences};
use crate::{Find, Result};

/// The documents with a counter, in batches.
pub(super) struct Owners<'d> {
    exec: Exec<'d>,
    counted: &'static CountedKey,
    batches: Batches<'d>,
}

impl<'d> Owners<'d> {
    pub(super) async fn open(db: &'d Database, counted: &'static CountedKey) -> Result<Owners<'d>> {
        let exec = db.executor();
        let find = Find::new(counted.owner, Document::new());
        let options = read_options(Some(doc! { "_id": 1 }), doc! { "_id": 1 });
        Ok(Self { exec, counted, batches: Batches::open(exec, find, options).await? })
    }

    /// The wrong counters of the next batch of documents; `None` after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Difference>>> {
        let Some(ids) = self.batches.read(|document| value(document, "_id")).await? else { return Ok(None) };
        let mut wrong = Vec::new();
        for ids in chunks(&ids) {
            wrong.extend(differences(self.exec, self.counted, ids).await?);
        }
        Ok(Some(wrong))
    }
}
