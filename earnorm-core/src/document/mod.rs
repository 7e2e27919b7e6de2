//! Reads and writes of single documents: the implementation of the methods of [`Model`].

mod bulk;
mod encode;
mod prepare;

use std::slice;

use mongodb::bson::{Bson, DateTime, Document, RawDocument, RawDocumentBuf};
use mongodb::options::FindOptions;

use self::encode::{encode, encode_id};
use crate::field::{saved_id, stored_id};
use crate::hooks::around_save;
use crate::reference::ReferencedIds;
use crate::schema::{KeyTag, ModelMetadata, Visible};
use crate::store::{self, Change, Exec, Find, equal};
use crate::write::{
    self, Insert, Matched, Replacement, Stamps, is_current, replace, replace_all, taken_over, write_checked,
};
use crate::{Error, Filter, Model, Query, Result, Update, bson};

pub use bulk::Bulk;
pub(crate) use encode::stored;
pub(crate) use prepare::{Prepared, id_to_store, prepare};

/// A field that serde doesn't write or doesn't read: the name under which serde reads it, or an empty one; and a
/// function that swaps its values in two documents.
#[doc(hidden)]
pub type Kept<M> = (&'static str, fn(&mut M, &mut M));

/// A function that sets the fields that aren't stored, after a document was read, to the values of another document.
#[doc(hidden)]
pub type Keep<M> = fn(&mut M, &RawDocument, &mut M);

/// The document that was read, with the values of `before` for fields that aren't stored.
pub(crate) fn with_kept<M: Model>(mut read: M, document: &RawDocument, before: &mut M) -> M {
    M::KEEP(&mut read, document, before);
    read
}

/// Sets the fields that aren't stored to the values in `before`.
pub(crate) fn keep<M: Model>(read: &mut M, document: &RawDocument, before: &mut M) {
    for (name, exchange) in M::KEPT {
        if name.is_empty() || !matches!(document.get(name), Ok(Some(_))) {
            exchange(read, before);
        }
    }
}

/// Whether a write first checks that the documents to which it refers exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum References {
    /// Only if the model has `check_references`.
    ByModel,
    /// Always.
    Checked,
}

impl References {
    /// The references of these documents that have to be checked.
    fn of<'d, M: Model>(self, documents: impl IntoIterator<Item = &'d RawDocument>) -> Result<Option<ReferencedIds>> {
        let mut documents: Vec<_> = documents.into_iter().collect();
        if self == Self::ByModel {
            let checks = |model: &ModelMetadata| model.config.check_references;
            match M::METADATA.config.kinds {
                [] if checks(M::METADATA) => {}
                kinds if !kinds.iter().any(|kind| checks(kind)) => return Ok(None),
                // each document is written as its kind
                kinds => {
                    documents.retain(|one| kinds.iter().any(|kind| checks(kind) && kind.documents().contains(one)));
                }
            }
        }
        ReferencedIds::of::<M>(&documents)
    }
}

/// The references that a plain write of these documents has to check.
pub(crate) fn to_check<M: Model>(documents: &[RawDocumentBuf]) -> Result<Option<ReferencedIds>> {
    References::ByModel.of::<M>(documents.iter().map(AsRef::as_ref))
}

/// The references that have to be checked by a write after which documents hold these ids under a key.
pub(crate) fn to_check_ids<M: Model>(field: &str, tag: Option<&KeyTag>, ids: &[Bson]) -> Option<ReferencedIds> {
    M::METADATA.config.check_references.then(|| ReferencedIds::in_field::<M>(field, tag, ids)).flatten()
}

pub(crate) async fn validate<M: Model>(exec: Exec<'_>, model: &M) -> Result<()> {
    match References::Checked.of::<M>([encode(model)?.as_ref()])? {
        Some(referred) => referred.check(exec).await,
        None => Ok(()),
    }
}

pub(crate) async fn insert<M: Model>(exec: Exec<'_>, model: M) -> Result<M> {
    insert_with(exec, model, References::ByModel).await
}

