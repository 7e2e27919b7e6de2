//! A relation of a model to itself, followed as far as it leads.

use std::marker::PhantomData;
use std::sync::Arc;

use mongodb::bson::Document;

use super::descend::{Descent, Reached};
use super::include::{ById, Holds, Values, by_id, load};
use super::reach::LoadKeys;
use crate::bson::identity;
use crate::field::{saved_id, stored_id, value};
use crate::observe::{Call, Source};
use crate::plan::{
    ErasedSlot, JoinAt, Kept, Keys, Leads, NotIn, Origin, Parent, Parents, Pick, Plan, Reach, ReadErased, Readable,
    ReplacesNothing, Step, Tree, TreeOf, View, slot,
};
use crate::relation::{Association, Kind};
use crate::store::{BoxFuture, Exec, Executor};
use crate::{Erased, IntoFilter, IntoSort, Model, Query, Relation, Result, Strategy};

/// A relation of a model to itself, followed as far as it leads: `Category::CHILDREN.recursive()`.
///
/// [`of`](Self::of) loads the tree of one document, [`load`](Self::load) those of several, and a query includes it like any
/// relation. The result is a [`Tree`] for each document. Cycles end: a tree holds each document once.
///
/// By default, one `$graphLookup` finds the documents below all roots. `strategy(Strategy::Batch)` loads level by level
/// instead, with the same result. It is also used where the server can't follow the relation: through a join model, by a
/// key with an encoder, by a key in an array of embedded documents, from a reference to several models, and if the
/// relation has a limit or a condition on related documents.
///
/// ```no_run
/// use earnorm::Tree;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, name = "children", target = Category, fk = parent_id)]
/// # #[relation(one_to_many, target = Product, fk = category_id)]
/// # struct Category {
/// #     #[serde(rename = "_id")] id: ObjectId,
/// #     name: String,
/// #     #[relation(many_to_one, target = Category)] parent_id: Option<ObjectId>,
/// # }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Product { #[serde(rename = "_id")] id: ObjectId, category_id: ObjectId }
/// # async fn run(db: mongodb::Database, category: Category) -> earnorm::Result<()> {
/// let below: Tree<Category> = Category::CHILDREN.recursive().max_depth(3).of(&category).tree(&db).await?;
/// let path: Tree<Category> = Category::PARENT.recursive().of(&category).tree(&db).await?; // the nearest first
///
/// let trees = Category::CHILDREN.recursive().with(Category::PRODUCTS);
/// let roots = Category::find(Category::PARENT_ID.is_null()).with(trees).all(&db).await?; // three commands
/// for node in roots[0].related(Category::CHILDREN.recursive()) {
///     println!("{} {}: {} products", node.depth(), node.name, node.related(Category::PRODUCTS).len());
/// }
/// # Ok(()) }
/// ```
pub struct Recursive<D: LoadKeys, P, V = <D as Reach>::Target> {
    relation: D,
    query: Query<D::Target>,
    plan: P,
    max_depth: Option<u32>,
    strategy: Strategy,
    view: PhantomData<fn() -> V>,
}

/// A relation that leads to documents of the model that declares it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't lead back to the model that declares it",
    label = "a relation to another model",
    note = "`recursive` is for relations of a model to itself, as in `Category::CHILDREN.recursive()`"
)]
pub trait ToItself {}

#[diagnostic::do_not_recommend]
impl<M: Model, R, K: Kind<M, M>> ToItself for Association<M, M, R, K> {}

impl<S: Model, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Leads> Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    /// Follows a relation of a model to itself as far as it leads; see [`Recursive`].
    pub fn recursive(self) -> Recursive<Self, ()>
    where
        Self: ToItself,
    {
        Recursive::new(self)
    }
}

impl<D: LoadKeys> Recursive<D, ()> {
    fn new(relation: D) -> Self {
        let query = relation.base();
        Self { relation, query, plan: (), max_depth: None, strategy: Strategy::Lookup, view: PhantomData }
    }
}

impl<D: LoadKeys, P: Clone, V> Clone for Recursive<D, P, V> {
    fn clone(&self) -> Self {
        let Self { relation, max_depth, strategy, .. } = *self;
        Self { relation, query: self.query.clone(), plan: self.plan.clone(), max_depth, strategy, view: PhantomData }
    }
}

