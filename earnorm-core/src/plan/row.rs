//! The result of a query with includes.

use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::members::Members;
use super::pick::{CountedIn, LoadedIn};
use super::place::Keyed;
use super::slot::Slot;
use super::view::{Asked, Shared, View};
use crate::Model;

/// A document with its loaded relations.
///
/// It derefs to the document. [`related`](Loaded::related) reads a relation. Reading a relation that the query didn't
/// load doesn't compile.
///
/// It serializes as the document with its relations under their names, and counts under names like `posts_count`.
/// Serialization fails if two members have the same name: a loaded value and a stored field, a loaded value and a
/// member of a flattened map, or two loaded values.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, author_id: ObjectId }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let ada = User::find(User::NAME.eq("Ada")).with(User::POSTS).with(User::POSTS.count()).one(&db).await?;
/// println!("{} has {} posts", ada.name, ada.count(User::POSTS));
/// for post in ada.related(User::POSTS) {
///     println!("  {}", post.title);
/// }
/// let (user, _posts) = ada.into_parts();
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq)]
pub struct Loaded<M, L> {
    model: M,
    related: L,
}

impl<M, L> Loaded<M, L> {
    pub(super) fn new(model: M, related: L) -> Self {
        Self { model, related }
    }

    /// The document, and the loaded values.
    pub fn into_parts(self) -> (M, L) {
        (self.model, self.related)
    }

    /// The loaded documents of a relation: `&[..]` for a relation to many, `Option<&..>` for a relation to one.
    pub fn related<D: LoadedIn<L, Value = V>, V: View>(&self, _relation: D) -> V::Ref<'_> {
        D::value(&self.related).view()
    }

    /// The loaded count of a relation: a `u64`. If the query includes an `Option` of the count, an `Option<u64>`.
    pub fn count<D: CountedIn<L, N>, N>(&self, _relation: D) -> N {
        D::number(&self.related)
    }
}

impl<M, L> Deref for Loaded<M, L> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}

impl<M: fmt::Debug, L: Entries> fmt::Debug for Loaded<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loaded({:?}", self.model)?;
        self.related.debug(f)?;
        f.write_str(")")
    }
}

impl<K, V: Clone> Clone for Slot<K, V> {
    fn clone(&self) -> Self {
        Self::new(self.value.clone())
    }
}

impl<K, V: PartialEq> PartialEq for Slot<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// The loaded values of a document, as they are printed by `Debug`.
#[doc(hidden)]
pub trait Entries {
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Entries for () {
    fn debug(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl<P: Entries, K: Keyed, V: fmt::Debug> Entries for (P, Slot<K, V>) {
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(f)?;
        K::with_name(|name| write!(f, ", {name}: {:?}", self.1.value))
    }
}

/// The loaded values of a document, if all of them serialize.
#[doc(hidden)]
pub trait Written {
    fn entries<M: Model, S: SerializeMap>(&self, members: &mut Members<'_, M, S>) -> Result<(), S::Error>;
}

impl Written for () {
    fn entries<M: Model, S: SerializeMap>(&self, _: &mut Members<'_, M, S>) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<P: Written, K: Keyed, V: Serialize + Presence> Written for (P, Slot<K, V>) {
    fn entries<M: Model, S: SerializeMap>(&self, members: &mut Members<'_, M, S>) -> Result<(), S::Error> {
        self.0.entries(members)?;
        if !self.1.value.is_there() {
            return Ok(());
        }
        K::with_name(|name| members.entry(name, &self.1.value))
    }
}

/// Whether a value was loaded. An include that was `None` isn't serialized.
#[doc(hidden)]
pub trait Presence {
    fn is_there(&self) -> bool {
        true
    }
}
impl<R> Presence for Vec<R> {}
impl<R> Presence for Option<R> {}
impl<R> Presence for Shared<R> {}
impl Presence for u64 {}
impl<V> Presence for Asked<V> {
    fn is_there(&self) -> bool {
        self.0.is_some()
    }
}

struct Rest<'a, M, L>(&'a M, &'a L);

impl<M: Model, L: Written> Serialize for Rest<'_, M, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.1.entries(&mut Members::new(self.0, &mut map))?;
        map.end()
    }
}

impl<M: Model, L: Written> Serialize for Loaded<M, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(bound = "M: Model, L: Written")]
        struct Flat<'a, M, L> {
            #[serde(flatten)]
            model: &'a M,
            #[serde(flatten)]
            related: Rest<'a, M, L>,
        }
        let flat = Flat { model: &self.model, related: Rest(&self.model, &self.related) };
        flat.serialize(serializer)
    }
}
