//! Loads a relation for documents that are known by their keys only.

use std::hash::Hash;
use std::sync::Arc;

use mongodb::bson::{Bson, RawDocument};

use super::children::answered;
use super::fetch::{Reading, fetch};
use super::reach::{LoadKeys, WantsOf};
use super::totals::count_wanted;
use super::wants::Wants;
use crate::embedded::Record;
use crate::field::saved_id;
use crate::plan::{Cardinality, Parents};
use crate::relation::{
    ManyToMany, ManyToManyByIds, ManyToManyInElements, ManyToManyInIds, ManyToOne, OneToMany, OneToOne,
};
use crate::run::Rendered;
use crate::store::{self, BoxFuture, Exec, Reader};
use crate::{Error, Filter, Find, Model, Query, Relation, Result};

/// A relation of which a document's part can be loaded when the document is gone: by a key that was taken out of it.
#[doc(hidden)]
pub trait LoadByKeys: LoadKeys {
    /// What a document contributes to the search: its id, or the ids that it holds.
    type LoadKey: Eq + Hash + Clone + Send + Sync + 'static;

    /// The key of a document; `None` if the document refers to nothing, so that nothing has to be sent.
    fn load_key(&self, source: &Self::Source) -> Result<Option<Self::LoadKey>>;

    /// The keys to search for, as [`LoadKeys::wants`] finds them for documents.
    fn wants_by_keys<'a>(
        &'a self,
        exec: Exec<'a>,
        keys: &'a [Self::LoadKey],
        shown: Option<&'a Find>,
    ) -> BoxFuture<'a, Result<WantsOf>>;
}

macro_rules! by_source_id {
    ($($kind:ident $(<$join:ident>)? $key:ident $(. $part:ident)?;)*) => { $(
        impl<S: Model, T: Model, R: Relation<Source = S> $(, $join: Model)?> LoadByKeys for $kind<S, T, R $(, $join)?> {
            type LoadKey = S::Id;

            fn load_key(&self, source: &S) -> Result<Option<S::Id>> {
                saved_id(source)?;
                let id = S::ID.get(source);
                // a key that can't be encoded is the mistake of its own caller
                self.keys$(.$part)?.field.of_parent(id).map_err(Error::encode::<S>)?;
                Ok(Some(id.clone()))
            }

            fn wants_by_keys<'a>(
                &'a self,
                exec: Exec<'a>,
                keys: &'a [S::Id],
                shown: Option<&'a Find>,
            ) -> BoxFuture<'a, Result<WantsOf>> {
                self.wants(exec, Parents::ids(keys), shown)
            }
        }
    )* };
}
by_source_id! {
    OneToMany keys;
    OneToOne keys;
    ManyToManyInIds keys;
    ManyToManyInElements keys;
    ManyToMany<J> keys.source;
}

impl<S: Record, T: Model, R: Relation<Source = S>> LoadByKeys for ManyToOne<S, T, R> {
    type LoadKey = T::Id;

    fn load_key(&self, source: &S) -> Result<Option<T::Id>> {
        let key = self.keys.field.id_of(source).map_err(Error::encode::<S>)?;
        Ok(self.keys.field.of_child(source).filter(|_| key != Bson::Null))
    }

    fn wants_by_keys<'a>(
        &'a self,
        _: Exec<'a>,
        keys: &'a [T::Id],
        _: Option<&'a Find>,
    ) -> BoxFuture<'a, Result<WantsOf>> {
        let wants = by_target_ids::<S, T>(Wants::by_id(keys.len()), keys.iter().map(std::slice::from_ref));
        Box::pin(std::future::ready(wants))
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>> LoadByKeys for ManyToManyByIds<S, T, R> {
    type LoadKey = Vec<T::Id>;

    fn load_key(&self, source: &S) -> Result<Option<Vec<T::Id>>> {
        self.keys.field.ids_of(source).map_err(Error::encode::<S>)?;
        let ids = self.keys.field.of_child(source);
        Ok(Some(ids).filter(|ids| !ids.is_empty()))
    }

    fn wants_by_keys<'a>(
        &'a self,
        _: Exec<'a>,
        keys: &'a [Vec<T::Id>],
        _: Option<&'a Find>,
    ) -> BoxFuture<'a, Result<WantsOf>> {
        let wants = Wants::by_id(keys.len()).arranged();
        let wants = by_target_ids::<S, T>(wants, keys.iter().map(Vec::as_slice));
        Box::pin(std::future::ready(wants))
    }
}