impl<M: Model, D: LoadKeys<Source = M, Target = M>, P, V: View<M>> Recursive<D, P, V> {
    /// Reads only the fields of a view of the documents in the trees; see [`Query::view`](crate::Query::view).
    pub fn view<W: View<M>>(self) -> Recursive<D, P, W::Itself> {
        let Self { relation, query, plan, max_depth, strategy, .. } = self;
        Recursive { relation, query, plan, max_depth, strategy, view: PhantomData }
    }

    /// Loads at most this number of levels: with 1, only the documents of the relation itself. With 0, nothing is sent.
    pub fn max_depth(mut self, levels: u32) -> Self {
        self.max_depth = Some(levels);
        self
    }

    /// Includes only documents that match this filter too, besides the conditions of the relation. The relation isn't
    /// followed through a document that doesn't match.
    pub fn filter(mut self, filter: impl IntoFilter<M>) -> Self {
        self.query = self.query.filter(filter);
        self
    }

    /// Sorts the documents below each document by this order, instead of the relation's own. Without any order, they are
    /// sorted by `_id`, or are in the order of an array of ids. Unlike the server's order, this one never uses a
    /// collation.
    pub fn order_by(mut self, order: impl IntoSort<M>) -> Self {
        self.query = self.query.order_by(order).refuse_computed_order("a tree");
        self
    }

    /// Chooses between one `$graphLookup` ([`Strategy::Lookup`], the default) and one command for each level
    /// ([`Strategy::Batch`]). Both load the same trees. Use `Batch` for documents of more than 100 MiB, which a
    /// `$graphLookup` can't hold.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Also loads a relation of each document of the trees. As many commands as for an include of a query.
    pub fn with<X>(self, step: X) -> Recursive<D, (P, X::Itself), V>
    where
        P: Plan<M>,
        X: Step<M>,
        X::Key: NotIn<P::Out>,
    {
        let Self { relation, query, plan, max_depth, strategy, view } = self;
        Recursive { relation, query, plan: (plan, step.itself()), max_depth, strategy, view }
    }

    /// The tree of one document. Sends nothing yet. The method that the option `recursive = ".."` of the relation adds to
    /// the model calls this.
    pub fn of(self, root: &M) -> RecursiveHandle<'_, M, D, P, V> {
        RecursiveHandle { recursive: self, root }
    }

    /// Loads the trees of documents that you already hold, and returns one for each, in the order of `roots`. One command
    /// for every 1,000 distinct keys of the roots or part of them, whatever the depth; one more for every further 101
    /// levels. With [`Strategy::Batch`], one for each level and each 1,000 keys of it, and twice as many through a join
    /// model. And those of the includes.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if a document has no id yet and the relation uses it;
    /// [`Error::TooLarge`](crate::Error::TooLarge) if there are more documents than one `$graphLookup` can hold;
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    pub fn load<'a, H: Holds<M>>(&'a self, on: impl Executor<'a>, roots: &'a [H]) -> Values<'a, Self, M>
    where
        Self: Step<M>,
    {
        load(self, on.executor(), roots)
    }

    /// Does the same as [`load`](Self::load), but returns a map from the ids of the documents. As many commands.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    #[track_caller]
    pub fn batch_load<'a, H: Holds<M>>(
        &'a self,
        on: impl Executor<'a>,
        roots: &'a [H],
    ) -> ById<'a, M, <Self as Step<M>>::Value>
    where
        Self: Step<M>,
    {
        by_id(self, on.executor(), roots)
    }

    async fn trees(&self, exec: Exec<'_>, roots: Parents<'_, M>) -> Result<Vec<Tree<P::Row<V>>>>
    where
        P: Plan<M>,
    {
        let Self { relation, query, plan, max_depth, strategy, .. } = self;
        let mut keys = Keys::of(plan);
        keys.add(D::Marker::META);
        let descent = Descent { relation, query, max_depth: *max_depth, strategy: *strategy, keys: &keys };
        let Reached { documents, ids, below } = descent.run::<V>(exec, roots).await?;
        let outs = {
            let documents = V::Kept::held(documents.iter());
            plan.load(Origin::new(exec, None), documents.parents()).await?
        };
        let documents = documents.into_iter().map(|(document, _)| document);
        let rows: Vec<Arc<P::Row<V>>> = P::rows(documents, outs).map(Arc::new).collect();
        let trees = roots.iter().enumerate().map(|(number, root)| {
            // a root without an id is in no tree
            let own = match root {
                Parent::Document(root) => saved_id(root).ok(),
                Parent::Raw(root) => value(root, "_id").ok(),
                Parent::Id(id) => stored_id::<M>(id).ok(),
            };
            let own = own.map(|id| identity(&id));
            let of = |at: Option<usize>| below[at.map_or(number, |index| roots.len() + index)].as_slice();
            Tree::search(&rows, of, |index| Some(&ids[index]) == own.as_ref(), *max_depth)
        });
        Ok(trees.collect())
    }
}

