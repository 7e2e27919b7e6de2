//! The handles that a loader takes.

use std::any::TypeId;
use std::sync::Arc;

use super::batch::{GroupName, Load};
use super::call::{Loading, Request};
use super::on::RunsOn;
use super::state::Loader;
use crate::embedded::Record;
use crate::handle::{HandleParts, LeadsToMany, LeadsToOne};
use crate::load::{LoadByKeys, counts_by_keys, documents_by_keys};
use crate::plan::{Cardinality, Leads, Many, One, Reach, SharedOne};
use crate::relation::{Association, Kind};
use crate::store::{BoxFuture, Exec};
use crate::{Handle, Model, Query, Relation, Result};

/// The handle of a relation to at most one document.
#[diagnostic::on_unimplemented(
    message = "a loader can't `get` a `{Self}`",
    label = "not the handle of a relation to one document",
    note = "pass the handle of a relation to one, as in `loader.get(post.author())`; for a relation to many, call `loader.all(user.posts())`; for an id, `loader.find::<User>(id)`"
)]
pub trait LoadsOne {
    /// The document.
    type Document: Send + Sync + 'static;
    #[doc(hidden)]
    fn load_one<O: RunsOn>(self, loader: &Loader<O>) -> Loading<Option<Arc<Self::Document>>, O>;
}

/// The handle of a relation to any number of documents.
#[diagnostic::on_unimplemented(
    message = "a loader can't load a `{Self}`",
    label = "not the handle of a relation to many documents",
    note = "pass the handle of a relation to many, as in `loader.all(user.posts().limit(3))`; for a relation to one, call `loader.get(post.author())`",
    note = "a handle with `.with(..)` is a query of its own: ask the loader for the further relation of each document that it returns, which is one command for all of them"
)]
pub trait LoadsMany {
    /// The document.
    type Document: Send + Sync + 'static;
    #[doc(hidden)]
    fn load_all<O: RunsOn>(self, loader: &Loader<O>) -> Loading<Arc<[Self::Document]>, O>;
    #[doc(hidden)]
    fn load_count<O: RunsOn>(self, loader: &Loader<O>) -> Loading<u64, O>;
}

/// The value of a relation to one as a loader keeps it.
#[doc(hidden)]
pub trait IntoShared: Cardinality {
    fn into_shared<T: Send + Sync>(value: Self::Value<T>) -> Option<Arc<T>>;
}

impl IntoShared for One {
    fn into_shared<T: Send + Sync>(value: Option<T>) -> Option<Arc<T>> {
        value.map(Arc::new)
    }
}

