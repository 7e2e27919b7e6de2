//! The constants of relations as steps of a load: which keys each kind asks for.

use std::collections::HashSet;

use mongodb::bson::{Bson, doc};
use mongodb::options::FindOptions;

use super::wants::{Shape, Wants};
use super::{Cardinality, Many, One, SharedOne, fetch};
use crate::relation::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
use crate::schema::KeyHolder;
use crate::store::{self, BoxFuture, Exec};
use crate::{Error, Filter, Find, Model, Query, Relation, Result, document, encoding};

/// A relation constant, of whatever kind: `User::POSTS`.
pub trait Reach: Copy + Send + Sync + 'static {
    /// The relation as a type.
    type Marker: Relation<Source = Self::Source>;
    /// The model that declares it.
    type Source: Model;
    /// The model that it leads to.
    type Target: Model;
    #[doc(hidden)]
    type Cardinality: Cardinality;
    #[doc(hidden)]
    fn wants<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a Self::Source]) -> BoxFuture<'a, Result<WantsOf>>;
    #[doc(hidden)]
    fn base(&self) -> Query<Self::Target> {
        Query::related(Self::Marker::META, Filter::default())
    }
}

/// The keys that a relation asks for.
#[doc(hidden)]
pub struct WantsOf(pub(super) Wants);

/// Refuses documents without an id where the relation goes by it.
pub(super) fn check_saved<D: Reach>(parents: &[&D::Source]) -> Result<()> {
    if D::Marker::META.holder != KeyHolder::Source {
        for parent in parents {
            document::saved_id(*parent)?;
        }
    }
    Ok(())
}

/// The keys of relations that go by a key in the target, or by an array of them.
pub(super) fn by_source_id<S: Model>(
    parents: &[&S],
    field: &'static str,
    shape: Shape,
    stored: impl Fn(&S::Id) -> Result<Bson, crate::EncodeError>,
) -> Result<WantsOf> {
    let mut wants = Wants::new(field, shape, parents.len());
    for (index, parent) in parents.iter().enumerate() {
        document::saved_id(*parent)?;
        let key = stored(S::ID.get(parent)).map_err(Error::encode::<S>)?;
        wants.want(index, key);
    }
    Ok(WantsOf(wants))
}

/// The keys of relations whose source holds them: one, or an array of them.
fn by_target_ids<S: Model, T: Model, I: IntoIterator<Item = T::Id>>(
    mut wants: Wants,
    parents: &[&S],
    ids: impl Fn(&S) -> I,
) -> Result<WantsOf> {
    for (index, parent) in parents.iter().enumerate() {
        for id in ids(parent) {
            wants.want(index, T::ID.encode(&id).map_err(Error::encode::<S>)?);
        }
    }
    Ok(WantsOf(wants))
}

macro_rules! by_key_in_target {
    ($($kind:ident $card:ident $field:ident $shape:ident;)*) => { $(
        impl<S: Model, T: Model, R: Relation<Source = S>> Reach for $kind<S, T, R> {
            type Marker = R;
            type Source = S;
            type Target = T;
            type Cardinality = $card;

            fn wants<'a>(&'a self, _: Exec<'a>, parents: &'a [&'a S]) -> BoxFuture<'a, Result<WantsOf>> {
                let key = self.$field;
                let wants = by_source_id(parents, key.name, Shape::$shape, |id| key.field.of_parent(id));
                Box::pin(std::future::ready(wants))
            }
        }
    )* };
}
by_key_in_target! {
    OneToMany Many key Key;
    OneToOne One key Key;
    ManyToManyInIds Many keys Array;
}

impl<S: Model, T: Model, R: Relation<Source = S>> Reach for ManyToOne<S, T, R> {
    type Marker = R;
    type Source = S;
    type Target = T;
    type Cardinality = SharedOne;

    fn wants<'a>(&'a self, _: Exec<'a>, parents: &'a [&'a S]) -> BoxFuture<'a, Result<WantsOf>> {
        let wants = Wants::new("_id", Shape::Id, parents.len());
        let wants = by_target_ids::<S, T, _>(wants, parents, |parent| self.key.field.of_child(parent));
        Box::pin(std::future::ready(wants))
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> Reach for ManyToManyByIds<S, T, R> {
    type Marker = R;
    type Source = S;
    type Target = T;
    type Cardinality = Many;

    fn wants<'a>(&'a self, _: Exec<'a>, parents: &'a [&'a S]) -> BoxFuture<'a, Result<WantsOf>> {
        let wants = Wants::new("_id", Shape::Id, parents.len()).arranged();
        let wants = by_target_ids::<S, T, _>(wants, parents, |parent| self.keys.field.of_child(parent));
        Box::pin(std::future::ready(wants))
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model> Reach for ManyToMany<S, T, R, J> {
    type Marker = R;
    type Source = S;
    type Target = T;
    type Cardinality = Many;

    fn wants<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a S]) -> BoxFuture<'a, Result<WantsOf>> {
        let (source_key, target_key) = (self.source_key, self.target_key.name);
        Box::pin(async move {
            let stored = |id: &S::Id| source_key.field.of_parent(id);
            let WantsOf(sources) = by_source_id(parents, source_key.name, Shape::Key, stored)?;
            let chunks = fetch::chunks(&sources.keys);
            let links = fetch::side_by_side(chunks, |keys| {
                let filter = doc! { source_key.name: { "$in": keys } };
                let projection = doc! { "_id": 0, source_key.name: 1, target_key: 1 };
                let options = FindOptions::builder().projection(projection).build();
                store::find(exec, Find::new(J::METADATA.collection, filter), options, move |link| {
                    let side = |key: &str| match link.get(key).map_err(mongodb::error::Error::from)? {
                        Some(value) => encoding::owned(value).map_err(Error::other),
                        None => Ok(Bson::Null),
                    };
                    Ok((side(source_key.name)?, side(target_key)?))
                })
            })
            .await?;
            let mut wants = Wants::new("_id", Shape::Id, parents.len());
            // two join documents of the same pair are one link
            let mut seen = HashSet::new();
            for (source, target) in links.into_iter().flatten() {
                for parent in sources.parents(&encoding::identity(&source)) {
                    if seen.insert((*parent, encoding::identity(&target))) {
                        wants.want(*parent, target.clone());
                    }
                }
            }
            Ok(WantsOf(wants))
        })
    }
}