pub(crate) async fn insert_with<M: Model>(exec: Exec<'_>, mut model: M, references: References) -> Result<M> {
    insert_one(exec, &mut model, references, DateTime::now()).await?;
    Ok(model)
}

/// The same as [`insert`], as a part of a call that began at `now`.
pub(crate) async fn insert_at<M: Model>(exec: Exec<'_>, mut model: M, now: DateTime) -> Result<M> {
    insert_one(exec, &mut model, References::ByModel, now).await?;
    Ok(model)
}

/// The same as [`insert`], for a document that the caller keeps if the insert fails.
pub(crate) async fn insert_mut<M: Model>(exec: Exec<'_>, model: &mut M) -> Result<()> {
    insert_one(exec, model, References::ByModel, DateTime::now()).await
}

async fn insert_one<M: Model>(exec: Exec<'_>, model: &mut M, references: References, now: DateTime) -> Result<()> {
    if let Some(id) = id_to_store(model)? {
        *M::ID.get_mut(model) = id;
    }
    around_save(exec, slice::from_mut(model), |exec, models| Box::pin(insert_each(exec, models, references, now))).await
}

/// Inserts documents that have their ids, as a part of a call that began at `now`. One command.
pub(crate) async fn insert_all<M: Model>(exec: Exec<'_>, models: &mut [M], now: DateTime) -> Result<()> {
    around_save(exec, models, |exec, models| Box::pin(insert_each(exec, models, References::ByModel, now))).await
}

/// The document as it would be stored by a plain write.
pub(crate) fn encoded<M: Model>(model: &M) -> Result<RawDocumentBuf> {
    encode(model)
}

/// Sets fields of a document in memory, by their stored names. Fields that aren't stored keep their values.
pub(crate) fn set_members<M: Model>(model: &mut M, members: &Document) -> Result<()> {
    let document = bson::with_members(&encode(model)?, members).map_err(Error::encode::<M>)?;
    *model = with_kept(store::decode(&document)?, &document, model);
    Ok(())
}

async fn insert_each<M: Model>(
    exec: Exec<'_>,
    models: &[M],
    references: References,
    now: DateTime,
) -> Result<((), Stamps)> {
    let documents = models.iter().map(|model| Ok((M::MODEL_OF(model), encode(model)?))).collect::<Result<_>>()?;
    let stamps = insert_documents::<M>(exec, documents, references, now).await?;
    Ok(((), stamps))
}