impl IntoShared for SharedOne {
    fn into_shared<T: Send + Sync>(value: crate::Shared<T>) -> Option<Arc<T>> {
        value.into_inner()
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, R, K> LoadsOne for Handle<'_, S, T, R, K>
where
    S: Record,
    T: Model,
    R: Relation<Source = S>,
    K: Kind<S, T> + Leads<Cardinality: IntoShared> + LeadsToOne,
    Association<S, T, R, K>: LoadByKeys<Source = S, Target = T, Marker = R, Cardinality = K::Cardinality>,
{
    type Document = T;

    fn load_one<O: RunsOn>(self, loader: &Loader<O>) -> Loading<Option<Arc<T>>, O> {
        let call = Call {
            absent: None,
            together: |relation, query| {
                Box::new(move |exec, keys| {
                    let query = Arc::clone(&query);
                    Box::pin(async move {
                        let found = documents_by_keys(&relation, &query, exec, keys).await?;
                        Ok(found.into_iter().map(K::Cardinality::into_shared).collect())
                    })
                })
            },
            alone: |query, exec| Box::pin(async move { Ok(query.first(exec).await?.map(Arc::new)) }),
        };
        call.of(self, loader)
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, R, K> LoadsMany for Handle<'_, S, T, R, K>
where
    S: Record,
    T: Model,
    R: Relation<Source = S>,
    K: Kind<S, T> + Leads<Cardinality = Many> + LeadsToMany,
    Association<S, T, R, K>: LoadByKeys<Source = S, Target = T, Marker = R, Cardinality = Many>,
{
    type Document = T;

    fn load_all<O: RunsOn>(self, loader: &Loader<O>) -> Loading<Arc<[T]>, O> {
        let call: Call<_, Arc<[T]>> = Call {
            absent: Arc::new([]),
            together: |relation, query| {
                Box::new(move |exec, keys| {
                    let query = Arc::clone(&query);
                    Box::pin(async move {
                        let found = documents_by_keys(&relation, &query, exec, keys).await?;
                        Ok(found.into_iter().map(Arc::from).collect())
                    })
                })
            },
            alone: |query, exec| Box::pin(async move { Ok(query.all(exec).await?.into()) }),
        };
        call.of(self, loader)
    }

    fn load_count<O: RunsOn>(self, loader: &Loader<O>) -> Loading<u64, O> {
        let call = Call {
            absent: 0,
            together: |relation, query| {
                Box::new(move |exec, keys| {
                    let query = Arc::clone(&query);
                    Box::pin(async move { counts_by_keys(&relation, &query, exec, keys).await })
                })
            },
            alone: |query, exec| query.count(exec),
        };
        call.of(self, loader)
    }
}

/// Makes the function that loads the values of several keys by a query.
type Together<D, V> = fn(D, Arc<Query<<D as Reach>::Target>>) -> Load<<D as LoadByKeys>::LoadKey, V>;

/// How a call on a handle gets its value.
struct Call<D: LoadByKeys, V> {
    /// The value of a document that refers to nothing.
    absent: V,
    /// For the keys of several documents.
    together: Together<D, V>,
    /// For a handle that can't be grouped with others.
    alone: for<'a> fn(Query<D::Target>, Exec<'a>) -> BoxFuture<'a, Result<V>>,
}

impl<S, T, R, K, V> Call<Association<S, T, R, K>, V>
where
    S: Record,
    T: Model,
    R: Relation<Source = S>,
    K: Kind<S, T> + Leads,
    Association<S, T, R, K>: LoadByKeys<Source = S, Target = T, Marker = R>,
    V: Clone + Send + Sync + 'static,
{
    fn of<O: RunsOn>(self, handle: Handle<'_, S, T, R, K>, loader: &Loader<O>) -> Loading<V, O> {
        match self.request(handle) {
            Ok(Some(request)) => Loading::of(loader, request),
            Ok(None) => Loading::known(Ok(self.absent)),
            Err(error) => Loading::known(Err(error)),
        }
    }

    /// `None` if nothing has to be sent. An error is one of this call alone.
    fn request(&self, handle: Handle<'_, S, T, R, K>) -> Result<Option<Request<V>>> {
        let HandleParts { source, relation, query, unchanged, own } = handle.into_parts();
        let (types, together, alone) = (TypeId::of::<(fn(R), fn(V))>(), self.together, self.alone);
        if own.refusal.is_some() || own.after.is_some() {
            let name = GroupName { types: TypeId::of::<(fn(R), fn(V), ())>(), query: format!("{:?}", own.to_query()?) };
            let load: Load<(), V> = Box::new(move |exec, keys| {
                let (own, calls) = (own.clone(), keys.len());
                Box::pin(async move { Ok(vec![alone(own, exec).await?; calls]) })
            });
            return Ok(Some(Box::new(move |groups, runs| groups.place(name, (), load, runs))));
        }
        let rendered = if unchanged { String::new() } else { format!("{:?}", query.to_query()?) };
        let name = GroupName { types, query: rendered };
        let Some(key) = relation.load_key(source)? else { return Ok(None) };
        Ok(Some(Box::new(move |groups, runs| groups.place(name, key, together(relation, Arc::new(query)), runs))))
    }
}
