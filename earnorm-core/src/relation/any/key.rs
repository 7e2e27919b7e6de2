//! The key of a relation to several models.

use std::marker::PhantomData;

use mongodb::bson::Bson;

use super::reference::{Flattens, Reference, RefersToAny, Variant};
use crate::bson::EncodeError;
use crate::embedded::{Joined, Record};
use crate::relation::key::{ForeignKey, Key};
use crate::relation::{ManyToAny, Nullable, RefersTo, Relation};
use crate::schema::{KeyHolder, KeyPath, KeyTag, RelationKind, RelationMetadata, Stored, Target};
use crate::{Field, Model};

/// The field of a relation to several models. The derive implements it for the marker of the relation.
#[doc(hidden)]
pub trait ReferenceField: Relation {
    /// The type of the field.
    type Key: 'static;
    const FIELD: Field<Self::Source, Self::Key>;
    /// Whether serde flattens the field, so that the tag and the id are fields of the document.
    const FLAT: bool;
}

/// The key of the relation `R`, and the names under which its parts are stored.
#[doc(hidden)]
pub(crate) struct AnyKey<R>(PhantomData<fn() -> R>);

/// The enum of the relation `R`.
type To<R> = <<R as ReferenceField>::Key as RefersToAny>::To;

impl<R: ReferenceField<Key: RefersToAny>> AnyKey<R> {
    pub(super) const NEW: Self = Self(PhantomData);

    const OUTER: &'static str = if R::FLAT { "" } else { R::FIELD.name() };
    const ID: &'static Joined = &Joined::path(Self::OUTER, <To<R> as Reference>::CONTENT);
    const TAG: &'static Joined = &Joined::path(Self::OUTER, <To<R> as Reference>::TAG);

    /// The tag, of no variant yet.
    pub(crate) const fn tag() -> KeyTag {
        KeyTag {
            field: Self::TAG.as_str(),
            value: "",
            variants: <To<R> as Reference>::VARIANTS,
            nullable: <R::Key as RefersToAny>::NULLABLE,
            pattern: Self::TAG.as_str(),
            whole: if R::FLAT { None } else { Some(R::FIELD.name()) },
        }
    }

    /// The path of the id.
    pub(crate) const fn id_name() -> &'static str {
        Self::ID.as_str()
    }

    /// The path of the tag.
    pub(crate) const fn tag_name() -> &'static str {
        Self::TAG.as_str()
    }

    /// The key of the variant for `P`.
    pub(crate) const fn of<P: Model>() -> Key<P, R::Source>
    where
        To<R>: Variant<P, Id: RefersTo<P::Id>>,
    {
        Key {
            name: Self::ID.as_str(),
            path: KeyPath::single(Self::ID.as_str()),
            tag: Some(Self::tag().of(<To<R> as Variant<P>>::TAG_VALUE)),
            nullable: Some(<R::Key as RefersToAny>::NULLABLE),
            field: &Self(PhantomData),
            parent: P::metadata,
            child: || R::Source::TABLE,
            stored: Stored::ALIKE,
        }
    }

    /// The reference in a document, unless it is null or its tag is unknown.
    pub(crate) fn reference(source: &R::Source) -> Option<&To<R>> {
        R::FIELD.get(source).reference()
    }
}

impl<P: Model, R: ReferenceField<Key: RefersToAny>> ForeignKey<P, R::Source> for AnyKey<R>
where
    To<R>: Variant<P, Id: RefersTo<P::Id>>,
{
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError> {
        P::ID.encode(id)
    }

    fn of_child(&self, child: &R::Source) -> Option<P::Id> {
        Variant::<P>::id(Self::reference(child)?)?.to_id()
    }

    fn id_of(&self, child: &R::Source) -> Result<Bson, EncodeError> {
        ForeignKey::<P, R::Source>::of_child(self, child).map_or(Ok(Bson::Null), |id| P::ID.encode(&id))
    }

    fn set(&self, child: &mut R::Source, id: &P::Id) -> bool {
        if let Some(id) = <<To<R> as Variant<P>>::Id as RefersTo<P::Id>>::from_id(id) {
            *R::FIELD.get_mut(child) = <R::Key as RefersToAny>::of(<To<R> as Variant<P>>::refer(id));
        }
        true
    }
}

impl<S: 'static, K: 'static, R> ManyToAny<S, K, R> {
    /// A relation by the field of `R`. Its bounds are checked where the field is read, for one message per mistake.
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self::of_keys(())
    }

    #[doc(hidden)]
    pub const fn unknown() -> Self {
        Self::new()
    }
}

/// The metadata of a relation to several models.
#[doc(hidden)]
pub struct Tagged<K>(PhantomData<fn() -> K>);

/// The functions have the bounds, and not the `impl`. Otherwise, the message of the compiler would be that the function doesn't
/// exist.
impl<K> Tagged<K> {
    /// For a field of its own.
    pub const fn table<R: ReferenceField<Key = K>>(name: &'static str) -> RelationMetadata
    where
        K: RefersToAny,
    {
        let (tag, path) = (AnyKey::<R>::tag(), KeyPath::single(AnyKey::<R>::ID.as_str()));
        let target = Target::Any(<K::To as Reference>::VARIANTS);
        let key = (path.pattern, path, Some(tag), Stored::ALIKE);
        RelationMetadata::new(name, RelationKind::ManyToOne, target, key, KeyHolder::Source)
    }

    /// For a flattened field.
    pub const fn flat_table<R: ReferenceField<Key = K>>(name: &'static str) -> RelationMetadata
    where
        K: RefersToAny + Flattens,
    {
        Self::table::<R>(name)
    }
}

impl<S: Record, K: RefersToAny, R: ReferenceField<Source = S, Key = K>> ManyToAny<S, K, R> {
    /// The key, as a relation of the model `P` uses it.
    #[doc(hidden)]
    #[track_caller]
    pub const fn key<P: Model>(&self) -> Key<P, S>
    where
        K::To: Variant<P, Id: RefersTo<P::Id>>,
    {
        AnyKey::<R>::of::<P>()
    }

    /// The same for a key that must be able to be null.
    #[doc(hidden)]
    #[track_caller]
    pub const fn nullable_key<P: Model>(&self) -> Key<P, S>
    where
        K: Nullable,
        K::To: Variant<P, Id: RefersTo<P::Id>>,
    {
        self.key()
    }
}
