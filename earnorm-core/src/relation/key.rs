//! Keys: a key is the field of one model that holds the id of another, with both models known as types.

use mongodb::bson::{Bson, Document, doc};

use super::marker::Relation;
use super::refers::{Nullable, RefersTo, RefersToMany};
use super::stored::{element_ids, element_key, id_of, ids_in, ids_of, key_of, parent_of, single_id, single_key};
use crate::bson::EncodeError;
use crate::embedded::Record;
use crate::schema::{Is, KeyPath, KeyTag, ModelMetadata, Stored, fail};
use crate::store::equal;
use crate::{Field, Model};

/// Replaces a key that a join model lacks.
#[doc(hidden)]
pub struct NoKey {
    model: &'static str,
    field: &'static str,
    option: &'static str,
}

impl NoKey {
    pub const fn of(model: &'static str, field: &'static str, option: &'static str) -> Self {
        Self { model, field, option }
    }

    #[track_caller]
    #[allow(clippy::panic, clippy::missing_panics_doc, reason = "while a program is compiled, as its message")]
    pub const fn key<P: Model, M: 'static>(&self) -> Key<P, M> {
        fail(&[
            "`",
            self.model,
            "` has no field `",
            self.field,
            "`; write `",
            self.option,
            " = ..` with the field of `",
            self.model,
            "` that holds the key",
        ]);
        panic!("no key")
    }
}

/// The stored name of a key, and the tag beside it.
#[derive(Clone, Copy)]
pub(crate) struct KeyName {
    pub(crate) name: &'static str,
    pub(crate) tag: Option<KeyTag>,
}

impl KeyName {
    /// The fields that store a reference to the document with this id.
    pub(crate) fn fields(&self, id: &Bson) -> Document {
        match self.tag {
            None => doc! { self.name: id },
            Some(tag @ KeyTag { whole: Some(whole), .. }) => doc! { whole: tag.reference(self.name, id) },
            Some(tag) => doc! { tag.field: tag.value, self.name: id },
        }
    }

    /// The condition that a document refers to the document with this id.
    pub(crate) fn equal(&self, id: impl Into<Bson>) -> Document {
        let mut condition = equal(self.name, id);
        condition.extend(self.tag.iter().flat_map(KeyTag::filter));
        condition
    }
}

/// The field of a `C` that holds the id of a `P`, with the type of the field erased.
///
/// Types that only name `P` and `C` don't require them to be models. A target that is not a model then causes one
/// error, instead of one for each type that mentions it.
pub(crate) trait ForeignKey<P, C>: Send + Sync + 'static {
    /// The id of a parent as its children store it; null if the parent has no id yet.
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError>
    where
        P: Model;
    /// The id that a child refers to; `None` if its key is null.
    fn of_child(&self, child: &C) -> Option<P::Id>
    where
        P: Model;
    /// The id that a child refers to, encoded as the parent stores it; null if the key is null. Callers don't need
    /// `P: Model`.
    fn id_of(&self, child: &C) -> Result<Bson, EncodeError>;
    /// Makes the child refer to the parent. Returns false if the child has no place for the key, because the embedded
    /// document that holds it is `None`.
    fn set(&self, child: &mut C, id: &P::Id) -> bool
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

    fn id_of(&self, child: &C) -> Result<Bson, EncodeError> {
        self.get(child).to_id().map_or(Ok(Bson::Null), |id| P::ID.encode(&id))
    }

    fn set(&self, child: &mut C, id: &P::Id) -> bool {
        if let Some(key) = K::from_id(id) {
            *self.get_mut(child) = key;
        }
        true
    }
}

/// The field of a `C` that holds the ids of many `P`s, with the type of the array erased.
pub(crate) trait ForeignKeys<P, C>: Send + Sync + 'static {
    /// The id of a parent as one element of the stored array; null if the parent has no id yet.
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError>
    where
        P: Model;
    /// The ids that a child refers to, in the order of the array and without nulls.
    fn of_child(&self, child: &C) -> Vec<P::Id>
    where
        P: Model;
    /// The ids that a child refers to, encoded as the parents store them. Callers don't need `P: Model`.
    fn ids_of(&self, child: &C) -> Result<Vec<Bson>, EncodeError>;
    /// Appends the id of a parent, unless the child has it. Only an array of ids has a place for a further one, and an
    /// array of embedded documents hasn't.
    fn append(&self, _: &mut C, _: &P::Id)
    where
        P: Model,
    {
    }
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

    fn ids_of(&self, child: &C) -> Result<Vec<Bson>, EncodeError> {
        self.get(child).to_ids().iter().map(|id| P::ID.encode(id)).collect()
    }

    fn append(&self, child: &mut C, id: &P::Id) {
        if !self.get(child).to_ids().contains(id) {
            self.get_mut(child).append_id(id);
        }
    }
}

/// Replaces a key that has a mistake. A program with a mistake doesn't compile, so these functions never run.
struct Unknown;

impl<P: 'static, C: 'static> ForeignKey<P, C> for Unknown {
    fn of_parent(&self, _: &P::Id) -> Result<Bson, EncodeError>
    where
        P: Model,
    {
        Ok(Bson::Null)
    }

    fn of_child(&self, _: &C) -> Option<P::Id>
    where
        P: Model,
    {
        None
    }

    fn id_of(&self, _: &C) -> Result<Bson, EncodeError> {
        Ok(Bson::Null)
    }

    fn set(&self, _: &mut C, _: &P::Id) -> bool
    where
        P: Model,
    {
        true
    }
}

impl<P: 'static, C: 'static> ForeignKeys<P, C> for Unknown {
    fn of_parent(&self, _: &P::Id) -> Result<Bson, EncodeError>
    where
        P: Model,
    {
        Ok(Bson::Null)
    }

