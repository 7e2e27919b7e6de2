//! Loads a many-to-many with its join documents.

use std::collections::{HashMap, HashSet};

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::children::{answered, join_step};
use super::fetch::{Reading, fetch};
use super::include::Include;
use super::reach::{WantsOf, by_source_id, check_saved, join_documents};
use super::wants::{KeyKind, Wants};
use super::{join, window};
use crate::bson::{Identity, identity, raw_identity};
use crate::field;
use crate::plan::{
    self, Cardinality, Fetched, Indices, JoinAt, Joined, Kept, Keys, Many, NotIn, Origin, Parents, Pick, Plan,
    ReplacesNothing, Step, View,
};
use crate::relation::ManyToMany;
use crate::run::Rendered;
use crate::store::{self, BoxFuture, Exec, Reader};
use crate::{Error, Find, Linked, Model, Relation, Result};

/// A many-to-many together with its links: `User::GROUPS.links()`.
pub struct WithLinks<S: Model, T: Model, R: Relation<Source = S>, J: Model, P, V = T> {
    include: Include<ManyToMany<S, T, R, J>, P, V>,
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model> ManyToMany<S, T, R, J> {
    /// Loads each document together with the join document that links it, as a [`Linked`].
    /// `user.related(User::GROUPS)` returns them. If several links join the same two documents, the one with the
    /// least `_id` counts.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(many_to_many, target = "Group", through = "UserGroup")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Group { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct UserGroup { #[serde(rename = "_id")] id: ObjectId, user_id: ObjectId, group_id: ObjectId, role: String }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// for user in User::find_all().with(User::GROUPS.links()).all(&db).await? {
    ///     for group in user.related(User::GROUPS) {
    ///         println!("{} as {}", group.name, group.link.role);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn links(self) -> WithLinks<S, T, R, J, ()> {
        Include::of(self).links()
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model, P, V> Include<ManyToMany<S, T, R, J>, P, V> {
    /// Loads each document together with the join document that links it; see [`ManyToMany::links`].
    pub fn links(self) -> WithLinks<S, T, R, J, P, V> {
        WithLinks { include: self }
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model, P, V> WithLinks<S, T, R, J, P, V> {
    /// Reads only the fields of a view of the linked documents; see [`Query::view`](crate::Query::view). The join documents
    /// are read whole.
    pub fn view<W: View<T>>(self) -> WithLinks<S, T, R, J, P, W::Itself> {
        WithLinks { include: self.include.view::<W>() }
    }

    /// Also loads a relation of the linked documents.
    pub fn with<X>(self, step: X) -> WithLinks<S, T, R, J, (P, X::Itself), V>
    where
        P: Plan<T>,
        X: Step<T>,
        X::Key: NotIn<P::Out>,
    {
        WithLinks { include: self.include.with(step) }
    }
}

#[diagnostic::do_not_recommend]
impl<S: Model, T: Model, R: Relation<Source = S>, J: Model, P, V> Pick for WithLinks<S, T, R, J, P, V> {
    type Key = R;
}

#[diagnostic::do_not_recommend]
impl<S, T, R, J, P, V> Step<S> for WithLinks<S, T, R, J, P, V>
where
    S: Model,
    T: Model,
    R: Relation<Source = S>,
    J: Model,
    P: Plan<T>,
    V: View<T>,
{
    type Key = R;
    type Value = Vec<Linked<P::Row<V>, J>>;
    type Replaces = ReplacesNothing;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, S>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(async move {
            let keys = Keys::of(&self.include.plan);
            let reader = plan::reader::<T, V>(&keys);
            let (targets, links, of, joined) = if let Some(mut joined) = from.joined(place, |_, _| Ok(true)).await? {
                check_saved::<ManyToMany<S, T, R, J>>(parents)?;
                let reader = Reader::new(move |row| {
                    let link = store::decode::<J>(plan::part(row, join::LINK)?)?;
                    Ok((reader.read(plan::document(row)?)?, link))
                });
                let (targets, links): (Vec<_>, Vec<J>) = joined.rows().read(&reader).await?.into_iter().unzip();
                (targets, links, std::mem::take(&mut joined.of), Some(joined))
            } else {
                let (targets, links, of) = self.ask(from.exec, parents, &keys, reader).await?;
                (targets, links, of, None)
            };
            let outs = {
                let targets = V::Kept::held(targets.iter());
                let rows = joined.as_ref().map(Joined::rows);
                self.include.plan.load(Origin::new(from.exec, rows), targets.parents()).await?
            };
            let rows = P::rows(targets.into_iter().map(|(target, _)| target), outs).zip(links);
            Ok(Many::hand_out(rows.map(|(target, link)| Linked { target, link }), of))
        })
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add(R::META);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        join_step::<ManyToMany<S, T, R, J>, P, V>(&self.include.query, &self.include.plan, true, (at, place))
    }
}

/// Targets with what is kept besides their views, the link of each, and for each parent the positions of its targets.
type Asked<T, V, J> = (Vec<(V, <V as View<T>>::Kept)>, Vec<J>, Vec<Indices>);

impl<S, T, R, J, P, V> WithLinks<S, T, R, J, P, V>
where
    S: Model,
    T: Model,
    R: Relation<Source = S>,
    J: Model,
    P: Plan<T>,
    V: View<T>,
{
    async fn ask(
        &self,
        exec: Exec<'_>,
        parents: Parents<'_, S>,
        keys: &Keys,
        reader: Reader<(V, V::Kept)>,
    ) -> Result<Asked<T, V, J>> {
        let Include { relation, query, .. } = &self.include;
        let query = Rendered::new(query)?;
        if parents.is_empty() || query.is_empty() {
            return Ok((Vec::new(), Vec::new(), vec![Indices::new(); parents.len()]));
        }
        let query = answered(query, exec).await?;
        let (links, mut wants) = linked(relation, exec, parents, &query.find).await?;
        let with_id =
            move |document: &RawDocument| Ok((reader.read(document)?, identity(&field::value(document, "_id")?)));
        let reading = Reading {
            query,
            reader: Reader::new(with_id).with_copies(|(read, id)| Some((plan::copy::<T, V>(read)?, id.clone()))),
            only: keys.fields::<T, V>(),
            shared: false,
        };
        let Fetched { children, of } = fetch(exec, &mut wants, reading).await?;
        // in the order in which they arrived: the first link of a pair counts
        let mut by_pair = HashMap::with_capacity(links.len());
        for (parent, id, link) in links {
            by_pair.entry((parent, wants.canonical(&id).clone())).or_insert(link);
        }
        let mut parent_of = vec![0; children.len()];
        for (parent, list) in of.iter().enumerate() {
            for index in list {
                parent_of[*index] = parent;
            }
        }
        let mut chosen = Vec::with_capacity(children.len());
        for ((_, id), parent) in children.iter().zip(parent_of) {
            let link = by_pair.remove(&(parent, wants.canonical(id).clone()));
            chosen.push(link.ok_or_else(|| Error::other("the server gave a document that no link leads to"))?);
        }
        Ok((children.into_iter().map(|(child, _)| child).collect(), chosen, of))
    }
}

/// A parent, the id of the document that a link leads to, and the link.
type Link<J> = (usize, Identity, J);

/// The join documents by parent and target, and the targets that they lead to.
async fn linked<S: Model, T: Model, R: Relation<Source = S>, J: Model>(
    relation: &ManyToMany<S, T, R, J>,
    exec: Exec<'_>,
    parents: Parents<'_, S>,
    find: &Find,
) -> Result<(Vec<Link<J>>, Wants)> {
    let (source, target, tags) = (relation.keys.source, relation.keys.target, relation.keys.tag_filter());
    let WantsOf(mut sources) =
        by_source_id(parents, (source.name, source.path, source.stored), KeyKind::Key, |id| source.field.of_parent(id))
            .await?;
    let cut = window::is_cut_through(find, target.stored);
    let ask = async |sources: &Wants| {
        // decoded for each parent: a join model need not be `Clone`, and a key has several parents only if they
        // repeat
        let each = |key: &Identity, link: &RawDocument| {
            let parents = sources.parents(key).iter();
            parents.map(|parent| Ok((*parent, store::decode::<J>(link)?))).collect::<Result<Vec<_>>>()
        };
        if cut {
            let pipeline = |chunk: &[Bson]| window::of_links::<T>((source.name, target.name, &tags), find, chunk, true);
            let read = |row: &RawDocument| match window::read_link(sources, row)? {
                (key, _, Some(link)) => each(&key, link),
                _ => Ok(Vec::new()),
            };
            return join_documents::<J, _>(exec, sources, pipeline, read).await;
        }
        let pipeline = |chunk: &[Bson]| {
            let mut chosen = store::among(source.name, chunk);
            chosen.extend(tags.clone());
            vec![doc! { "$match": chosen }, doc! { "$sort": { "_id": 1 } }]
        };
        let read = |link: &RawDocument| {
            sources.notice(link, source.name)?;
            let key = field::raw_value(link, source.name)?;
            each(&raw_identity(key).map_err(Error::other)?, link)
        };
        join_documents::<J, _>(exec, sources, pipeline, read).await
    };
    sources.watch();
    let mut found = ask(&sources).await?;
    while sources.settle(exec, J::METADATA.collection).await? {
        found = ask(&sources).await?;
    }
    let wants = Wants::by_id(parents.len());
    let mut wants = if cut { wants.cut() } else { wants };
    let (mut links, mut seen) = (Vec::new(), HashSet::new());
    for (parent, link) in found.into_iter().flatten() {
        let Some(id) = target.field.of_child(&link) else {
            continue;
        };
        let key = T::ID.encode(&id).map_err(Error::encode::<J>)?;
        let id = identity(&key);
        if seen.insert((parent, id.clone())) {
            wants.want(parent, key);
            links.push((parent, id, link));
        }
    }
    Ok((links, wants))
}
