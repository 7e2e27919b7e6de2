//! Links as documents of a join model: how they are stored, each pair once.

use std::collections::HashSet;
use std::marker::PhantomData;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, UpdateOptions};

use super::super::Key;
use crate::encoding::{self, identity};
use crate::hooks::around_save;
use crate::integrity::{Referred, checked};
use crate::store::{self, Exec, among, chunks, equal};
use crate::{Error, Find, Model, Query, Result, document};

/// The stored names of a join model's two keys.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) source: &'static str,
    pub(super) target: &'static str,
}

impl Pair {
    pub(super) fn link<J: Model>(self, link: &J) -> Result<Link<J>> {
        let mut fields = document::stored(link)?;
        if let Some(id) = document::id_to_store(link)? {
            fields.insert("_id", J::ID.encode(&id).map_err(Error::encode::<J>)?);
        }
        let mut take = |key: &'static str| {
            let id = fields.remove(key).filter(|id| *id != Bson::Null);
            id.map(|id| (key, id)).ok_or_else(|| Error::Invalid {
                model: J::METADATA.name,
                reason: format!("`{key}` is empty, so this links nothing; set it"),
            })
        };
        Ok(Link { source: take(self.source)?, target: take(self.target)?, fields, model: PhantomData })
    }
}

/// A link as it will be stored: its two keys, and its other fields.
pub(super) struct Link<J> {
    source: (&'static str, Bson),
    pub(super) target: (&'static str, Bson),
    fields: Document,
    model: PhantomData<fn() -> J>,
}

impl<J: Model> Link<J> {
    fn filter(&self) -> Document {
        let ((source, source_id), (target, target_id)) = (&self.source, &self.target);
        let mut filter = equal(source, source_id);
        filter.extend(equal(target, target_id));
        filter
    }

    fn document(&self) -> Result<RawDocumentBuf> {
        let mut document = self.filter();
        document.extend(self.fields.clone());
        encoding::encode_document(&document).map_err(Error::encode::<J>)
    }

    /// An upsert that leaves a link that exists as it is. The filter's fields are part of what is inserted.
    fn unless_there(self) -> store::Upsert {
        store::Upsert { filter: self.filter(), update: doc! { "$setOnInsert": self.fields } }
    }

    /// An upsert that gives a link that exists these fields, except for its `_id`.
    fn in_place(mut self) -> store::Upsert {
        let filter = self.filter();
        let mut update = Document::new();
        if let Some(id) = self.fields.remove("_id") {
            update.insert("$setOnInsert", doc! { "_id": id });
        }
        if !self.fields.is_empty() {
            update.insert("$set", self.fields);
        }
        store::Upsert { filter, update }
    }
}

/// Links each pair unless it is linked.
pub(super) async fn add_all<J: Model>(exec: Exec<'_>, pair: Pair, mut links: Vec<J>) -> Result<()> {
    around_save(exec, &mut links, move |exec, links| Box::pin(add_each(exec, pair, links))).await
}

async fn add_each<J: Model>(exec: Exec<'_>, pair: Pair, links: &[J]) -> Result<()> {
    let links = links.iter().map(|link| pair.link(link)).collect::<Result<Vec<_>>>()?;
    let referred = referred(&links)?;
    let upserts: Vec<_> = links.into_iter().map(Link::unless_there).collect();
    let write = async move |exec: Exec<'_>| {
        let failures = store::upsert_many::<J>(exec, upserts, false).await?;
        failures.into_iter().find(|failure| !is_linked(exec, failure)).map_or(Ok(()), Err)
    };
    checked(exec, referred.as_ref(), write).await
}

/// The same of one, and whether it is new.
pub(super) async fn add_one<J: Model>(exec: Exec<'_>, pair: Pair, links: &[J]) -> Result<bool> {
    let mut new = false;
    for link in links {
        let link = pair.link(link)?;
        let referred = referred([&link])?;
        let store::Upsert { filter, update } = link.unless_there();
        let write = async move |exec: Exec<'_>| {
            let options = UpdateOptions::builder().upsert(true).build();
            store::update_one(exec, J::METADATA.collection, filter, update, options).await.map_err(Error::write::<J>)
        };
        match checked(exec, referred.as_ref(), write).await {
            Ok(result) => new |= result.upserted_id.is_some(),
            Err(error) if is_linked(exec, &error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(new)
}

/// Stores a link in the place of the one between the same two, and gives it as it is stored.
pub(super) async fn put_one<J: Model>(exec: Exec<'_>, pair: Pair, links: &[J]) -> Result<J> {
    let mut stored = None;
    for link in links {
        let link = pair.link(link)?;
        let referred = referred([&link])?;
        let store::Upsert { filter, update } = link.in_place();
        let write = async move |exec: Exec<'_>| {
            let upserted = store::find_one_and_upsert(exec, J::METADATA.collection, filter, update).await;
            upserted.map_err(Error::write::<J>)
        };
        stored = checked(exec, referred.as_ref(), write).await?;
    }
    store::decode(&stored.ok_or_else(document::not_found::<J>)?)
}

/// What links refer to, if their model asks for it to be checked.
fn referred<'l, J: Model>(links: impl IntoIterator<Item = &'l Link<J>>) -> Result<Option<Referred>> {
    if !J::METADATA.config.check_references {
        return Ok(None);
    }
    let documents = links.into_iter().map(Link::document).collect::<Result<Vec<_>>>()?;
    document::to_check::<J>(&documents)
}

/// Whether a link was refused because another that was made at the same time is there already, which is as good. In a
/// transaction it isn't: that is aborted by then. Nor for the index of `_id`, which is another link's.
fn is_linked(exec: Exec<'_>, error: &Error) -> bool {
    !exec.is_transaction() && matches!(error, Error::Duplicate { index, .. } if index != "_id_")
}

pub(super) async fn delete_links<J: Model>(exec: Exec<'_>, filter: Document) -> Result<u64> {
    Ok(Query::<J>::new(filter.into()).delete(exec).await?.asked_for())
}

/// Deletes those of the links that lead to documents of `query`, which are looked for first unless that is all; gives how
/// many.
pub(super) async fn unlink<T: Model, J: Model>(
    exec: Exec<'_>,
    links: Document,
    target: Key<T, J>,
    query: Query<T>,
) -> Result<u64> {
    let query = query.direct();
    if !query.is_part() {
        return delete_links::<J>(exec, links).await;
    }
    let Key { name, stored, .. } = target;
    let find = Find::new(J::METADATA.collection, links.clone());
    let options = FindOptions::builder().projection(stored.projection(name)).build();
    let read = |link: &RawDocument| Ok((stored.id_in(link, name)?, store::value(link, name)?));
    let mut pairs = store::find_on_primary(exec, find, options, read).await?;
    let mut seen = HashSet::new();
    pairs.retain(|(id, key)| *id != Bson::Null && seen.insert(identity(key)));
    let targets = query.among(pairs.iter().map(|(id, _)| id.clone()).collect());
    let found = Box::pin(targets.found(exec)).await?;
    let found: HashSet<_> = found.iter().map(identity).collect();
    let keys: Vec<_> = pairs.into_iter().filter(|(id, _)| found.contains(&identity(id))).map(|(_, key)| key).collect();
    let mut deleted = 0;
    for keys in chunks(&keys) {
        let these = doc! { "$and": [links.clone(), among(name, keys)] };
        deleted += delete_links::<J>(exec, these).await?;
    }
    Ok(deleted)
}
