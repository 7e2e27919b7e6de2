//! Updates by operators and pipelines.

use mongodb::bson::{Document, RawDocumentBuf};
use mongodb::options::UpdateOptions;
use mongodb::results::UpdateResult;

use super::{Table, raw, stamp};
use crate::store::{Change, Exec};
use crate::{Error, Result};

/// Updates a document and returns the new version; `None` if no document matches.
pub(crate) async fn find_one_and_update(
    exec: Exec<'_>,
    model: Table,
    filter: Document,
    change: impl Into<Change>,
) -> Result<Option<RawDocumentBuf>> {
    let change = stamp::update(model, change.into())?;
    let updated = raw::find_one_and_update(exec, model, filter, change).await;
    updated.map_err(|error| Error::write_to(model.name, error))
}

pub(crate) async fn update_one(
    exec: Exec<'_>,
    model: Table,
    filter: Document,
    change: impl Into<Change>,
) -> Result<UpdateResult> {
    let change = stamp::update(model, change.into())?;
    let updated = raw::update_one(exec, model, filter, change, UpdateOptions::default()).await;
    updated.map_err(|error| Error::write_to(model.name, error))
}

pub(crate) async fn update_many(
    exec: Exec<'_>,
    model: Table,
    filter: Document,
    change: impl Into<Change>,
    options: UpdateOptions,
) -> Result<UpdateResult> {
    let change = stamp::update(model, change.into())?;
    let updated = raw::update_many(exec, model, filter, change, options).await;
    updated.map_err(|error| Error::write_to(model.name, error))
}
