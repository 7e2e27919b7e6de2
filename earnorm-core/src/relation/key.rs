//! Keys: which field of which model holds the id of which other model, with both types known.

use std::any::Any;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, Hash};

use mongodb::bson::{Bson, RawDocument};

use super::Relation;
use crate::encoding::{self, EncodeError};
use crate::load::Is;
use crate::schema::ModelMetadata;
use crate::{Array, Error, Field, Model, Result, store};

/// A key type that can hold an id of type `I`: the same type, or one of the two in an `Option`.
#[diagnostic::on_unimplemented(
    message = "a key of type `{Self}` can't hold an id of type `{I}`",
    label = "this key is a `{Self}`, but the id that it refers to is a `{I}`",
    note = "a foreign key has the type of the id that it refers to, or an `Option` of it"
)]
pub trait RefersTo<I>: Sized {
    #[doc(hidden)]
    fn to_id(&self) -> Option<I>;
    #[doc(hidden)]
    fn from_id(id: &I) -> Option<Self>;
}

impl<I: Clone> RefersTo<I> for I {
    fn to_id(&self) -> Option<I> {
        Some(self.clone())
    }
    fn from_id(id: &I) -> Option<I> {
        Some(id.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<I: Clone> RefersTo<I> for Option<I> {
    fn to_id(&self) -> Option<I> {
        self.clone()
    }
    fn from_id(id: &I) -> Option<Option<I>> {
        Some(Some(id.clone()))
    }
}

#[diagnostic::do_not_recommend]
impl<I: Clone> RefersTo<Option<I>> for I {
    fn to_id(&self) -> Option<Option<I>> {
        Some(Some(self.clone()))
    }
    fn from_id(id: &Option<I>) -> Option<I> {
        id.clone()
    }
}

/// An array of keys that can each hold an id of type `I`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an array of ids of type `{I}`",
    label = "expected an array of `{I}`",
    note = "a many-to-many by an array of ids needs a `Vec`, `VecDeque`, `BTreeSet` or `HashSet` of the other model's id"
)]
pub trait RefersToMany<I>: Array<Item = Self::Key> {
    #[doc(hidden)]
    type Key: RefersTo<I>;
    #[doc(hidden)]
    fn to_ids(&self) -> Vec<I>;
}

macro_rules! refers_to_many {
    ($($array:ty, [$($bound:tt)*], [$($generic:tt)*];)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<I, K: RefersTo<I> $($bound)*, $($generic)*> RefersToMany<I> for $array {
            type Key = K;
            fn to_ids(&self) -> Vec<I> {
                self.iter().filter_map(K::to_id).collect()
            }
        }
    )* };
}
refers_to_many! {
    Vec<K>, [], [];
    VecDeque<K>, [], [];
    BTreeSet<K>, [+ Ord], [];
    HashSet<K, H>, [+ Eq + Hash], [H: BuildHasher + Default];
}

/// A key that can be empty.
#[diagnostic::on_unimplemented(
    message = "`on_delete = \"set_null\"` needs a key that can be null, but this key is a `{Self}`",
    label = "a `{Self}` can't be null",
    note = "make the key an `Option<{Self}>`, or choose `cascade`, `restrict` or `no_action`"
)]
pub trait Nullable {}

#[diagnostic::do_not_recommend]
impl<T> Nullable for Option<T> {}

/// The field of a `C` that holds the id of a `P`, with the key's own type forgotten.
///
/// Neither is bound to be a model where it is only named: a target that is none is then one error, and not one for
/// every type that mentions it.
pub(crate) trait ForeignKey<P, C>: Send + Sync + 'static {
    /// The id of a parent as its children store it; null while the parent has none.
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError>
    where
        P: Model;
    /// The id that a child refers to; `None` where its key is null.
    fn of_child(&self, child: &C) -> Option<P::Id>
    where
        P: Model;
    /// Makes the child refer to the parent.
    fn set(&self, child: &mut C, id: &P::Id)
    where
        P: Model;
}

impl<P: Model, C: 'static, K: RefersTo<P::Id> + 'static> ForeignKey<P, C> for Field<C, K> {
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError> {
        K::from_id(id).map_or(Ok(Bson::Null), |key| self.encode(&key))
    }

    fn of_child(&self, child: &C) -> Option<P::Id> {
        self.get(child).to_id()
    }

