//! Inserts of whole documents.

use mongodb::bson::{DateTime, RawDocument, RawDocumentBuf};

use super::counters::Movements;
use super::stamp::{Stamped, inserted};
use super::{Stamps, Table, raw};
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
    /// `of` is the model of the call. Each document comes with its own model, which for an enum is that of its variant.
    pub(crate) fn new(of: Table, documents: Vec<(Table, RawDocumentBuf)>) -> Result<Self> {
        let now = DateTime::now();
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
        atomically(exec, async |exec| {
            let stamps = self.clone().send(exec).await?;
            movements.clone().write(exec).await?;
            Ok(stamps)
        })
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
}