/// The tree of one document. A method like `category.descendants()` returns it. It sends nothing until
/// [`tree`](Self::tree) is awaited.
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct RecursiveHandle<'r, M, D: LoadKeys, P, V = M> {
    recursive: Recursive<D, P, V>,
    root: &'r M,
}

impl<M, D: LoadKeys, P: Clone, V> Clone for RecursiveHandle<'_, M, D, P, V> {
    fn clone(&self) -> Self {
        Self { recursive: self.recursive.clone(), root: self.root }
    }
}

impl<'r, M: Model, D: LoadKeys<Source = M, Target = M>, P, V: View<M>> RecursiveHandle<'r, M, D, P, V> {
    /// Reads only the fields of a view of the documents in the tree; see [`Query::view`](crate::Query::view).
    pub fn view<W: View<M>>(self) -> RecursiveHandle<'r, M, D, P, W::Itself> {
        RecursiveHandle { recursive: self.recursive.view::<W>(), root: self.root }
    }

    /// Loads at most this number of levels; see [`Recursive::max_depth`].
    pub fn max_depth(self, levels: u32) -> Self {
        Self { recursive: self.recursive.max_depth(levels), ..self }
    }

    /// Includes only documents that match this filter too; see [`Recursive::filter`].
    pub fn filter(self, filter: impl IntoFilter<M>) -> Self {
        Self { recursive: self.recursive.filter(filter), ..self }
    }

    /// Sorts the documents below each document; see [`Recursive::order_by`].
    pub fn order_by(self, order: impl IntoSort<M>) -> Self {
        Self { recursive: self.recursive.order_by(order), ..self }
    }

    /// Chooses between one command and one for each level; see [`Recursive::strategy`].
    pub fn strategy(self, strategy: Strategy) -> Self {
        Self { recursive: self.recursive.strategy(strategy), ..self }
    }

    /// Also loads a relation of each document of the tree.
    pub fn with<X>(self, step: X) -> RecursiveHandle<'r, M, D, (P, X::Itself), V>
    where
        P: Plan<M>,
        X: Step<M>,
        X::Key: NotIn<P::Out>,
    {
        RecursiveHandle { recursive: self.recursive.with(step), root: self.root }
    }

    /// Loads the tree. As many commands as [`Recursive::load`]: one up to a depth of 101.
    ///
    /// # Errors
    ///
    /// The same as for [`Recursive::load`].
    #[track_caller]
    pub fn tree<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Tree<P::Row<V>>>>
    where
        'r: 'e,
        P: Plan<M> + 'e,
    {
        let exec = on.executor();
        let call = Call::reads(Source::new(self.root, D::Marker::META), "tree");
        call.run(async move {
            let trees = self.recursive.trees(exec, Parents::documents(&[self.root])).await?;
            Ok(trees.into_iter().next().unwrap_or_default())
        })
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, D: LoadKeys<Source = M, Target = M>, P: Plan<M>, V: View<M>> Step<M> for Recursive<D, P, V> {
    type Key = TreeOf<D::Marker>;
    type Value = Tree<P::Row<V>>;
    type Replaces = ReplacesNothing;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        _: usize,
        parents: Parents<'a, M>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(self.trees(from.exec, parents))
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add(D::Marker::META);
    }

    /// The trees of all roots are found by one command, so that a document that is below several of them is sent once.
    fn join(&self, _: &JoinAt, _: usize) -> Result<Vec<Document>> {
        Ok(Vec::new())
    }
}

#[diagnostic::do_not_recommend]
impl<D: LoadKeys, P, V> Pick for Recursive<D, P, V> {
    type Key = TreeOf<D::Marker>;
}

#[diagnostic::do_not_recommend]
impl<D: LoadKeys, P, V: 'static> Readable for Recursive<D, P, V> {
    type Ref<'a> = &'a Tree<V>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, D: LoadKeys<Source = M, Target = M>, P> ReadErased<M> for Recursive<D, P> {
    type Seen<'a> = &'a Tree<Erased<M>>;

    fn read<'a>(self, _: &'a M, slots: &'a [ErasedSlot]) -> Option<&'a Tree<Erased<M>>> {
        slot::<TreeOf<D::Marker>>(slots)?.loaded().downcast_ref()
    }
}
