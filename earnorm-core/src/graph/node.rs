//! The parts of a graph as types: documents, and the branches of a document.

use super::attach::Attaches;
use super::forest::{Forest, Place};
use crate::plan::{Cardinality, Indices, Many, One, SharedOne, Slot};
use crate::{Loaded, Model, Result};

/// A document together with documents that belong to it, all of which are to be inserted. [`graph`](crate::graph()) makes one.
#[must_use = "a graph isn't inserted until its `insert` is awaited"]
pub struct Graph<M, B> {
    pub(super) model: M,
    pub(super) branches: B,
}

/// A document of a graph: a model alone, or a [`Graph`] with what belongs to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a model nor a graph",
    label = "expected a model, or `graph(..)` of one",
    note = "pass the document, as in `.with(User::POSTS, [post])`, or the document with what belongs to it, as in `.with(User::POSTS, [graph(post).with(Post::COMMENTS, comments)])`"
)]
pub trait GraphNode: Send + Sized + 'static {
    /// The model of the document.
    type Model: Model;
    /// What it becomes: the model, or a [`Loaded`].
    type Row: Send + Sync;
    #[doc(hidden)]
    type Places: Send;
    #[doc(hidden)]
    fn root(&mut self) -> &mut Self::Model;
    #[doc(hidden)]
    fn plant(self, forest: &mut Forest) -> Result<Self::Places>;
    #[doc(hidden)]
    fn harvest(places: Self::Places, forest: &mut Forest) -> Result<Self::Row>;
}

#[diagnostic::do_not_recommend]
impl<M: Model> GraphNode for M {
    type Model = M;
    type Row = M;
    type Places = Place<M>;

    fn root(&mut self) -> &mut M {
        self
    }

    fn plant(mut self, forest: &mut Forest) -> Result<Place<M>> {
        forest.give_id(&mut self)?;
        forest.plant(self)
    }

    fn harvest(place: Place<M>, forest: &mut Forest) -> Result<M> {
        forest.take(&place)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, B: Branches<M>> GraphNode for Graph<M, B> {
    type Model = M;
    type Row = B::Row;
    type Places = (Place<M>, B::Places);

    fn root(&mut self) -> &mut M {
        &mut self.model
    }

    fn plant(self, forest: &mut Forest) -> Result<Self::Places> {
        let Self { mut model, mut branches } = self;
        forest.give_id(&mut model)?;
        branches.attach(&mut model, forest)?;
        let place = forest.plant(model)?;
        Ok((place, branches.plant(forest)?))
    }

    fn harvest((place, branches): Self::Places, forest: &mut Forest) -> Result<B::Row> {
        let out = B::harvest(branches, forest)?;
        Ok(B::row(forest.take(&place)?, out))
    }
}

/// What belongs to a document of a graph: `()`, or branches and one more.
#[doc(hidden)]
pub trait Branches<M: Model>: Send + Sized + 'static {
    /// The loaded values of the document.
    type Out: Send + Sync;
    type Row: Send + Sync;
    type Places: Send;
    /// Sets the keys between the document and what belongs to it.
    fn attach(&mut self, model: &mut M, forest: &mut Forest) -> Result<()>;
    fn plant(self, forest: &mut Forest) -> Result<Self::Places>;
    fn harvest(places: Self::Places, forest: &mut Forest) -> Result<Self::Out>;
    fn row(model: M, out: Self::Out) -> Self::Row;
}

impl<M: Model> Branches<M> for () {
    type Out = ();
    type Row = M;
    type Places = ();

    fn attach(&mut self, _: &mut M, _: &mut Forest) -> Result<()> {
        Ok(())
    }

    fn plant(self, _: &mut Forest) -> Result<()> {
        Ok(())
    }

    fn harvest((): (), _: &mut Forest) -> Result<()> {
        Ok(())
    }

    fn row(model: M, (): ()) -> M {
        model
    }
}

/// The documents of one relation.
#[doc(hidden)]
pub struct Branch<D, N> {
    pub(super) relation: D,
    pub(super) nodes: Vec<N>,
}

impl<M, B, D, N> Branches<M> for (B, Branch<D, N>)
where
    M: Model,
    B: Branches<M>,
    D: Attaches<Source = M>,
    N: GraphNode<Model = D::Target>,
{
    type Out = (B::Out, Slot<D::Marker, <D::Cardinality as Cardinality>::Value<N::Row>>);
    type Row = Loaded<M, Self::Out>;
    type Places = (B::Places, Vec<N::Places>);

    fn attach(&mut self, model: &mut M, forest: &mut Forest) -> Result<()> {
        self.0.attach(model, forest)?;
        let Branch { relation, nodes } = &mut self.1;
        for node in nodes {
            let root = node.root();
            forest.give_id(root)?;
            relation.attach(model, root, forest)?;
        }
        Ok(())
    }

    fn plant(self, forest: &mut Forest) -> Result<Self::Places> {
        let before = self.0.plant(forest)?;
        let nodes = self.1.nodes.into_iter().map(|node| node.plant(forest)).collect::<Result<_>>()?;
        Ok((before, nodes))
    }

    fn harvest((before, nodes): Self::Places, forest: &mut Forest) -> Result<Self::Out> {
        let before = B::harvest(before, forest)?;
        let rows = nodes.into_iter().map(|node| N::harvest(node, forest)).collect::<Result<Vec<_>>>()?;
        let of: Indices = (0..rows.len()).collect();
        let value = D::Cardinality::hand_out(rows.into_iter(), vec![of]).into_iter().next();
        Ok((before, Slot::new(value.ok_or_else(|| crate::Error::other("a graph has lost a branch"))?)))
    }

    fn row(model: M, out: Self::Out) -> Self::Row {
        Loaded::new(model, out)
    }
}

/// What a relation of the cardinality `C` takes: any number of documents of `T`, or at most one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what this relation to `{T}` takes",
    label = "unexpected documents for a relation to `{T}`",
    note = "a relation to many takes a list, as in `.with(User::POSTS, [post])` or `.with(User::POSTS, vec![graph(post)])`; a relation to one takes one document or an `Option` of it, as in `.with(User::PROFILE, profile)`"
)]
pub trait GraphNodes<C, T> {
    #[doc(hidden)]
    type Node: GraphNode<Model = T>;
    #[doc(hidden)]
    fn nodes(self) -> Vec<Self::Node>;
}

#[diagnostic::do_not_recommend]
impl<T, I> GraphNodes<Many, T> for I
where
    I: IntoIterator<Item: GraphNode<Model = T>>,
{
    type Node = I::Item;
    fn nodes(self) -> Vec<I::Item> {
        self.into_iter().collect()
    }
}

macro_rules! to_one {
    ($($cardinality:ident)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<T, N: GraphNode<Model = T>> GraphNodes<$cardinality, T> for N {
            type Node = N;
            fn nodes(self) -> Vec<N> {
                vec![self]
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T, N: GraphNode<Model = T>> GraphNodes<$cardinality, T> for Option<N> {
            type Node = N;
            fn nodes(self) -> Vec<N> {
                self.into_iter().collect()
            }
        }
    )* };
}
to_one! { One SharedOne }
