//! A many-to-many with its join documents.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use mongodb::bson::doc;
use mongodb::options::FindOptions;

use super::fetch::{Reading, chunks, fetch, side_by_side};
use super::reach::{WantsOf, by_source_id};
use super::wants::{Shape, Wants};
use super::{Include, NotIn, Pick, Plan, Step};
use crate::encoding::{Identity, identity, raw_identity};
use crate::relation::ManyToMany;
use crate::store::{self, BoxFuture, Exec};
use crate::{Error, Find, Linked, Model, Relation, Result, document};

/// A many-to-many together with its links: `User::GROUPS.links()`.
pub struct WithLinks<S: Model, T: Model, R: Relation<Source = S>, J: Model, P> {
    include: Include<ManyToMany<S, T, R, J>, P>,
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model> ManyToMany<S, T, R, J> {
    /// Loads each document together with the join document that links it, as [`Linked`]: read by
    /// `user.get(User::GROUPS)`. Of several links between the same two, the one with the least `_id` counts.
    pub fn links(self) -> WithLinks<S, T, R, J, ()> {
        Include::of(self).links()
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model, P> Include<ManyToMany<S, T, R, J>, P> {
    /// Loads each document together with the join document that links it; see [`ManyToMany::links`].
    pub fn links(self) -> WithLinks<S, T, R, J, P> {
        WithLinks { include: self }
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model, P> WithLinks<S, T, R, J, P> {
    /// Loads a relation of the linked documents with them.
    pub fn with<X>(self, step: X) -> WithLinks<S, T, R, J, (P, X)>
    where
        P: Plan<T>,
        X: Step<T>,
        X::Key: NotIn<P::Out>,
    {
        WithLinks { include: self.include.with(step) }
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model, P> Pick for WithLinks<S, T, R, J, P> {
    type Key = R;
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model, P: Plan<T>> Step<S> for WithLinks<S, T, R, J, P> {
    type Key = R;
    type Value = Vec<Linked<P::Row, J>>;

    fn fetch<'a>(&'a self, exec: Exec<'a>, parents: &'a [&'a S]) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(async move {
            let Include { relation, query, plan } = &self.include;
            let (mut links, wants) = linked(relation, exec, parents).await?;
            let reading = Reading { query, read: store::decode::<T>, only_keys: false, shared: false };
            let found = fetch(exec, &wants, reading).await?;
            let ids = found.children.iter().map(|child| document::saved_id(child).map(|id| identity(&id)));
            let ids = ids.collect::<Result<Vec<_>, _>>()?;
            let outs = {
                let children: Vec<&T> = found.children.iter().collect();
                plan.load(exec, &children).await?
            };
            let mut rows: Vec<Option<P::Row>> = P::rows(found.children, outs).into_iter().map(Some).collect();
            let of = found.of.into_iter().enumerate();
            Ok(of
                .map(|(parent, list)| {
                    let linked = list.into_iter().filter_map(|index| {
                        let link = links.remove(&(parent, ids[index].clone()))?;
                        Some(Linked { target: rows[index].take()?, link })
                    });
                    linked.collect()
                })
                .collect())
        })
    }
}

type LinksByPair<J> = HashMap<(usize, Identity), J>;

/// The join documents by parent and target, and which targets they lead to.
async fn linked<S: Model, T: Model, R: Relation<Source = S>, J: Model>(
    relation: &ManyToMany<S, T, R, J>,
    exec: Exec<'_>,
    parents: &[&S],
) -> Result<(LinksByPair<J>, Wants)> {
    let (source_key, target_key) = (relation.source_key, relation.target_key);
    let stored = |id: &S::Id| source_key.field.of_parent(id);
    let WantsOf(sources) = by_source_id(parents, source_key.name, Shape::Key, stored)?;
    let found = side_by_side(chunks(&sources.keys), |keys| {
        let mut find = Find::new(J::METADATA.collection, doc! { source_key.name: { "$in": keys } });
        find.sort = doc! { "_id": 1 };
        let options = FindOptions::builder().sort(find.sort.clone()).build();
        store::find(exec, find, options, |link| {
            let key = link.get(source_key.name).map_err(mongodb::error::Error::from)?;
            let key = key.map(raw_identity).transpose().map_err(Error::other)?;
            // decoded for each: a join document isn't to be cloned, and there is one parent but for repeated ones
            let parents = key.as_ref().map_or(&[][..], |key| sources.parents(key)).iter();
            parents.map(|parent| Ok((*parent, store::decode::<J>(link)?))).collect::<Result<Vec<_>>>()
        })
    })
    .await?;
    let mut links = HashMap::new();
    let mut wants = Wants::new("_id", Shape::Id, parents.len());
    for (parent, link) in found.into_iter().flatten().flatten() {
        let Some(id) = target_key.field.of_child(&link) else {
            continue;
        };
        let id = T::ID.encode(&id).map_err(Error::encode::<J>)?;
        if let Entry::Vacant(place) = links.entry((parent, identity(&id))) {
            wants.want(parent, id);
            place.insert(link);
        }
    }
    Ok((links, wants))
}
