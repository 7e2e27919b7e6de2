//! The first document of a relation to many, for each parent.

use mongodb::bson::Document;

use super::children::{join_step, reach};
use super::include::Include;
use super::reach::LoadKeys;
use crate::embedded::Record;
use crate::plan::{
    JoinAt, Keys, Leads, Many, Origin, Parents, Pick, Plan, Reach, Readable, ReplacesNothing, Step, View,
};
use crate::relation::{Association, Kind};
use crate::store::BoxFuture;
use crate::{Model, Relation, Result};

/// The first of a relation's documents, for each parent: `User::POSTS.order_by(Post::LIKES.desc()).first()`.
pub struct First<D: Reach, P, V = <D as Reach>::Target> {
    include: Include<D, P, V>,
}

impl<D: Reach, P, V> First<D, P, V> {
    /// `include` has a limit of 1.
    fn new(include: Include<D, P, V>) -> Self {
        Self { include }
    }
}

impl<D: LoadKeys, P, V> Include<D, P, V> {
    /// Loads only the first document of each parent, if it has one: `related` then returns an `Option`. As many commands
    /// as with `limit(1)`.
    pub fn first(self) -> First<D, P, V>
    where
        D: Reach<Cardinality = Many>,
    {
        First::new(self.limit(1))
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Leads> Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    /// Loads only the first document of each parent, if it has one: `related` then returns an `Option`. As many commands
    /// as with `limit(1)`.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(one_to_many, target = "Post", fk = "author_id")]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, likes: i64, author_id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// for user in User::find_all().with(User::POSTS.order_by(Post::LIKES.desc()).first()).all(&db).await? {
    ///     let best: Option<&Post> = user.related(User::POSTS);
    ///     println!("{}: {}", user.name, best.map_or("no posts", |post| &post.title));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn first(self) -> First<Self, ()>
    where
        Self: Reach<Cardinality = Many>,
    {
        Include::of(self).first()
    }
}

impl<D: Reach, P: Clone, V> Clone for First<D, P, V> {
    fn clone(&self) -> Self {
        Self { include: self.include.clone() }
    }
}

#[diagnostic::do_not_recommend]
impl<D: Reach, P, V> Pick for First<D, P, V> {
    type Key = D::Marker;
}

#[diagnostic::do_not_recommend]
impl<D: Reach, P, V: 'static> Readable for First<D, P, V> {
    type Ref<'a> = Option<&'a V>;
}

#[diagnostic::do_not_recommend]
impl<D, P, V> Step<D::Source> for First<D, P, V>
where
    D: LoadKeys<Cardinality = Many>,
    P: Plan<D::Target>,
    V: View<D::Target>,
{
    type Key = D::Marker;
    type Value = Option<P::Row<V>>;
    type Replaces = ReplacesNothing;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, D::Source>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(async move {
            let Include { relation, query, plan, .. } = &self.include;
            let lists = reach::<D, P, V>(relation, query, plan, from, place, parents).await?;
            Ok(lists.into_iter().map(|list| list.into_iter().next()).collect())
        })
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add(D::Marker::META);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        join_step::<D, P, V>(&self.include.query, &self.include.plan, false, (at, place))
    }
}
