//! Updates by operators and pipelines.

use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, UpdateModifications, UpdateOptions};
use mongodb::results::UpdateResult;

use super::counters::{Movements, own_counters, own_counts, read_keys};
use super::stamp::{self, Changed};
use super::{Table, raw};
use crate::schema::{Documents, Visible};
use crate::store::{BoxFuture, Change, Exec, Stamps, among, atomically, chunks, equal};
use crate::{Error, Result};

/// How many documents an update matched, and how many of them it changed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Matched {
    pub(crate) matched: u64,
    pub(crate) modified: u64,
}

impl From<UpdateResult> for Matched {
    fn from(result: UpdateResult) -> Self {
        Self { matched: result.matched_count, modified: result.modified_count }
    }
}

/// Updates a document and returns the new version; `None` if no document matches. One command. If other documents count it by
/// a key that the update changes, more in one transaction.
pub(crate) async fn find_one_and_update(
    exec: Exec<'_>,
    model: Table,
    filter: Document,
    change: impl Into<Change>,
) -> Result<Option<RawDocumentBuf>> {
    let prepared = Prepared::new(model, change.into())?;
    let error = |error| Error::write_to(model.name, error);
    let Some(counted) = prepared.counted else {
        return raw::find_one_and_update(exec, model, filter, prepared.change).await.map_err(error);
    };
    let change = &prepared.change;
    Box::pin(atomically(exec, async |exec| {
        let mut counted = counted.clone();
        let Some((id, before)) = counted.read(exec, model, filter.clone(), Some(1)).await?.pop() else {
            return Ok(None);
        };
        let this = doc! { "$and": [equal("_id", id.clone()), filter.clone()] };
        let updated = raw::find_one_and_update(exec, model, this, change.clone()).await.map_err(error)?;
        let Some(mut updated) = updated else { return Ok(None) };
        counted.moved(&before, &updated)?;
        if let Some(recount) = &counted.recount {
            let recounted = raw::find_one_and_update(exec, model, equal("_id", id), recount.clone());
            updated = recounted.await.map_err(error)?.unwrap_or(updated);
        }
        counted.write(exec).await?;
        Ok(Some(updated))
    }))
    .await
}

/// Updates one of the documents that match. The commands of [`find_one_and_update`].
pub(crate) async fn update_one(
    exec: Exec<'_>,
    model: Table,
    filter: Document,
    change: impl Into<Change>,
) -> Result<Matched> {
    update(exec, (model, Visible::Live), filter, change.into(), UpdateOptions::default(), true).await
}

/// Updates all documents that match. One command. If other documents count them by a key that the update changes, more in one
/// transaction.
pub(crate) async fn update_many(
    exec: Exec<'_>,
    model: Table,
    filter: Document,
    change: impl Into<Change>,
    options: UpdateOptions,
) -> Result<Matched> {
    update_visible(exec, (model, Visible::Live), filter, change, options).await
}

/// The same as [`update_many`], for documents that may be deleted.
pub(crate) async fn update_visible(
    exec: Exec<'_>,
    of: (Table, Visible),
    filter: Document,
    change: impl Into<Change>,
    options: UpdateOptions,
) -> Result<Matched> {
    update(exec, of, filter, change.into(), options, false).await
}

fn update(
    exec: Exec<'_>,
    (model, visible): (Table, Visible),
    filter: Document,
    change: Change,
    options: UpdateOptions,
    one: bool,
) -> BoxFuture<'_, Result<Matched>> {
    Box::pin(async move {
        let prepared = Prepared::new(model, change)?;
        let of = model.documents().visible(visible);
        let Some(counted) = prepared.counted else {
            let updated = if one {
                raw::update_one(exec, of, filter, prepared.change, options).await
            } else {
                raw::update_many(exec, of, filter, prepared.change, options).await
            };
            return updated.map(Into::into).map_err(|error| Error::write_to(model.name, error));
        };
        let change = &prepared.change;
        Box::pin(atomically(exec, async |exec| {
            counted.clone().update(exec, (of, model.name), filter.clone(), change, options.clone(), one).await
        }))
        .await
    })
}

