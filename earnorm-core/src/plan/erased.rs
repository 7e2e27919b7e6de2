//! A result in one type, whatever the query loaded.

use std::any::{Any, TypeId};
use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::cardinality::Cardinality;
use super::members::Members;
use super::place::{CountOf, Keyed};
use super::reach::Reach;
use crate::relation::ManyToMany;
use crate::{Model, Relation, bson};

/// A document with its loaded relations, like [`Loaded`](crate::Loaded), but of one type for all queries of a model.
///
/// Use it for a function that accepts the results of any query, or for a list of results of several queries.
/// [`Erase::erase`](crate::Erase) creates it.
///
/// It derefs to the document. Whether a relation was loaded is checked at run time: [`related`](Erased::related)
/// returns an `Option`. It serializes like [`Loaded`](crate::Loaded).
///
/// ```no_run
/// use earnorm::Erased;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, author_id: ObjectId }
/// fn show(user: &Erased<User>) {
///     println!("{}", user.name);
///     for post in user.related(User::POSTS).unwrap_or_default() {
///         println!("  {}", post.title);
///     }
/// }
///
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let users: Vec<Erased<User>> = User::find_all().with(User::POSTS).all(&db).await?.erase();
/// users.iter().for_each(show);
/// # Ok(()) }
/// ```
pub struct Erased<M> {
    model: M,
    slots: Vec<ErasedSlot>,
}

/// The loaded value of one relation, or its count.
#[doc(hidden)]
pub struct ErasedSlot {
    key: TypeId,
    name: fn(NameCallback<'_>),
    value: Box<dyn LoadedValue>,
}

/// Receives a name.
type NameCallback<'a> = &'a mut dyn FnMut(&str);

impl ErasedSlot {
    pub(super) fn new<K: Keyed + 'static>(value: Box<dyn LoadedValue>) -> Self {
        Self { key: TypeId::of::<K>(), name: |with| K::with_name(with), value }
    }
}

/// A loaded value whose type was erased.
#[doc(hidden)]
pub trait LoadedValue: Send + Sync {
    /// The documents, or the count.
    fn loaded(&self) -> &dyn Any;
    /// The documents of the join model, in the order of the documents.
    fn links(&self) -> Option<&dyn Any> {
        None
    }
    fn as_serialize(&self) -> &dyn erased_serde::Serialize;
}

impl<M> Erased<M> {
    pub(super) fn new(model: M, slots: Vec<ErasedSlot>) -> Self {
        Self { model, slots }
    }

    /// The document without its relations.
    pub fn into_inner(self) -> M {
        self.model
    }

    fn slot<K: 'static>(&self) -> Option<&dyn LoadedValue> {
        let slot = self.slots.iter().find(|slot| slot.key == TypeId::of::<K>())?;
        Some(&*slot.value)
    }
}

impl<M: Model> Erased<M> {
    /// The loaded documents of a relation, or `None` if it wasn't loaded: `Some(&[..])` for a relation to many,
    /// `Some(Option<&..>)` for a relation to one.
    ///
    /// For a many-to-many that was loaded with its links, see also [`links`](Erased::links).
    pub fn related<D>(&self, _relation: D) -> Option<<D::Cardinality as Cardinality>::Seen<'_, Erased<D::Target>>>
    where
        D: Reach<Source = M>,
    {
        D::Cardinality::seen(self.slot::<D::Marker>()?.loaded())
    }

    /// The number of documents of a relation, or `None` if its count wasn't loaded.
    pub fn count<D: Reach<Source = M>>(&self, _relation: D) -> Option<u64> {
        self.slot::<CountOf<D::Marker>>()?.loaded().downcast_ref().copied()
    }

    /// The join documents of a many-to-many, or `None` if it wasn't loaded with them. The link at an index belongs to
    /// the document at the same index in [`related`](Erased::related).
    pub fn links<T, R, J>(&self, _relation: ManyToMany<M, T, R, J>) -> Option<&[J]>
    where
        T: Model,
        R: Relation<Source = M>,
        J: Model,
    {
        self.slot::<R>()?.links()?.downcast_ref::<Vec<J>>().map(Vec::as_slice)
    }
}

impl<M> Deref for Erased<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}

/// Prints the serialized form, so that models don't have to implement `Debug`.
impl<M: Model> fmt::Debug for Erased<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match bson::encode(self) {
            Ok(document) => write!(f, "{} {document}", M::METADATA.name),
            Err(error) => write!(f, "{} ({error})", M::METADATA.name),
        }
    }
}

impl<M: Model> Serialize for Erased<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(bound = "M: Model")]
        struct Flat<'a, M> {
            #[serde(flatten)]
            model: &'a M,
            #[serde(flatten)]
            related: Related<'a, M>,
        }
        Flat { model: &self.model, related: Related(&self.model, &self.slots) }.serialize(serializer)
    }
}

struct Related<'a, M>(&'a M, &'a [ErasedSlot]);

impl<M: Model> Serialize for Related<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.1.len()))?;
        let mut members = Members::new(self.0, &mut map);
        for slot in self.1 {
            let mut written = Ok(());
            (slot.name)(&mut |name| written = members.entry(name, slot.value.as_serialize()));
            written?;
        }
        map.end()
    }
}
