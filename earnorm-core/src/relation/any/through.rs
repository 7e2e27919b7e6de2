//! References to several models in embedded documents, as keys of the model that holds them.

use std::marker::PhantomData;

use mongodb::bson::Bson;

use super::key::{AnyKey, ReferenceField};
use super::reference::{RefersToAny, Variant};
use crate::Model;
use crate::bson::EncodeError;
use crate::embedded::{EmbeddedPath, check_length};
use crate::relation::embedded::RelationAt;
use crate::relation::key::{ForeignKey, Key, Keys};
use crate::relation::{ManyToAny, Nullable, RefersTo};
use crate::schema::Stored;

/// The reference of the relation `R` of the embedded documents at the path `A`, as a key of the model that holds them.
#[doc(hidden)]
pub struct AnyThrough<A, R>(PhantomData<fn() -> (A, R)>);

/// A reference in an array that can be the key of a `many_to_many`. No type implements it; the message of the compiler says
/// what to do instead.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "references to several models in an array can't be a `many_to_many`",
    label = "a relation to one of several models",
    note = "remove this relation, and find the documents by a condition like `Feed::ITEMS.any(Item::SUBJECT.is(..))`"
)]
pub trait HasOtherSide<P: 'static, H: 'static>: Sized {
    const KEYS: Keys<P, H>;
}

impl<M: 'static, K: 'static, R> ManyToAny<M, K, R> {
    #[doc(hidden)]
    pub const fn through<A: EmbeddedPath<Record = M>>(self) -> AnyThrough<A, R> {
        AnyThrough(PhantomData)
    }
}

impl<A, R> AnyThrough<A, R>
where
    A: EmbeddedPath<Holder: Model>,
    R: ReferenceField<Source = A::Record, Key: RefersToAny>,
{
    /// One key in each document: no array is on the path.
    #[track_caller]
    pub const fn key<P: Model>(&'static self) -> Key<P, A::Holder>
    where
        <R::Key as RefersToAny>::To: Variant<P, Id: RefersTo<P::Id>>,
    {
        let meta = RelationAt::<A, R>::META;
        check_length(meta.path.pattern);
        Key {
            name: meta.foreign_key,
            path: meta.path,
            tag: match meta.tag {
                Some(tag) => Some(tag.of(<<R::Key as RefersToAny>::To as Variant<P>>::TAG_VALUE)),
                None => None,
            },
            nullable: Some(<R::Key as RefersToAny>::NULLABLE),
            field: self,
            parent: P::metadata,
            child: <A::Holder as Model>::metadata,
            stored: Stored::ALIKE,
        }
    }

    /// References in an array have no other side.
    pub const fn keys<P: Model>(&'static self) -> Keys<P, A::Holder>
    where
        R: HasOtherSide<P, A::Holder>,
    {
        R::KEYS
    }

    /// The same for keys that must be able to be null.
    pub const fn nullable_keys<P: Model>(&'static self) -> Keys<P, A::Holder>
    where
        R: HasOtherSide<P, A::Holder>,
    {
        R::KEYS
    }

    /// The same as [`key`](Self::key) for a key that must be able to be null.
    #[track_caller]
    pub const fn nullable_key<P: Model>(&'static self) -> Key<P, A::Holder>
    where
        R::Key: Nullable,
        <R::Key as RefersToAny>::To: Variant<P, Id: RefersTo<P::Id>>,
    {
        self.key()
    }
}

impl<P, A, R> ForeignKey<P, A::Holder> for AnyThrough<A, R>
where
    P: Model,
    A: EmbeddedPath,
    R: ReferenceField<Source = A::Record, Key: RefersToAny>,
    <R::Key as RefersToAny>::To: Variant<P, Id: RefersTo<P::Id>>,
{
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError> {
        P::ID.encode(id)
    }

    fn of_child(&self, child: &A::Holder) -> Option<P::Id> {
        let (key, mut id) = (AnyKey::<R>::NEW, None);
        A::visit(child, &mut |record| id = id.take().or_else(|| ForeignKey::<P, A::Record>::of_child(&key, record)));
        id
    }

    fn id_of(&self, child: &A::Holder) -> Result<Bson, EncodeError> {
        ForeignKey::<P, A::Holder>::of_child(self, child).map_or(Ok(Bson::Null), |id| P::ID.encode(&id))
    }

    fn set(&self, child: &mut A::Holder, id: &P::Id) -> bool {
        let (key, mut is_set) = (AnyKey::<R>::NEW, false);
        A::visit_mut(child, &mut |record| is_set |= ForeignKey::<P, A::Record>::set(&key, record, id));
        is_set
    }
}