fn by_target_ids<'k, S: Record, T: Model>(
    mut wants: Wants,
    keys: impl Iterator<Item = &'k [T::Id]>,
) -> Result<WantsOf> {
    for (parent, ids) in keys.enumerate() {
        for id in ids {
            wants.want(parent, T::ID.encode(id).map_err(Error::encode::<S>)?);
        }
    }
    Ok(WantsOf(wants))
}

/// The documents of a relation for each key.
pub(crate) async fn documents_by_keys<D: LoadByKeys>(
    relation: &D,
    query: &Query<D::Target>,
    exec: Exec<'_>,
    keys: &[D::LoadKey],
) -> Result<Vec<<D::Cardinality as Cardinality>::Value<D::Target>>> {
    let query = Rendered::new(query)?;
    if query.is_empty() {
        return Ok(D::Cardinality::hand_out(std::iter::empty(), vec![crate::plan::Indices::new(); keys.len()]));
    }
    let query = answered(query, exec).await?;
    let WantsOf(mut wants) = relation.wants_by_keys(exec, keys, Some(&query.find)).await?;
    let shared = <D::Cardinality as Cardinality>::SHARED;
    let reading = Reading {
        query,
        reader: Reader::new(store::decode::<D::Target>).with_copies(|read| Some(<D::Target as Model>::COPY?(read))),
        only: None,
        shared,
    };
    let found = fetch(exec, &mut wants, reading).await?;
    Ok(D::Cardinality::hand_out(found.children.into_iter(), found.of))
}

/// The number of documents of a relation for each key.
pub(crate) async fn counts_by_keys<D: LoadByKeys>(
    relation: &D,
    query: &Query<D::Target>,
    exec: Exec<'_>,
    keys: &[D::LoadKey],
) -> Result<Vec<u64>> {
    let query = Rendered::new(query)?;
    if query.is_empty() {
        return Ok(vec![0; keys.len()]);
    }
    let WantsOf(wants) = relation.wants_by_keys(exec, keys, None).await?;
    Box::pin(count_wanted(exec, query, wants)).await
}

/// The documents with these ids, one for each of them, decoded by `read`.
pub(crate) async fn documents_by_ids<T: Model, X: Send + Sync + 'static>(
    exec: Exec<'_>,
    ids: impl Iterator<Item = Bson>,
    read: fn(&RawDocument) -> Result<X>,
) -> Result<Vec<Option<X>>> {
    let ids: Vec<Bson> = ids.collect();
    let mut wants = Wants::by_id(ids.len());
    for (parent, id) in ids.into_iter().enumerate() {
        wants.want(parent, id);
    }
    let query = Query::<T>::new(Filter::default());
    // several ids find one document only if the collation of the collection takes them for equal
    let reading = Reading { query: Rendered::new(&query)?, reader: Reader::new(read), only: None, shared: false };
    let found = fetch(exec, &mut wants, reading).await?;
    Ok(crate::plan::One::hand_out(found.children.into_iter(), found.of))
}

/// The documents of type `T` with these ids, each shared.
pub(crate) async fn shared_by_ids<T: Model>(
    exec: Exec<'_>,
    ids: impl Iterator<Item = Bson>,
) -> Result<Vec<Option<Arc<T>>>> {
    documents_by_ids::<T, Arc<T>>(exec, ids, |document| store::decode::<T>(document).map(Arc::new)).await
}