/// An update with what it does to managed fields.
struct Prepared {
    change: Change,
    /// `None` if it changes no key that counts.
    counted: Option<Counted>,
}

/// What an update does to counters.
#[derive(Clone)]
struct Counted {
    movements: Option<Movements>,
    /// The update that counts the ids in the documents' own arrays.
    recount: Option<Change>,
}

impl Prepared {
    fn new(model: Table, change: Change) -> Result<Self> {
        if change.stamps == Stamps::None {
            return Ok(Self { change, counted: None });
        }
        let changed = Changed::by(&change.update);
        let now = change.now;
        let mut change = stamp::update(model, change)?;
        let is_changed = |field: &str| changed.contains(field);
        let movements = Movements::of(model, now).filter(|movements| movements.fields().any(is_changed));
        let counts_own = own_counters(model).any(|(counted, _)| counted.fields().any(is_changed));
        let recount = match &mut change.update {
            _ if !counts_own => None,
            UpdateModifications::Pipeline(stages) => {
                stages.push(doc! { "$set": own_counts(model) });
                None
            }
            _ => Some(Change::from(vec![doc! { "$set": own_counts(model) }]).unmanaged()),
        };
        let counted = (movements.is_some() || recount.is_some()).then_some(Counted { movements, recount });
        Ok(Self { change, counted })
    }
}

impl Counted {
    async fn read(
        &self,
        exec: Exec<'_>,
        model: Table,
        filter: Document,
        limit: Option<i64>,
    ) -> Result<Vec<(Bson, RawDocumentBuf)>> {
        let options = FindOptions::builder().limit(limit).build();
        read_keys(exec, model, filter, self.projection(), options).await
    }

    fn projection(&self) -> Document {
        self.movements.as_ref().map_or_else(|| doc! { "_id": 1 }, Movements::projection)
    }

    fn moved(&mut self, before: &RawDocumentBuf, after: &RawDocumentBuf) -> Result<()> {
        let Some(movements) = &mut self.movements else { return Ok(()) };
        movements.add(before, -1)?;
        movements.add(after, 1)
    }

    async fn write(self, exec: Exec<'_>) -> Result<()> {
        match self.movements {
            Some(movements) => movements.write(exec).await,
            None => Ok(()),
        }
    }

    /// Reads the keys before and after the update, and writes the difference.
    async fn update(
        mut self,
        exec: Exec<'_>,
        (of, name): (Documents, &'static str),
        filter: Document,
        change: &Change,
        options: UpdateOptions,
        one: bool,
    ) -> Result<Matched> {
        let error = |error| Error::write_to(name, error);
        let mut find = FindOptions::builder().limit(one.then_some(1)).build();
        (find.collation, find.hint) = (options.collation.clone(), options.hint.clone());
        // the update may delete them softly, or restore them
        let all = of.with_deleted();
        let before = read_keys(exec, of, filter.clone(), self.projection(), find).await?;
        let ids: Vec<Bson> = before.iter().map(|(id, _)| id.clone()).collect();
        for (_, document) in &before {
            if let Some(movements) = &mut self.movements {
                movements.add(document, -1)?;
            }
        }
        let mut total = Matched::default();
        for ids in chunks(&ids) {
            let these = doc! { "$and": [among("_id", ids), filter.clone()] };
            let updated = raw::update_many(exec, of, these, change.clone(), options.clone()).await.map_err(error)?;
            total.matched += updated.matched_count;
            total.modified += updated.modified_count;
            let these = among("_id", ids);
            if let Some(movements) = &mut self.movements {
                for (_, document) in
                    read_keys(exec, all, these.clone(), movements.projection(), FindOptions::default()).await?
                {
                    movements.add(&document, 1)?;
                }
            }
            if let Some(recount) = &self.recount {
                raw::update_many(exec, all, these, recount.clone(), UpdateOptions::default()).await.map_err(error)?;
            }
        }
        self.write(exec).await?;
        Ok(total)
    }
}