    fn set(&self, child: &mut C, id: &P::Id) {
        if let Some(key) = K::from_id(id) {
            *self.get_mut(child) = key;
        }
    }
}

/// The field of a `C` that holds the ids of many `P`s, with the array's own type forgotten.
pub(crate) trait ForeignKeys<P, C>: Send + Sync + 'static {
    /// The id of a parent as one element of the stored array; null while the parent has none.
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError>
    where
        P: Model;
    /// The ids that a child refers to, in the order of the array, nulls left out.
    fn of_child(&self, child: &C) -> Vec<P::Id>
    where
        P: Model;
}

impl<P: Model, C: 'static, A: RefersToMany<P::Id> + 'static> ForeignKeys<P, C> for Field<C, A> {
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError> {
        match A::Key::from_id(id) {
            Some(key) => self.encode_item(key),
            None => Ok(Bson::Null),
        }
    }

    fn of_child(&self, child: &C) -> Vec<P::Id> {
        self.get(child).to_ids()
    }
}

/// A field with its types forgotten.
type AnyField = &'static (dyn Any + Send + Sync);

/// From an id as it is stored to the key that refers to it, and back, for what goes by the tables and knows no types.
///
/// Where neither the id's field nor the key's has an encoder of its own, both are stored alike. Else the types are asked.
/// An id that its type can't read back as it is stored is taken for one that its keys repeat: there is no way to tell.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    /// Both are stored alike, so that the server itself can compare them.
    pub(crate) alike: bool,
    field: AnyField,
    to_key: fn(AnyField, &Bson) -> Option<Bson>,
    to_id: fn(AnyField, &Bson) -> Option<Bson>,
    ids_in: fn(AnyField, &RawDocument) -> Result<Vec<Bson>>,
    key_of: fn(AnyField, &RawDocument) -> Result<Bson>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("alike", &self.alike).finish_non_exhaustive()
    }
}

impl Stored {
    /// What a child stores that refers to the parent with this stored id.
    pub(crate) fn key(&self, id: &Bson) -> Bson {
        if self.alike { id.clone() } else { (self.to_key)(self.field, id).unwrap_or_else(|| id.clone()) }
    }

    /// Whether the stored id can be told from a stored key. Where the key has an encoder whose result the id's type can't
    /// read, or is of a type that it can't be, it can't.
    pub(crate) fn tells(&self, key: &Bson) -> bool {
        self.alike || (self.to_id)(self.field, key).is_some()
    }

    /// The stored id of the parent that a stored key refers to.
    pub(crate) fn id(&self, key: &Bson) -> Bson {
        if self.alike { key.clone() } else { (self.to_id)(self.field, key).unwrap_or_else(|| key.clone()) }
    }
}

impl Stored {
    /// The stored ids of the parents that a child refers to, the whole of which is read: its model knows in any case how a
    /// key is stored.
    pub(crate) fn ids_in(&self, child: &RawDocument) -> Result<Vec<Bson>> {
        (self.ids_in)(self.field, child)
    }

    /// What children store that refer to a parent, the whole of which is read.
    pub(crate) fn key_of(&self, parent: &RawDocument) -> Result<Bson> {
        (self.key_of)(self.field, parent)
    }
}

fn ids_in<P: Model, C: Model>(child: &RawDocument, ids: impl FnOnce(&C) -> Vec<P::Id>) -> Result<Vec<Bson>> {
    let child = store::decode::<C>(child)?;
    ids(&child).iter().map(|id| P::ID.encode(id).map_err(Error::encode::<C>)).collect()
}

fn key_of<P: Model>(parent: &RawDocument, key: impl FnOnce(&P::Id) -> Option<Bson>) -> Result<Bson> {
    let parent = store::decode::<P>(parent)?;
    Ok(key(P::ID.get(&parent)).unwrap_or(Bson::Null))
}

/// The id that is stored like this, if its type can read it and would store it so again.
fn id_of<P: Model>(stored: &Bson) -> Option<P::Id> {
    let id = encoding::decode::<P::Id>(stored.clone()).ok()?;
    (P::ID.encode(&id).ok()? == *stored).then_some(id)
}

