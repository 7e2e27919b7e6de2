//! Single documents: what the methods of [`Model`] do.

use std::collections::{HashMap, HashSet};
use std::slice;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, UpdateOptions};
use mongodb::results::UpdateResult;

use crate::hooks::{around_save, has_hooks};
use crate::query::{Find, Refusal};
use crate::store::{self, Exec};
use crate::{DeleteReport, Error, Model, Query, Result, Update, encoding};

/// The id as it is stored; a refusal where there is none yet.
pub(crate) fn saved_id<M: Model>(model: &M) -> Result<Bson, Refusal> {
    let name = M::METADATA.name;
    match M::ID.encode(M::ID.get(model)) {
        Ok(Bson::Null) => Err(Refusal::Unsaved { model: name }),
        Ok(id) => Ok(id),
        Err(source) => Err(Refusal::Encode { model: name, source }),
    }
}

fn encode_id<M: Model>(id: &M::Id) -> Result<Bson> {
    M::ID.encode(id).map_err(Error::encode::<M>)
}

fn encode<M: Model>(model: &M) -> Result<RawDocumentBuf> {
    encoding::encode_document(model).map_err(Error::encode::<M>)
}

/// Refuses a write that would have to do more than this version does.
pub(crate) fn check_write<M: Model>() -> Result<()> {
    if M::METADATA.config.check_references {
        let what = "a write to a model with `#[model(check_references)]`".to_owned();
        return Err(Error::Unsupported { model: M::METADATA.name, what });
    }
    Ok(())
}

/// A new id of whatever type the model's is, if one can be made without asking the server.
fn new_id<M: Model>() -> Result<M::Id> {
    let id = ObjectId::new();
    let uuid = mongodb::bson::Uuid::new();
    [
        Bson::ObjectId(id),
        Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: uuid.bytes().to_vec() }),
        Bson::String(id.to_hex()),
    ]
    .into_iter()
    .filter_map(|candidate| encoding::decode::<M::Id>(candidate).ok())
    .find(|id| !matches!(M::ID.encode(id), Ok(Bson::Null) | Err(_)))
    .ok_or_else(|| Error::Invalid {
        model: M::METADATA.name,
        reason: "an id of this type can't be made here; set it before the insert".to_owned(),
    })
}

/// The id that the document has, or a new one for it to take.
pub(crate) fn id_to_store<M: Model>(model: &M) -> Result<Option<M::Id>> {
    match encode_id::<M>(M::ID.get(model))? {
        Bson::Null => new_id::<M>().map(Some),
        _ => Ok(None),
    }
}

pub(crate) async fn insert<M: Model>(exec: Exec<'_>, mut model: M) -> Result<M> {
    check_write::<M>()?;
    if let Some(id) = id_to_store(&model)? {
        *M::ID.get_mut(&mut model) = id;
    }
    around_save(exec, slice::from_mut(&mut model), |exec, models| Box::pin(insert_each(exec, models))).await?;
    Ok(model)
}

async fn insert_each<M: Model>(exec: Exec<'_>, models: &[M]) -> Result<()> {
    let collection = M::METADATA.collection;
    match models {
        [] => Ok(()),
        [one] => store::insert_one(exec, collection, encode(one)?).await,
        all => store::insert_many(exec, collection, all.iter().map(encode).collect::<Result<_>>()?).await,
    }
    .map_err(Error::write::<M>)
}

/// Documents as they will be sent, and their ids.
pub(crate) struct Prepared<M: Model> {
    documents: Vec<RawDocumentBuf>,
    ids: Vec<M::Id>,
    /// Copies of the documents, for hooks to change.
    copies: Option<Vec<M>>,
}

pub(crate) fn prepare<M: Model>(models: &[M]) -> Result<Prepared<M>> {
    check_write::<M>()?;
    let mut prepared = Prepared {
        documents: Vec::with_capacity(models.len()),
        ids: Vec::with_capacity(models.len()),
        copies: has_hooks::<M>().then(Vec::new),
    };
    for model in models {
        let (document, id) = match id_to_store(model)? {
            None => (encode(model)?, M::ID.get(model).clone()),
            Some(id) => (with_id::<M>(stored(model)?, &id)?, id),
        };
        prepared.ids.push(id);
        match &mut prepared.copies {
            Some(copies) => copies.push(store::decode(&document)?),
            None => prepared.documents.push(document),
        }
    }
    Ok(prepared)
}

/// A borrowed document can't take its new id, so its encoded form does.
fn with_id<M: Model>(mut document: Document, id: &M::Id) -> Result<RawDocumentBuf> {
    document.insert("_id", encode_id::<M>(id)?);
    RawDocumentBuf::try_from(&document).map_err(|e| Error::encode::<M>(encoding::EncodeError::new(e)))
}

pub(crate) async fn insert_many<M: Model>(exec: Exec<'_>, prepared: Prepared<M>) -> Result<Vec<M::Id>> {
    let Prepared { documents, ids, copies } = prepared;
    if let Some(mut copies) = copies {
        around_save(exec, &mut copies, |exec, models| Box::pin(insert_each(exec, models))).await?;
    } else if !documents.is_empty() {
        store::insert_many(exec, M::METADATA.collection, documents).await.map_err(Error::write::<M>)?;
    }
    Ok(ids)
}

