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
use super::replace::Replaced;
use super::row::Both;
use crate::embedded::Record;
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
    pub(super) name: fn(NameCallback<'_>),
    pub(super) value: Box<dyn LoadedValue>,
}

/// Receives a name.
type NameCallback<'a> = &'a mut dyn FnMut(&str);

/// Receives a member of a document: its name and its value.
pub(super) type AddMember<'a> = &'a mut dyn FnMut(&str, &dyn erased_serde::Serialize);

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
    /// Calls `add` with each member that the value adds to its document.
    fn members(&self, _: &dyn Any, name: &str, add: AddMember<'_>) {
        add(name, self.as_serialize());
    }
    /// Whether the value replaces a field of the document, instead of being a member of its own.
    fn replaces(&self) -> bool {
        false
    }
    /// The value in place of the field `name` of a document.
    fn replacement<'a>(&'a self, _: &'a dyn Any, _: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>> {
        None
    }
}

impl<M> Erased<M> {
    pub(super) fn new(model: M, slots: Vec<ErasedSlot>) -> Self {
        Self { model, slots }
    }

    /// The document without its relations.
    pub fn into_inner(self) -> M {
        self.model
    }
}

impl<M: Model> Erased<M> {
    /// The loaded documents of a relation, or `None` if it wasn't loaded: `Some(&[..])` for a relation to many,
    /// `Some(Option<&..>)` for a relation to one.
    ///
    /// For a many-to-many that was loaded with its links, see also [`links`](Erased::links). For a field with embedded
    /// documents, a list of these, each an [`ErasedElement`](crate::bounds::ErasedElement).
    pub fn related<D: ReadErased<M>>(&self, relation: D) -> Option<D::Seen<'_>> {
        relation.read(&self.model, &self.slots)
    }

    /// The number of documents of a relation, or `None` if its count wasn't loaded.
    pub fn count<D: Reach<Source = M>>(&self, _relation: D) -> Option<u64> {
        count::<D>(&self.slots)
    }

    /// The join documents of a many-to-many, or `None` if it wasn't loaded with them. The link at an index belongs to
    /// the document at the same index in [`related`](Erased::related).
    pub fn links<T, R, J>(&self, _relation: ManyToMany<M, T, R, J>) -> Option<&[J]>
    where
        T: Model,
        R: Relation<Source = M>,
        J: Model,
    {
        slot::<R>(&self.slots)?.links()?.downcast_ref::<Vec<J>>().map(Vec::as_slice)
    }
}

pub(crate) fn slot<K: 'static>(slots: &[ErasedSlot]) -> Option<&dyn LoadedValue> {
    let slot = slots.iter().find(|slot| slot.key == TypeId::of::<K>())?;
    Some(&*slot.value)
}

pub(super) fn count<D: Reach>(slots: &[ErasedSlot]) -> Option<u64> {
    slot::<CountOf<D::Marker>>(slots)?.loaded().downcast_ref().copied()
}

/// A relation or a field with embedded documents that [`Erased::related`] reads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{M}`",
    label = "not a relation of `{M}`",
    note = "write the constant of a relation, as in `user.related(User::POSTS)`"
)]
pub trait ReadErased<M> {
    /// The loaded value.
    type Seen<'a>
    where
        M: 'a;
    #[doc(hidden)]
    fn read<'a>(self, document: &'a M, slots: &'a [ErasedSlot]) -> Option<Self::Seen<'a>>;
}

#[diagnostic::do_not_recommend]
impl<D: Reach<Target: Model>> ReadErased<D::Source> for D {
    type Seen<'a> = <D::Cardinality as Cardinality>::Seen<'a, Erased<D::Target>>;

    fn read<'a>(self, _: &'a D::Source, slots: &'a [ErasedSlot]) -> Option<Self::Seen<'a>> {
        D::Cardinality::seen(slot::<D::Marker>(slots)?.loaded())
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
        FlatErased(&self.model, &self.slots).serialize(serializer)
    }
}

/// A document and its loaded values, as they serialize.
pub(super) struct FlatErased<'a, M>(pub(super) &'a M, pub(super) &'a [ErasedSlot]);

impl<M: Record> Serialize for FlatErased<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(document, slots) = *self;
        let related = Related(document, slots);
        if !slots.iter().any(|slot| slot.value.replaces()) {
            return Both { document, related }.serialize(serializer);
        }
        let replace = |name: &str| slots.iter().find_map(|slot| slot.value.replacement(document, name));
        Both { document: &Replaced { document, replace: &replace }, related }.serialize(serializer)
    }
}

struct Related<'a, M>(&'a M, &'a [ErasedSlot]);

impl<M: Record> Serialize for Related<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut members = Members::new(self.0, &mut map);
        let mut written = Ok(());
        for slot in self.1 {
            let mut add = |name: &str, value: &dyn erased_serde::Serialize| {
                if written.is_ok() {
                    written = members.entry(name, value);
                }
            };
            (slot.name)(&mut |name| slot.value.members(self.0, name, &mut add));
        }
        written?;
        map.end()
    }
}
