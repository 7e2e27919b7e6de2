//! The documents that a recursive relation leads to.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::sync::Arc;

use serde::Serialize;
use serde::ser::Serializer;

use super::described::Shown;
use super::erase::{Erasable, EraseShared, Memo, Plain};
use super::erased::LoadedValue;
use super::members::Members;
use super::place::Keyed;
use super::row::Member;
use super::value::ReadValue;
use crate::Relation;
use crate::schema::{KeyHolder, Numbered, PartAt, Zero};

/// The documents that a relation of a model to itself leads to from one document, the root: all categories below a
/// category, for example. `R` is a document as it was loaded: the model, or a [`Loaded`](crate::Loaded).
///
/// A tree holds each document once, at its least depth, and never its root. If several documents of the tree lead to it,
/// it is below the first of them, in the order of [`iter`](Self::iter). Several trees that were loaded together share
/// their documents.
///
/// The tree is a list, so a tree of any depth can be dropped, cloned, printed and serialized. It serializes as a list of
/// `{ "depth": 1, "document": .. }` in the order of `iter`. A query with a recursive relation serializes it under a name
/// like `children_tree`.
///
/// ```no_run
/// use earnorm::Tree;
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(one_to_many, name = "children", target = Category, fk = parent_id)]
/// struct Category {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     name: String,
///     #[relation(many_to_one, target = Category)]
///     parent_id: Option<ObjectId>,
/// }
///
/// # async fn run(db: mongodb::Database, category: Category) -> earnorm::Result<()> {
/// let tree: Tree<Category> = Category::CHILDREN.recursive().of(&category).tree(&db).await?; // one command
/// for node in tree.iter() {
///     println!("level {}: {}, with {} children", node.depth(), node.name, node.children().len());
/// }
/// # Ok(()) }
/// ```
pub struct Tree<R> {
    /// Breadth first: the children of each node are next to each other.
    nodes: Vec<Entry<R>>,
    /// The number of nodes at depth 1, which are the first ones.
    roots: usize,
}

struct Entry<R> {
    document: Arc<R>,
    depth: u32,
    parent: Option<usize>,
    children: Range<usize>,
}

/// A document in a [`Tree`]. It derefs to the document.
pub struct Node<'t, R> {
    tree: &'t Tree<R>,
    index: usize,
}

impl<R> Tree<R> {
    /// The tree of one root of a graph: `below(None)` are the indices of the documents that the root leads to, in their
    /// order, and `below(Some(index))` those of a document. `is_root` tells whether a document is the root itself.
    pub(crate) fn search<'g>(
        documents: &[Arc<R>],
        below: impl Fn(Option<usize>) -> &'g [usize],
        is_root: impl Fn(usize) -> bool,
        max_depth: Option<u32>,
    ) -> Self {
        let mut tree = Self::default();
        // the documents that are in the tree; a tree is usually small beside all documents
        let mut seen = HashSet::new();
        let mut indices = Vec::new();
        let mut next = None;
        loop {
            let depth = next.map_or(1, |node: usize| tree.nodes[node].depth + 1);
            let first = tree.nodes.len();
            if max_depth.is_none_or(|max| depth <= max) {
                for index in below(next.map(|node| indices[node])) {
                    if !is_root(*index) && seen.insert(*index) {
                        indices.push(*index);
                        let document = Arc::clone(&documents[*index]);
                        tree.nodes.push(Entry { document, depth, parent: next, children: 0..0 });
                    }
                }
            }
            let children = first..tree.nodes.len();
            let node = match next {
                None => {
                    tree.roots = children.len();
                    0
                }
                Some(node) => {
                    tree.nodes[node].children = children;
                    node + 1
                }
            };
            if node == tree.nodes.len() {
                return tree;
            }
            next = Some(node);
        }
    }

    /// All documents, the nearest first: those of each depth in the order of their parents, and the children of one
    /// document in their own order.
    pub fn iter(&self) -> Nodes<'_, R> {
        self.nodes(0..self.nodes.len())
    }

    /// The documents that the root leads to itself, of depth 1.
    pub fn roots(&self) -> Nodes<'_, R> {
        self.nodes(0..self.roots)
    }

    /// The number of documents.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn nodes(&self, indices: Range<usize>) -> Nodes<'_, R> {
        Nodes { tree: self, indices }
    }
}

impl<'t, R> Node<'t, R> {
    /// The number of steps from the root: 1 for its children.
    pub fn depth(&self) -> u32 {
        self.entry().depth
    }

    /// The document. A `Node` derefs to it, but only as long as the `Node` itself exists.
    pub fn document(&self) -> &'t R {
        &self.entry().document
    }

    /// The node that this one is below, or `None` at depth 1.
    pub fn parent(&self) -> Option<Self> {
        self.entry().parent.map(|index| Self { tree: self.tree, index })
    }

    /// The nodes below this one.
    pub fn children(&self) -> Nodes<'t, R> {
        self.tree.nodes(self.entry().children.clone())
    }

    fn entry(&self) -> &'t Entry<R> {
        &self.tree.nodes[self.index]
    }
}

/// The iterator over nodes of a [`Tree`].
pub struct Nodes<'t, R> {
    tree: &'t Tree<R>,
    indices: Range<usize>,
}

impl<'t, R> Iterator for Nodes<'t, R> {
    type Item = Node<'t, R>;

    fn next(&mut self) -> Option<Node<'t, R>> {
        self.indices.next().map(|index| Node { tree: self.tree, index })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indices.size_hint()
    }
}

impl<R> DoubleEndedIterator for Nodes<'_, R> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.indices.next_back().map(|index| Node { tree: self.tree, index })
    }
}