pub(crate) async fn get<M: Model>(exec: Exec<'_>, id: M::Id) -> Result<Option<M>> {
    let id = encode_id::<M>(&id)?;
    if id == Bson::Null {
        return Ok(None);
    }
    let find = Find::new(M::METADATA.collection, doc! { "_id": id });
    let options = FindOptions::builder().limit(1).build();
    let found = store::all(exec, find, options).await?;
    Ok(found.into_iter().next())
}

pub(crate) async fn get_many<M: Model>(exec: Exec<'_>, ids: Vec<M::Id>) -> Result<Vec<M>> {
    let mut seen = HashSet::new();
    let mut wanted = Vec::with_capacity(ids.len());
    for id in ids {
        if seen.insert(id.clone()) {
            match encode_id::<M>(&id)? {
                Bson::Null => {}
                key => wanted.push((id, key)),
            }
        }
    }
    let mut found = HashMap::with_capacity(wanted.len());
    for chunk in wanted.chunks(store::KEYS_PER_COMMAND) {
        let keys: Vec<_> = chunk.iter().map(|(_, key)| key.clone()).collect();
        let find = Find::new(M::METADATA.collection, doc! { "_id": { "$in": keys } });
        let models: Vec<M> = store::all(exec, find, FindOptions::default()).await?;
        found.extend(models.into_iter().map(|model| (M::ID.get(&model).clone(), model)));
    }
    Ok(wanted.iter().filter_map(|(id, _)| found.remove(id)).collect())
}

pub(crate) async fn save<M: Model>(exec: Exec<'_>, model: &mut M) -> Result<()> {
    check_write::<M>()?;
    let new = id_to_store(model)?;
    let before = M::ID.get(model).clone();
    let inserts = new.is_some();
    if let Some(id) = new {
        *M::ID.get_mut(model) = id;
    }
    let models = slice::from_mut(model);
    let outcome = around_save(exec, models, |exec, models| Box::pin(store_whole(exec, models, inserts))).await;
    if outcome.is_err() {
        *M::ID.get_mut(model) = before;
    }
    outcome
}

async fn store_whole<M: Model>(exec: Exec<'_>, models: &[M], inserts: bool) -> Result<()> {
    if inserts {
        return insert_each(exec, models).await;
    }
    for model in models {
        let filter = doc! { "_id": encode_id::<M>(M::ID.get(model))? };
        let replaced = store::replace_one(exec, M::METADATA.collection, filter, encode(model)?).await;
        replaced.map_err(Error::write::<M>)?;
    }
    Ok(())
}

/// Saves documents as they are, with new ids where they have none.
pub(crate) async fn save_many<M: Model>(exec: Exec<'_>, models: &mut [M]) -> Result<()> {
    check_write::<M>()?;
    for model in models.iter_mut() {
        if let Some(id) = id_to_store(model)? {
            *M::ID.get_mut(model) = id;
        }
    }
    around_save(exec, models, |exec, models| Box::pin(store_all(exec, models))).await
}

async fn store_all<M: Model>(exec: Exec<'_>, models: &[M]) -> Result<()> {
    let upserts = models.iter().map(|model| {
        let filter = doc! { "_id": encode_id::<M>(M::ID.get(model))? };
        Ok(store::Upsert { filter, update: stored(model)? })
    });
    let failures = store::upsert_many::<M>(exec, upserts.collect::<Result<_>>()?, true).await?;
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// The document as it is stored.
pub(crate) fn stored<M: Model>(model: &M) -> Result<Document> {
    Document::try_from(encode(model)?.as_ref()).map_err(|e| Error::encode::<M>(encoding::EncodeError::new(e)))
}

pub(crate) fn not_found<M: Model>() -> Error {
    Error::NotFound { model: M::METADATA.name }
}

pub(crate) async fn update<M: Model>(exec: Exec<'_>, model: &mut M, update: Update<M>) -> Result<()> {
    check_write::<M>()?;
    let filter = doc! { "_id": saved_id(model)? };
    let update = update.into_document().map_err(Error::encode::<M>)?;
    let updated = store::find_one_and_update(exec, M::METADATA.collection, filter, update)
        .await
        .map_err(Error::write::<M>)?
        .ok_or_else(not_found::<M>)?;
    *model = store::decode(&updated)?;
    Ok(())
}

pub(crate) async fn update_by_id<M: Model>(exec: Exec<'_>, id: M::Id, update: Update<M>) -> Result<()> {
    let id = encode_id::<M>(&id)?;
    if id == Bson::Null {
        return Err(Refusal::Unsaved { model: M::METADATA.name }.into());
    }
    match change_one(exec, doc! { "_id": id }, update).await?.matched_count {
        0 => Err(not_found::<M>()),
        _ => Ok(()),
    }
}

/// Changes one document of those that fulfil `filter`.
pub(crate) async fn change_one<M: Model>(exec: Exec<'_>, filter: Document, update: Update<M>) -> Result<UpdateResult> {
    check_write::<M>()?;
    let update = update.into_document().map_err(Error::encode::<M>)?;
    let options = UpdateOptions::default();
    store::update_one(exec, M::METADATA.collection, filter, update, options).await.map_err(Error::write::<M>)
}

pub(crate) async fn delete<M: Model>(exec: Exec<'_>, id: Bson) -> Result<DeleteReport> {
    Query::<M>::new(doc! { "_id": id }.into()).delete(exec).await
}
