//! The result of a query with includes.

use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::described::Shown;
use super::documents::{Alternatives, AnyOf};
use super::members::Members;
use super::pick::{CountedIn, LoadedIn};
use super::place::Keyed;
use super::replace::Replaced;
use super::slot::Slot;
use super::value::{Asked, ReadValue, Shared};

/// A document with its loaded relations.
///
/// It derefs to the document. [`related`](Loaded::related) reads a relation. Reading a relation that the query didn't
/// load doesn't compile.
///
/// It serializes as the document with its relations under their names, and counts under names like `posts_count`.
/// The relations of embedded documents are members of these.
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
    pub(crate) fn new(model: M, related: L) -> Self {
        Self { model, related }
    }

    /// The document, and the loaded values.
    pub fn into_parts(self) -> (M, L) {
        (self.model, self.related)
    }

    /// The loaded documents of a relation: `&[..]` for a relation to many, `Option<&..>` for a relation to one.
    ///
    /// For a field with embedded documents (`order.related(Order::LINES)`): these, each with what was loaded for it, as
    /// a [`LoadedElement`](crate::LoadedElement), an `Option` of it or a [`LoadedElements`](crate::LoadedElements).
    pub fn related<D: LoadedIn<L, Value = V>, V: ReadValue<M>>(&self, _relation: D) -> V::Ref<'_> {
        D::value(&self.related).view(&self.model)
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

/// The loaded values of a document `M`, if all of them serialize.
#[doc(hidden)]
pub trait Written<M> {
    /// Whether a value replaces a field of the document.
    const REPLACES: bool;
    fn entries<S: SerializeMap>(&self, members: &mut Members<'_, M, S>) -> Result<(), S::Error>;
    /// The value to serialize in place of the document's field with this name.
    fn replacement<'a>(&'a self, document: &'a M, name: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>>;
}

impl<M: Shown> Written<M> for () {
    const REPLACES: bool = false;

    fn entries<S: SerializeMap>(&self, _: &mut Members<'_, M, S>) -> Result<(), S::Error> {
        Ok(())
    }

    fn replacement<'a>(&'a self, _: &'a M, _: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>> {
        None
    }
}

impl<M: Shown, P: Written<M>, K: Keyed, V: Member<M>> Written<M> for (P, Slot<K, V>) {
    const REPLACES: bool = P::REPLACES || V::REPLACES;

    fn entries<S: SerializeMap>(&self, members: &mut Members<'_, M, S>) -> Result<(), S::Error> {
        self.0.entries(members)?;
        K::with_name(|name| self.1.value.write(members, name))
    }

    fn replacement<'a>(&'a self, document: &'a M, name: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>> {
        self.1.value.replacement(document, name).or_else(|| self.0.replacement(document, name))
    }
}

/// A loaded value of a document `M` that serializes: as a member of its own, or in place of a field of the document.
#[doc(hidden)]
pub trait Member<M: Shown> {
    const REPLACES: bool = false;
    fn write<S: SerializeMap>(&self, members: &mut Members<'_, M, S>, name: &str) -> Result<(), S::Error>;
    fn replacement<'a>(&'a self, _: &'a M, _: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>> {
        None
    }
}

macro_rules! members {
    ($([$($generic:ident)?] $value:ty;)*) => { $(
        impl<M: Shown $(, $generic: Serialize)?> Member<M> for $value {
            fn write<S: SerializeMap>(&self, members: &mut Members<'_, M, S>, name: &str) -> Result<(), S::Error> {
                members.entry(name, self)
            }
        }
    )* };
}
members! {
    [R] Vec<R>;
    [R] Option<R>;
    [R] Shared<R>;
    [] u64;
}

impl<M: Shown, D: Alternatives> Member<M> for AnyOf<D>
where
    for<'a> D::Ref<'a>: Serialize,
{
    fn write<S: SerializeMap>(&self, members: &mut Members<'_, M, S>, name: &str) -> Result<(), S::Error> {
        members.entry(name, self)
    }
}

/// An include that was `None` isn't serialized.
impl<M: Shown, V: Member<M>> Member<M> for Asked<V> {
    const REPLACES: bool = V::REPLACES;

    fn write<S: SerializeMap>(&self, members: &mut Members<'_, M, S>, name: &str) -> Result<(), S::Error> {
        self.0.as_ref().map_or(Ok(()), |value| value.write(members, name))
    }

    fn replacement<'a>(&'a self, document: &'a M, name: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>> {
        self.0.as_ref()?.replacement(document, name)
    }
}

struct Rest<'a, M, L>(&'a M, &'a L);

impl<M: Shown, L: Written<M>> Serialize for Rest<'_, M, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.1.entries(&mut Members::new(self.0, &mut map))?;
        map.end()
    }
}

/// A document and its loaded values, as they serialize.
pub(super) struct Flat<'a, M, L>(pub(super) &'a M, pub(super) &'a L);

impl<M: Shown, L: Written<M>> Serialize for Flat<'_, M, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(document, loaded) = *self;
        let related = Rest(document, loaded);
        if !L::REPLACES {
            return Both { document, related }.serialize(serializer);
        }
        let replace = |name: &str| loaded.replacement(document, name);
        Both { document: &Replaced { document, replace: &replace }, related }.serialize(serializer)
    }
}

/// Two values that serialize as one map.
#[derive(Serialize)]
pub(super) struct Both<'a, D, R> {
    #[serde(flatten)]
    pub(super) document: &'a D,
    #[serde(flatten)]
    pub(super) related: R,
}

impl<M: Shown, L: Written<M>> Serialize for Loaded<M, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Flat(&self.model, &self.related).serialize(serializer)
    }
}