impl<R> ExactSizeIterator for Nodes<'_, R> {}

impl<'t, R> IntoIterator for &'t Tree<R> {
    type Item = Node<'t, R>;
    type IntoIter = Nodes<'t, R>;

    fn into_iter(self) -> Nodes<'t, R> {
        self.iter()
    }
}

impl<R> Clone for Nodes<'_, R> {
    fn clone(&self) -> Self {
        Self { tree: self.tree, indices: self.indices.clone() }
    }
}

impl<R> Clone for Node<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Node<'_, R> {}

impl<R> Deref for Node<'_, R> {
    type Target = R;

    fn deref(&self) -> &R {
        self.document()
    }
}

impl<R: fmt::Debug> fmt::Debug for Node<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("depth", &self.depth()).field("document", self.document()).finish()
    }
}

impl<R: fmt::Debug> fmt::Debug for Nodes<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<R: fmt::Debug> fmt::Debug for Tree<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<R> Default for Tree<R> {
    fn default() -> Self {
        Self { nodes: Vec::new(), roots: 0 }
    }
}

impl<R> Clone for Tree<R> {
    fn clone(&self) -> Self {
        Self { nodes: self.nodes.clone(), roots: self.roots }
    }
}

impl<R> Clone for Entry<R> {
    fn clone(&self) -> Self {
        let Self { document, depth, parent, children } = self;
        Self { document: Arc::clone(document), depth: *depth, parent: *parent, children: children.clone() }
    }
}

/// Two trees are equal if they have equal documents at equal places.
impl<R: PartialEq> PartialEq for Tree<R> {
    fn eq(&self, other: &Self) -> bool {
        self.roots == other.roots
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(|(a, b)| a.children == b.children && a.document == b.document)
    }
}

impl<R: Serialize> Serialize for Tree<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<R: Serialize> Serialize for Node<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a, R> {
            depth: u32,
            document: &'a R,
        }
        Flat { depth: self.depth(), document: self.document() }.serialize(serializer)
    }
}

/// The tree of the relation `R`.
#[doc(hidden)]
pub struct TreeOf<R>(PhantomData<fn() -> R>);

impl<R: Relation> Keyed for TreeOf<R> {
    type Of = R::Source;
    type Place = PartAt<<R::Is as Numbered>::Place, Zero>;
    const HOLDER: KeyHolder = R::META.holder;
    const RELATION: &'static str = R::META.name;
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T {
        R::with_name(|name| f(&format!("{name}_tree")))
    }
}

impl<M, R> ReadValue<M> for Tree<R> {
    type Ref<'a>
        = &'a Self
    where
        R: 'a,
        M: 'a;
    fn view<'a>(&'a self, _: &'a M) -> &'a Self {
        self
    }
}

impl<M: Shown, R: Serialize> Member<M> for Tree<R> {
    fn write<S: serde::ser::SerializeMap>(&self, members: &mut Members<'_, M, S>, name: &str) -> Result<(), S::Error> {
        members.entry(name, self)
    }
}

impl<R> Erasable for Tree<R>
where
    R: EraseShared<Erased: Serialize + Send + Sync> + Send + Sync,
{
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        let erase = |Entry { document, depth, parent, children }: Entry<R>, memo: &mut Memo| Entry {
            document: memo.share(document),
            depth,
            parent,
            children,
        };
        let nodes = self.nodes.into_iter().map(|entry| erase(entry, memo)).collect();
        Some(Box::new(Plain(Tree { nodes, roots: self.roots })))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Tree;

    fn shape(below: &[&[usize]], max_depth: Option<u32>) -> Vec<(usize, u32, Option<usize>, Vec<usize>)> {
        let documents: Vec<Arc<usize>> = (0..below.len() - 1).map(Arc::new).collect();
        let tree = Tree::search(&documents, |at| below[at.map_or(0, |n| n + 1)], |n| n == 9, max_depth);
        assert_eq!(tree.roots().len(), tree.iter().filter(|node| node.depth() == 1).count());
        let child = |node: super::Node<'_, usize>| *node;
        tree.iter()
            .map(|node| (*node, node.depth(), node.parent().map(child), node.children().map(child).collect()))
            .collect()
    }

    #[test]
    fn each_document_is_once_at_its_least_depth() {
        // root -> 0, 1; 0 -> 2; 1 -> 0, 2; 2 -> 0 and the root
        let found = shape(&[&[0, 1], &[2], &[0, 2], &[0, 9]], None);
        assert_eq!(found, [(0, 1, None, vec![2]), (1, 1, None, vec![]), (2, 2, Some(0), vec![]),]);
    }

    #[test]
    fn deeper_documents_are_left_out() {
        let chain: &[&[usize]] = &[&[0], &[1], &[2], &[]];
        assert_eq!(shape(chain, Some(2)).len(), 2);
        assert_eq!(shape(chain, Some(0)).len(), 0);
        assert_eq!(shape(&[&[]], None).len(), 0);
    }

    #[test]
    fn a_tree_of_any_depth_is_dropped_and_printed_without_recursion() {
        let documents: Vec<Arc<u32>> = (0..100_000).map(Arc::new).collect();
        let below: Vec<[usize; 1]> = (0..100_000).map(|n| [n]).collect();
        let end: [usize; 0] = [];
        let tree = Tree::search(
            &documents,
            |at| below.get(at.map_or(0, |n| n + 1)).map_or(&end[..], |next| &next[..]),
            |_| false,
            None,
        );
        assert_eq!((tree.len(), tree.iter().next_back().map(|node| node.depth())), (100_000, Some(100_000)));
        assert_eq!(tree.clone(), tree);
        assert!(format!("{tree:?}").len() > 100_000);
    }
}
