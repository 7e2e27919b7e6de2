//! One variant of a relation to several models, as a relation to one model.

use std::fmt;
use std::marker::PhantomData;

use super::key::{AnyKey, ReferenceField};
use super::reference::{Reference, RefersToAny, Variant};
use crate::Model;
use crate::embedded::Record;
use crate::relation::{ManyToAny, ManyToOne, PointsBack, RefersTo, Relation};
use crate::schema::{ModelMetadata, Numbered, PartAt, RelationMetadata, VariantMetadata, fail};

/// The constant of a variant, like `Subject::PHOTO`: the part of a reference of type `E` that refers to the model `T`.
pub struct VariantOf<E, T>(PhantomData<fn() -> (E, T)>);

impl<E, T> Clone for VariantOf<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for VariantOf<E, T> {}

impl<E: Reference, T> fmt::Debug for VariantOf<E, T>
where
    E: Variant<T>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VariantOf").field(&<E as Variant<T>>::TAG_VALUE).finish()
    }
}

impl<E, T> VariantOf<E, T> {
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// The row of the enum's table. Its bounds check the model and the type of the id.
    #[doc(hidden)]
    #[track_caller]
    pub const fn metadata(self) -> VariantMetadata
    where
        T: Model,
        E: Variant<T, Id: RefersTo<T::Id>>,
    {
        if !T::ID.is_plain() {
            fail(&[
                "the id of this model is stored by a function, but a reference stores it as its type serializes itself; \
                    remove the serde attribute of the id",
            ]);
        }
        VariantMetadata { tag: E::TAG_VALUE, model: T::metadata }
    }
}

/// The marker of the relation `R` to the documents of `T` alone.
#[doc(hidden)]
pub struct VariantMarker<R, T>(PhantomData<fn() -> (R, T)>);

/// The number of a variant of the relation with the number `N`.
#[doc(hidden)]
pub struct VariantIs<N, V>(PhantomData<fn() -> (N, V)>);

impl<N: Numbered, V: Numbered> Numbered for VariantIs<N, V> {
    type Place = PartAt<N::Place, V::Place>;
}

impl<R, T> Relation for VariantMarker<R, T>
where
    R: ReferenceField<Key: RefersToAny<To: Variant<T>>>,
    T: Model,
{
    type Source = R::Source;
    type Is = VariantIs<R::Is, <<R::Key as RefersToAny>::To as Variant<T>>::Is>;
    const META: &'static RelationMetadata =
        &R::META.narrowed(<<R::Key as RefersToAny>::To as Variant<T>>::TAG_VALUE, T::metadata);
}

impl<S: Record, K: RefersToAny, R: ReferenceField<Source = S, Key = K>> ManyToAny<S, K, R> {
    /// The same relation, but only to the documents of one model: documents that refer to another model have no related
    /// document. It is an ordinary relation to one.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Clone, Copy, Serialize, Deserialize, Reference)]
    /// # #[serde(tag = "type", content = "id")]
    /// # enum Subject { Post(ObjectId), Photo(ObjectId) }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Comment { #[serde(rename = "_id")] id: ObjectId, #[relation(many_to_one)] subject: Subject }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64 }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Photo { #[serde(rename = "_id")] id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let liked = Comment::SUBJECT.of(Subject::POST).filter(Post::LIKES.gt(10)).any();
    /// let comments = Comment::find(liked).with(Comment::SUBJECT.of(Subject::POST)).all(&db).await?;
    /// let post: Option<&Post> = comments[0].related(Comment::SUBJECT.of(Subject::POST));
    /// # Ok(()) }
    /// ```
    pub fn of<T: Model>(self, _variant: VariantOf<K::To, T>) -> ManyToOne<S, T, VariantMarker<R, T>>
    where
        K::To: Variant<T, Id: RefersTo<T::Id>>,
    {
        ManyToOne::of_variant()
    }
}

impl<S: Record, T: Model, R: ReferenceField<Source = S>> ManyToOne<S, T, VariantMarker<R, T>> {
    /// The relation `R` to the documents of `T` alone.
    pub(crate) fn of_variant() -> Self
    where
        R::Key: RefersToAny<To: Variant<T, Id: RefersTo<T::Id>>>,
    {
        Self::new(AnyKey::<R>::of::<T>())
    }
}

#[diagnostic::do_not_recommend]
impl<S, T, K, R> PointsBack<S, T> for ManyToAny<T, K, R>
where
    S: Model,
    T: Record,
    K: RefersToAny<To: Variant<S>>,
    R: Relation<Source = T>,
{
    const META: &'static RelationMetadata = R::META;
    const JOIN: &'static [&'static ModelMetadata] = &[];
}