    fn of_child(&self, _: &C) -> Vec<P::Id>
    where
        P: Model,
    {
        Vec::new()
    }

    fn ids_of(&self, _: &C) -> Result<Vec<Bson>, EncodeError> {
        Ok(Vec::new())
    }
}

type Table = fn() -> &'static ModelMetadata;

macro_rules! checked {
    ($(#[$doc:meta])* $name:ident: $field:ident) => {
        $(#[$doc])*
        #[doc(hidden)]
        pub struct $name<P: 'static, C: 'static> {
            pub(crate) name: &'static str,
            pub(crate) path: KeyPath,
            /// The tag beside the key, if it can refer to several models.
            pub(crate) tag: Option<KeyTag>,
            /// Whether a reference can be removed; `None` for a field of the model, whose table says whether it can be null.
            pub(crate) nullable: Option<bool>,
            pub(crate) field: &'static dyn $field<P, C>,
            pub(crate) parent: Table,
            pub(crate) child: Table,
            pub(crate) stored: Stored,
        }

        impl<P: 'static, C: 'static> $name<P, C> {
            pub(super) const UNKNOWN: Self = Self {
                name: "",
                path: KeyPath::single(""),
                tag: None,
                nullable: None,
                field: &Unknown,
                parent: || &ModelMetadata::UNKNOWN,
                child: || &ModelMetadata::UNKNOWN,
                stored: Stored::UNKNOWN,
            };
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
    /// A key whose type the compiler has checked. Only [`Field::key`] and [`Field::nullable_key`] make one.
    Key: ForeignKey
}
checked! {
    /// An array of keys whose type the compiler has checked. Only [`Field::keys`] makes one.
    Keys: ForeignKeys
}

impl<M: 'static, T: 'static> Field<M, T> {
    #[doc(hidden)]
    pub const fn key<P: Model>(&'static self) -> Key<P, M>
    where
        M: Record,
        T: RefersTo<P::Id>,
    {
        Key::of(self)
    }

    #[doc(hidden)]
    pub const fn nullable_key<P: Model>(&'static self) -> Key<P, M>
    where
        M: Record,
        T: RefersTo<P::Id> + Nullable,
    {
        Key::of(self)
    }

    #[doc(hidden)]
    pub const fn keys<P: Model>(&'static self) -> Keys<P, M>
    where
        M: Record,
        T: RefersToMany<P::Id>,
    {
        Keys::of(self)
    }
}

impl<P: 'static, C: 'static> Key<P, C> {
    pub(crate) fn named(&self) -> KeyName {
        KeyName { name: self.name, tag: self.tag }
    }

    /// The condition on the tag beside the key; empty if the key refers to one model.
    pub(crate) fn tag_filter(&self) -> Document {
        self.tag.as_ref().map_or_else(Document::new, KeyTag::filter)
    }
}

impl<P: Model, C: Record> Key<P, C> {
    pub(crate) const fn of<K: RefersTo<P::Id> + 'static>(field: &'static Field<C, K>) -> Self {
        let stored = Stored {
            alike: P::ID.is_plain() && field.is_plain(),
            field,
            to_key: |field, id| single_key::<P, C, K>(field, &id_of::<P>(id)?),
            to_id: |field, key| parent_of::<P>(key, |id| single_key::<P, C, K>(field, id)),
            ids_in: |field, child| ids_in::<P, C>(child, |child| single_id::<P, C, K>(field, child)),
            ids_of: |field, child| ids_of::<P, C>(child, |child| single_id::<P, C, K>(field, child)),
            key_of: |field, parent| key_of::<P>(parent, |id| single_key::<P, C, K>(field, id)),
        };
        let path = KeyPath::single(field.name());
        Self {
            name: field.name(),
            path,
            tag: None,
            nullable: None,
            field,
            parent: P::metadata,
            child: || C::TABLE,
            stored,
        }
    }
}

impl<P: Model, C: Record> Keys<P, C> {
    pub(crate) const fn of<A: RefersToMany<P::Id> + 'static>(field: &'static Field<C, A>) -> Self {
        let stored = Stored {
            alike: P::ID.is_plain() && field.is_plain(),
            field,
            to_key: |field, id| element_key::<P, C, A>(field, &id_of::<P>(id)?),
            to_id: |field, key| parent_of::<P>(key, |id| element_key::<P, C, A>(field, id)),
            ids_in: |field, child| ids_in::<P, C>(child, |child| element_ids::<P, C, A>(field, child)),
            ids_of: |field, child| ids_of::<P, C>(child, |child| element_ids::<P, C, A>(field, child)),
            key_of: |field, parent| key_of::<P>(parent, |id| element_key::<P, C, A>(field, id)),
        };
        let path = KeyPath::array(field.name());
        Self {
            name: field.name(),
            path,
            tag: None,
            nullable: None,
            field,
            parent: P::metadata,
            child: || C::TABLE,
            stored,
        }
    }
}

/// A relation from which a document can be removed: its key can be null, or the relation has `orphan_removal`.
#[diagnostic::on_unimplemented(
    message = "no document can be taken out of `{Self}`: its key can't be null",
    label = "the key of this relation is required",
    note = "make the key an `Option`, or declare the relation with `orphan_removal`"
)]
pub trait CanUnlink {}

#[diagnostic::do_not_recommend]
impl<R: Relation<Is: Unlinks>> CanUnlink for R {}

/// The same for the type `Relation::Is` of a relation.
#[doc(hidden)]
pub trait Unlinks {}

impl<const NUMBER: usize> Unlinks for Is<NUMBER, true> {}
