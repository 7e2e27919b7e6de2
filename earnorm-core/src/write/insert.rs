//! Inserts of whole documents.

use mongodb::bson::{DateTime, RawDocument, RawDocumentBuf};

use super::batch::{Batch, counted, end};
use super::counters::{Movements, is_counted};
use super::stamp::{Stamped, inserted};
use super::{Stamps, Table, raw};
use crate::error::BulkOutcome;
use crate::field::value;
use crate::store::{Exec, atomically};
use crate::{Error, Result};

/// Documents that will be inserted, with their managed fields.
#[derive(Clone)]
pub(crate) struct Insert {
    of: Table,
    documents: Vec<Stamped>,
    now: DateTime,
}

impl Insert {
    /// `of` is the model of the call, and `now` its time. Each document comes with its own model, which for an enum is that
    /// of its variant.
    pub(crate) fn at(now: DateTime, of: Table, documents: Vec<(Table, RawDocumentBuf)>) -> Result<Self> {
        let documents = documents.into_iter().map(|(model, document)| inserted(model, document, now));
        Ok(Self { of, documents: documents.collect::<Result<_>>()?, now })
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = &RawDocument> {
        self.documents.iter().map(|stamped| &*stamped.document)
    }

    /// One command for all documents; none if there are none. If other documents count these, more in one transaction.
    pub(crate) async fn run(self, exec: Exec<'_>) -> Result<Stamps> {
        let Some(mut movements) = Movements::of(self.of, self.now).filter(|_| !self.documents.is_empty()) else {
            return self.send(exec).await;
        };
        for document in self.documents() {
            movements.add(document, 1)?;
        }
        Box::pin(atomically(exec, async |exec| {
            let stamps = self.clone().send(exec).await?;
            movements.clone().write(exec).await?;
            Ok(stamps)
        }))
        .await
    }

    async fn send(self, exec: Exec<'_>) -> Result<Stamps> {
        let (collection, name) = (self.of.collection, self.of.name);
        let (mut documents, stamps): (Vec<_>, Vec<_>) =
            self.documents.into_iter().map(|stamped| (stamped.document, stamped.stamp)).unzip();
        let outcome = match (documents.len(), documents.pop()) {
            (1, Some(one)) => raw::insert_one(exec, collection, one).await,
            (_, Some(last)) => {
                documents.push(last);
                raw::insert_many(exec, collection, documents).await
            }
            (_, None) => Ok(()),
        };
        outcome.map_err(|error| Error::write_to(name, error))?;
        Ok(stamps.into_iter().flatten().collect())
    }

    /// The same as [`run`](Self::run), with an outcome for each document.
    pub(crate) async fn run_each(self, exec: Exec<'_>, ordered: bool) -> Result<Batch> {
        if !is_counted(self.of) {
            return Ok(self.send_each(exec, ordered).await);
        }
        let ids = self.documents().map(|document| value(document, "_id")).collect::<Result<_>>()?;
        counted(exec, self.of, ids, &[], async |exec| Ok(self.send_each(exec, ordered).await)).await
    }

    async fn send_each(self, exec: Exec<'_>, ordered: bool) -> Batch {
        let (collection, name, count) = (self.of.collection, self.of.name, self.documents.len());
        if count == 0 {
            return Batch::default();
        }
        let stamps = self.documents.iter().filter_map(|stamped| stamped.stamp).collect();
        let documents = self.documents.into_iter().map(|stamped| stamped.document).collect();
        let errors = match raw::insert_each(exec, collection, documents, ordered).await {
            Ok(errors) => errors,
            Err(error) => {
                return Batch { outcomes: BulkOutcome::of_command(count, Error::write_to(name, error)), stamps };
            }
        };
        let done = end(exec, ordered, count, &errors);
        let mut outcomes = vec![BulkOutcome::NotRun; count];
        outcomes.iter_mut().take(done).for_each(|outcome| *outcome = BulkOutcome::Inserted);
        for (index, error) in errors {
            if let Some(outcome) = outcomes.get_mut(index) {
                *outcome = Error::write_to(name, error).into();
            }
        }
        Batch { outcomes, stamps }
    }
}
