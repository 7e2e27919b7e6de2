//! References to several models.

use std::any::TypeId;
use std::sync::Arc;

use mongodb::bson::Bson;

use super::batch::{GroupName, Load};
use super::call::Loading;
use super::handles::LoadsOne;
use super::on::RunsOn;
use super::state::Loader;
use crate::bson::{Identity, identity};
use crate::embedded::Record;
use crate::handle::ToAny;
use crate::load::documents_by_ids;
use crate::plan::{Documents, Either, Never, Rows, RowsOf};
use crate::relation::{Reference, ReferenceField, RefersTo, RefersToAny, Variant};
use crate::store::{self, BoxFuture, Exec};
use crate::{Error, Model, Result};

/// A reference without its type: the number of its variant, and the id.
#[derive(Clone)]
#[doc(hidden)]
pub struct ReferenceKey {
    variant: usize,
    identity: Identity,
    id: Bson,
}

impl PartialEq for ReferenceKey {
    fn eq(&self, other: &Self) -> bool {
        (self.variant, &self.identity) == (other.variant, &other.identity)
    }
}

impl Eq for ReferenceKey {}

impl std::hash::Hash for ReferenceKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.variant, &self.identity).hash(state);
    }
}

/// The documents that some references found, by their places among all references.
type Placed<X> = Vec<(usize, X)>;

/// Loads the documents that references of type `E` refer to, for a list of models.
#[doc(hidden)]
pub trait LoadReferred<E>: Rows<One: 'static> {
    /// The key of a reference. `variant` is the number of the first model of the list.
    fn key(reference: &E, variant: usize) -> Result<Option<ReferenceKey>>;
    fn load<'a>(exec: Exec<'a>, keys: &'a [ReferenceKey], variant: usize) -> BoxFuture<'a, Result<Placed<Self::One>>>;
}

impl<E> LoadReferred<E> for () {
    fn key(_: &E, _: usize) -> Result<Option<ReferenceKey>> {
        Ok(None)
    }

    fn load<'a>(_: Exec<'a>, _: &'a [ReferenceKey], _: usize) -> BoxFuture<'a, Result<Placed<Never>>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

impl<E, T, L> LoadReferred<E> for (T, L)
where
    E: Variant<T, Id: RefersTo<T::Id>>,
    T: Model,
    L: LoadReferred<E>,
{
    fn key(reference: &E, variant: usize) -> Result<Option<ReferenceKey>> {
        let Some(id) = Variant::<T>::id(reference) else { return L::key(reference, variant + 1) };
        let Some(id) = id.to_id() else { return Ok(None) };
        let id = T::ID.encode(&id).map_err(Error::encode::<T>)?;
        Ok((id != Bson::Null).then(|| ReferenceKey { variant, identity: identity(&id), id }))
    }

    fn load<'a>(exec: Exec<'a>, keys: &'a [ReferenceKey], variant: usize) -> BoxFuture<'a, Result<Placed<Self::One>>> {
        Box::pin(async move {
            let places: Vec<usize> = (0..keys.len()).filter(|place| keys[*place].variant == variant).collect();
            let ids = places.iter().map(|place| keys[*place].id.clone());
            let here = documents_by_ids::<T, T>(exec, ids, store::decode::<T>);
            // both are awaited to their end: a future of the driver must not be dropped while it runs
            let (here, rest) = futures_util::future::join(here, L::load(exec, keys, variant + 1)).await;
            let (here, rest) = (here?, rest?);
            let here = places.into_iter().zip(here).filter_map(|(place, found)| Some((place, Either::Here(found?))));
            Ok(here.chain(rest.into_iter().map(|(place, found)| (place, Either::There(found)))).collect())
        })
    }
}

type ModelsOf<K> = <<K as RefersToAny>::To as Reference>::Models;

#[diagnostic::do_not_recommend]
impl<S, K, R, D> LoadsOne for ToAny<'_, S, K, R>
where
    S: Record,
    K: RefersToAny,
    R: ReferenceField<Source = S, Key = K>,
    D: Send + Sync + 'static,
    ModelsOf<K>: LoadReferred<K::To> + RowsOf<D>,
    K::To: Documents<ModelsOf<K>, Document = D>,
{
    type Document = D;

    fn load_one<O: RunsOn>(self, loader: &Loader<O>) -> Loading<Option<Arc<D>>, O> {
        let key = self.reference().and_then(|reference| match reference {
            Some(reference) => ModelsOf::<K>::key(reference, 0),
            None => Ok(None),
        });
        let key = match key {
            Ok(Some(key)) => key,
            Ok(None) => return Loading::known(Ok(None)),
            Err(error) => return Loading::known(Err(error)),
        };
        let name = GroupName { types: TypeId::of::<(fn(R), fn(D))>(), query: String::new() };
        let load: Load<ReferenceKey, Option<Arc<D>>> = Box::new(|exec, keys| {
            Box::pin(async move {
                let mut values: Vec<Option<Arc<D>>> = vec![None; keys.len()];
                for (place, one) in ModelsOf::<K>::load(exec, keys, 0).await? {
                    values[place] = Some(Arc::new(ModelsOf::<K>::build(one, K::To::constructors())));
                }
                Ok(values)
            })
        });
        Loading::of(loader, Box::new(move |groups, runs| groups.place(name, key, load, runs)))
    }
}