async fn insert_documents<M: Model>(
    exec: Exec<'_>,
    documents: Vec<(&'static ModelMetadata, RawDocumentBuf)>,
    references: References,
    now: DateTime,
) -> Result<Stamps> {
    let insert = Insert::at(now, M::METADATA, documents)?;
    let referred = references.of::<M>(insert.documents())?;
    write_checked(exec, referred.as_ref(), async move |exec: Exec<'_>| insert.run(exec).await).await
}

pub(crate) async fn insert_many<M: Model>(
    exec: Exec<'_>,
    prepared: Prepared<M>,
    references: References,
) -> Result<Vec<M::Id>> {
    let now = DateTime::now();
    match prepared {
        Prepared::Copies(mut copies) => {
            around_save(exec, &mut copies, |exec, models| Box::pin(insert_each(exec, models, references, now))).await?;
            // a hook may have changed an id
            Ok(copies.iter().map(|copy| M::ID.get(copy).clone()).collect())
        }
        Prepared::Encoded(documents, ids) => insert_documents::<M>(exec, documents, references, now).await.map(|_| ids),
    }
}

pub(crate) async fn get<M: Model>(exec: Exec<'_>, id: M::Id) -> Result<Option<M>> {
    let id = encode_id::<M>(&id)?;
    if id == Bson::Null {
        return Ok(None);
    }
    let find = Find::new(M::METADATA, equal("_id", id));
    let options = FindOptions::builder().limit(1).build();
    let found = store::all(exec, find, options).await?;
    Ok(found.into_iter().next())
}

pub(crate) async fn get_many<M: Model>(exec: Exec<'_>, ids: Vec<M::Id>) -> Result<Vec<M>> {
    let mut wanted = Vec::with_capacity(ids.len());
    for id in &ids {
        let id = encode_id::<M>(id)?;
        if id != Bson::Null {
            wanted.push(id);
        }
    }
    Query::<M>::new(Filter::default()).in_order_of(wanted).all(exec).await
}

pub(crate) async fn save<M: Model>(exec: Exec<'_>, model: &mut M) -> Result<()> {
    save_with(exec, model, References::ByModel).await
}

pub(crate) async fn save_with<M: Model>(exec: Exec<'_>, model: &mut M, references: References) -> Result<()> {
    let new = id_to_store(model)?;
    let before = M::ID.get(model).clone();
    let inserts = new.is_some();
    if let Some(id) = new {
        *M::ID.get_mut(model) = id;
    }
    let (models, now) = (slice::from_mut(model), DateTime::now());
    let outcome = if inserts {
        around_save(exec, models, |exec, models| Box::pin(insert_each(exec, models, references, now))).await
    } else {
        around_save(exec, models, |exec, models| Box::pin(replace_each(exec, models, references))).await
    };
    if outcome.is_err() {
        *M::ID.get_mut(model) = before;
    }
    outcome
}

/// Whether the document was read from the database, or written to it, so that a write can compare its version.
pub(crate) fn is_versioned<M: Model>(model: &M) -> Result<bool> {
    write::is_versioned(M::MODEL_OF(model), &encode(model)?)
}

/// Gives a document that will replace the stored one its id and the time of its creation, and if `any_version`, its version.
pub(crate) fn take_place<M: Model>(model: &mut M, stored: &M, any_version: bool) -> Result<()> {
    M::ID.get_mut(model).clone_from(M::ID.get(stored));
    let taken = taken_over(M::MODEL_OF(model), &encode(stored)?, any_version)?;
    if taken.is_empty() { Ok(()) } else { set_members(model, &taken) }
}

fn replacement<M: Model>(model: &M, now: DateTime) -> Result<Replacement> {
    Replacement::new(M::MODEL_OF(model), encode_id::<M>(M::ID.get(model))?, encode(model)?, now)
}

async fn replace_each<M: Model>(exec: Exec<'_>, models: &[M], references: References) -> Result<((), Stamps)> {
    let mut stamps = Stamps::new();
    for model in models {
        let replacement = replacement(model, DateTime::now())?;
        let referred = references.of::<M>([replacement.document()])?;
        let write = async move |exec: Exec<'_>| replace(exec, replacement).await;
        stamps.extend(write_checked(exec, referred.as_ref(), write).await?);
    }
    Ok(((), stamps))
}

/// Saves documents, as a part of a call that began at `now`. Those without an id get a new one.
pub(crate) async fn save_many<M: Model>(exec: Exec<'_>, models: &mut [M], now: DateTime) -> Result<()> {
    for model in models.iter_mut() {
        if let Some(id) = id_to_store(model)? {
            *M::ID.get_mut(model) = id;
        }
    }
    around_save(exec, models, |exec, models| Box::pin(store_all(exec, models, now))).await
}

async fn store_all<M: Model>(exec: Exec<'_>, models: &[M], now: DateTime) -> Result<((), Stamps)> {
    let all = models.iter().map(|model| replacement(model, now)).collect::<Result<Vec<_>>>()?;
    let referred = References::ByModel.of::<M>(all.iter().map(Replacement::document))?;
    let write = async move |exec: Exec<'_>| replace_all(exec, M::METADATA, all).await;
    let stamps = write_checked(exec, referred.as_ref(), write).await?;
    Ok(((), stamps))
}

/// The error for a document that is deleted and can be restored; `None` if it isn't. `query` finds it. One command if the model
/// marks deleted documents.
pub(crate) async fn if_deleted<M: Model>(exec: Exec<'_>, query: Query<M>, id: &Bson) -> Result<Option<Error>> {
    let model = M::METADATA;
    if model.config.soft_delete.is_none() || !query.visible(Visible::Deleted).exists(exec).await? {
        return Ok(None);
    }
    Ok(Some(Error::Deleted { model: model.name, id: Box::new(id.clone()) }))
}

pub(crate) fn not_found<M: Model>() -> Error {
    Error::NotFound { model: M::METADATA.name }
}

pub(crate) async fn update<M: Model>(exec: Exec<'_>, model: &mut M, update: Update<M>) -> Result<()> {
    let update = update.into_change().map_err(Error::encode::<M>)?;
    modify(exec, model, update).await
}

/// [`update`] with an update that was converted already.
pub(crate) async fn modify<M: Model>(exec: Exec<'_>, model: &mut M, update: impl Into<Change>) -> Result<()> {
    let updated = update_one::<M>(exec, is(model, saved_id(model)?), update).await?;
    *model = with_kept(store::decode(&updated)?, &updated, model);
    Ok(())
}

/// [`update`] of the document with the version in memory.
pub(crate) async fn update_if_current<M: Model>(exec: Exec<'_>, model: &mut M, update: Update<M>) -> Result<()> {
    let update = update.into_change().map_err(Error::encode::<M>)?;
    let (filter, stale) = current(model)?;
    let updated = write::find_one_and_update(exec, M::METADATA, filter, update).await?.ok_or(stale)?;
    *model = with_kept(store::decode(&updated)?, &updated, model);
    Ok(())
}

pub(crate) async fn update_by_id<M: Model>(exec: Exec<'_>, id: M::Id, update: Update<M>) -> Result<M> {
    let id = stored_id::<M>(&id)?;
    let update = update.into_change().map_err(Error::encode::<M>)?;
    store::decode(&update_one::<M>(exec, equal("_id", id), update).await?)
}

/// Updates the document that matches `filter`, of which there is one, and returns it as it is afterwards.
pub(crate) async fn update_matching<M: Model>(exec: Exec<'_>, filter: Document, update: Update<M>) -> Result<M> {
    let update = update.into_change().map_err(Error::encode::<M>)?;
    store::decode(&update_one::<M>(exec, filter, update).await?)
}

/// Updates the document that matches `filter`, and returns it as it is afterwards.
async fn update_one<M: Model>(exec: Exec<'_>, filter: Document, update: impl Into<Change>) -> Result<RawDocumentBuf> {
    write::find_one_and_update(exec, M::METADATA, filter, update).await?.ok_or_else(not_found::<M>)
}

/// Updates one of the documents that match `filter`.
pub(crate) async fn change_one<M: Model>(
    exec: Exec<'_>,
    filter: Document,
    update: impl Into<Change>,
) -> Result<Matched> {
    change_one_to_hold::<M>(exec, filter, update.into(), "_id", &[]).await
}

/// Updates one of the documents that match `filter`. `ids` are those that it will then hold under `field`; they are
/// checked if the model has `check_references`.
pub(crate) async fn change_one_to_hold<M: Model>(
    exec: Exec<'_>,
    filter: Document,
    update: Change,
    field: &str,
    ids: &[Bson],
) -> Result<Matched> {
    let write = async move |exec: Exec<'_>| write::update_one(exec, M::METADATA, filter, update).await;
    write_checked(exec, to_check_ids::<M>(field, None, ids).as_ref(), write).await
}

/// The condition that a stored document has the id and the kind of `model`.
fn is<M: Model>(model: &M, id: Bson) -> Document {
    M::MODEL_OF(model).documents().with_deleted().only(equal("_id", id))
}

/// The query for the stored document with the id and the kind of `model`.
pub(crate) fn this<M: Model>(model: &M) -> Result<Query<M>> {
    Ok(Query::new(is(model, saved_id(model)?).into()))
}

/// The condition for the stored document with the id and the version of `model`, and the error if there is none.
pub(crate) fn current<M: Model>(model: &M) -> Result<(Document, Error)> {
    let id = saved_id(model)?;
    let mut filter = is(model, id.clone());
    filter.extend(is_current(M::MODEL_OF(model), &encode(model)?)?);
    Ok((filter, Error::Stale { model: M::METADATA.name, id: Box::new(id) }))
}