/// The stored id of the parent that a stored key refers to, if `to_key` leads back from it.
fn parent_of<P: Model>(key: &Bson, to_key: impl FnOnce(&P::Id) -> Option<Bson>) -> Option<Bson> {
    let id = encoding::decode::<P::Id>(key.clone()).ok()?;
    let stored = P::ID.encode(&id).ok()?;
    (to_key(&id)? == *key).then_some(stored)
}

fn single_key<P: Model, C: 'static, K: RefersTo<P::Id> + 'static>(field: AnyField, id: &P::Id) -> Option<Bson> {
    field.downcast_ref::<Field<C, K>>()?.encode(&K::from_id(id)?).ok()
}

fn element_key<P: Model, C: 'static, A: RefersToMany<P::Id> + 'static>(field: AnyField, id: &P::Id) -> Option<Bson> {
    field.downcast_ref::<Field<C, A>>()?.encode_item(A::Key::from_id(id)?).ok()
}

type Table = fn() -> &'static ModelMetadata;

macro_rules! checked {
    ($(#[$doc:meta])* $name:ident: $field:ident) => {
        $(#[$doc])*
        #[doc(hidden)]
        pub struct $name<P: 'static, C: 'static> {
            pub(crate) name: &'static str,
            pub(crate) field: &'static dyn $field<P, C>,
            pub(crate) parent: Table,
            pub(crate) child: Table,
            pub(crate) stored: Stored,
        }

        impl<P: 'static, C: 'static> Clone for $name<P, C> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<P: 'static, C: 'static> Copy for $name<P, C> {}
    };
}
checked! {
    /// A key that the compiler found to fit: made by [`key`] and [`nullable_key`] only.
    Key: ForeignKey
}
checked! {
    /// An array of keys that the compiler found to fit: made by [`keys`] only.
    Keys: ForeignKeys
}

#[doc(hidden)]
pub const fn key<P: Model, C: Model, K: RefersTo<P::Id> + 'static>(field: &'static Field<C, K>) -> Key<P, C> {
    let stored = Stored {
        alike: P::ID.is_plain() && field.is_plain(),
        field,
        to_key: |field, id| single_key::<P, C, K>(field, &id_of::<P>(id)?),
        to_id: |field, key| parent_of::<P>(key, |id| single_key::<P, C, K>(field, id)),
        ids_in: |field, child| {
            let field = field.downcast_ref::<Field<C, K>>();
            ids_in::<P, C>(child, |child| field.and_then(|field| field.get(child).to_id()).into_iter().collect())
        },
        key_of: |field, parent| key_of::<P>(parent, |id| single_key::<P, C, K>(field, id)),
    };
    Key { name: field.name(), field, parent: P::metadata, child: C::metadata, stored }
}

#[doc(hidden)]
pub const fn nullable_key<P: Model, C: Model, K: RefersTo<P::Id> + Nullable + 'static>(
    field: &'static Field<C, K>,
) -> Key<P, C> {
    key(field)
}

#[doc(hidden)]
pub const fn keys<P: Model, C: Model, A: RefersToMany<P::Id> + 'static>(field: &'static Field<C, A>) -> Keys<P, C> {
    let stored = Stored {
        alike: P::ID.is_plain() && field.is_plain(),
        field,
        to_key: |field, id| element_key::<P, C, A>(field, &id_of::<P>(id)?),
        to_id: |field, key| parent_of::<P>(key, |id| element_key::<P, C, A>(field, id)),
        ids_in: |field, child| {
            let field = field.downcast_ref::<Field<C, A>>();
            ids_in::<P, C>(child, |child| field.map(|field| field.get(child).to_ids()).unwrap_or_default())
        },
        key_of: |field, parent| key_of::<P>(parent, |id| element_key::<P, C, A>(field, id)),
    };
    Keys { name: field.name(), field, parent: P::metadata, child: C::metadata, stored }
}
/// A relation from which a document can be taken out.
#[diagnostic::on_unimplemented(
    message = "no document can be taken out of `{Self}`: its key can't be null",
    label = "the key of this relation is required",
    note = "make the key an `Option`, or declare the relation with `orphan_removal`"
)]
pub trait CanUnlink {}

#[diagnostic::do_not_recommend]
impl<R: Relation<Is: Unlinks>> CanUnlink for R {}

/// The same, of what a relation is to its model.
#[doc(hidden)]
pub trait Unlinks {}

impl<const NUMBER: usize> Unlinks for Is<NUMBER, true> {}
