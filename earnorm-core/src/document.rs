//! Single documents: what the methods of [`Model`] do.

use std::collections::{HashMap, HashSet};

use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawDocumentBuf, doc};
use mongodb::options::{DeleteOptions, FindOptions, UpdateOptions};
use mongodb::results::UpdateResult;

use crate::query::{Find, Refusal};
use crate::store::{self, Exec};
use crate::{DeleteReport, Error, Model, Result, Update, delete, encoding};

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
    let config = M::METADATA.config;
    let what = if config.hooks {
        "a write to a model with `#[model(hooks)]`"
    } else if config.check_references {
        "a write to a model with `#[model(check_references)]`"
    } else {
        return Ok(());
    };
    Err(Error::Unsupported { model: M::METADATA.name, what: what.to_owned() })
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
    let document = encode(&model)?;
    store::insert_one(exec, M::METADATA.collection, document).await.map_err(Error::write::<M>)?;
    Ok(model)
}

/// Documents as they will be sent, and their ids.
pub(crate) struct Prepared<I> {
    documents: Vec<RawDocumentBuf>,
    ids: Vec<I>,
}

pub(crate) fn prepare<M: Model>(models: &[M]) -> Result<Prepared<M::Id>> {
    check_write::<M>()?;
    let mut prepared = Prepared { documents: Vec::with_capacity(models.len()), ids: Vec::with_capacity(models.len()) };
    for model in models {
        match id_to_store(model)? {
            None => {
                prepared.documents.push(encode(model)?);
                prepared.ids.push(M::ID.get(model).clone());
            }
            Some(id) => {
                prepared.documents.push(with_id::<M>(stored(model)?, &id)?);
                prepared.ids.push(id);
            }
        }
    }
    Ok(prepared)
}

/// A borrowed document can't take its new id, so its encoded form does.
fn with_id<M: Model>(mut document: Document, id: &M::Id) -> Result<RawDocumentBuf> {
    document.insert("_id", encode_id::<M>(id)?);
    RawDocumentBuf::try_from(&document).map_err(|e| Error::encode::<M>(encoding::EncodeError::new(e)))
}

pub(crate) async fn insert_many<M: Model>(exec: Exec<'_>, prepared: Prepared<M::Id>) -> Result<Vec<M::Id>> {
    if !prepared.documents.is_empty() {
        store::insert_many(exec, M::METADATA.collection, prepared.documents).await.map_err(Error::write::<M>)?;
    }
    Ok(prepared.ids)
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
    let outcome = store_whole(exec, model, inserts).await;
    if outcome.is_err() {
        *M::ID.get_mut(model) = before;
    }
    outcome
}

async fn store_whole<M: Model>(exec: Exec<'_>, model: &M, inserts: bool) -> Result<()> {
    let collection = M::METADATA.collection;
    let document = encode(model)?;
    if inserts {
        store::insert_one(exec, collection, document).await
    } else {
        let filter = doc! { "_id": encode_id::<M>(M::ID.get(model))? };
        store::replace_one(exec, collection, filter, document).await.map(|_| ())
    }
    .map_err(Error::write::<M>)
}

/// Saves documents as they are, with new ids where they have none.
pub(crate) async fn save_many<M: Model>(exec: Exec<'_>, mut models: Vec<M>) -> Result<Vec<M>> {
    check_write::<M>()?;
    let mut upserts = Vec::with_capacity(models.len());
    for model in &mut models {
        if let Some(id) = id_to_store(model)? {
            *M::ID.get_mut(model) = id;
        }
        upserts
            .push(store::Upsert { filter: doc! { "_id": encode_id::<M>(M::ID.get(model))? }, update: stored(model)? });
    }
    let failures = store::upsert_many::<M>(exec, upserts, true).await?;
    match failures.into_iter().next() {
        Some(failure) => Err(failure),
        None => Ok(models),
    }
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
    delete::check::<M>()?;
    let filter = doc! { "_id": id };
    let collection = M::METADATA.collection;
    let result = store::delete_many(exec, collection, filter, DeleteOptions::default()).await?;
    Ok(DeleteReport::of::<M>(result.deleted_count))
}
