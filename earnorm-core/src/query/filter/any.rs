//! Conditions on references to several models.

use mongodb::bson::{Bson, doc};

use super::Filter;
use crate::bson;
use crate::embedded::Record;
use crate::error::Refusal;
use crate::relation::{AnyKey, ManyToAny, Nullable, Reference, ReferenceField, RefersToAny, Variant, VariantOf};
use crate::store::equal;

impl<S: Record, K: RefersToAny, R: ReferenceField<Source = S, Key = K>> ManyToAny<S, K, R> {
    /// Matches documents that refer to the same document as `reference`.
    ///
    /// ```
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Clone, Copy, Serialize, Deserialize, Reference)]
    /// # #[serde(tag = "type", content = "id")]
    /// # enum Subject { Post(ObjectId), Photo(ObjectId) }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Comment { #[serde(rename = "_id")] id: ObjectId, #[relation(many_to_one)] subject: Subject }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Photo { #[serde(rename = "_id")] id: ObjectId }
    /// let post = ObjectId::new();
    /// let of_the_post = Comment::find(Comment::SUBJECT.is(&Subject::Post(post)));
    /// let of_photos = Comment::find(Comment::SUBJECT.is_a(Subject::PHOTO));
    /// ```
    pub fn is(self, reference: &K::To) -> Filter<S> {
        let model = S::TABLE.name;
        match bson::encode(reference) {
            Ok(Bson::Document(mut stored)) => {
                let mut take = |name: &str| stored.remove(name).unwrap_or(Bson::Null);
                let (tag, id) = (take(<K::To as Reference>::TAG), take(<K::To as Reference>::CONTENT));
                let mut filter = equal(AnyKey::<R>::id_name(), id);
                filter.insert(AnyKey::<R>::tag_name(), tag);
                filter.into()
            }
            Ok(other) => Filter::from_refusal(Refusal::Invalid {
                model,
                reason: format!("`{}` is stored as {other}, which has no tag", R::FIELD.name()),
            }),
            Err(source) => Filter::from_refusal(Refusal::Encode { model, source }),
        }
    }

    /// Matches documents that refer to a document of the variant's model, whether that document exists or not.
    pub fn is_a<T>(self, _variant: VariantOf<K::To, T>) -> Filter<S>
    where
        K::To: Variant<T>,
    {
        doc! { AnyKey::<R>::tag_name(): <K::To as Variant<T>>::TAG_VALUE }.into()
    }

    /// Matches documents without a reference.
    pub fn is_null(self) -> Filter<S>
    where
        K: Nullable,
    {
        doc! { AnyKey::<R>::id_name(): Bson::Null }.into()
    }

    /// Matches documents that refer to an existing document of one of the models. The server joins each collection.
    pub fn any(self) -> Filter<S> {
        Filter::leads_to_any::<R>()
    }

    /// Matches documents that refer to no existing document of the models. Documents with an unknown tag are among them.
    pub fn none(self) -> Filter<S> {
        !self.any()
    }
}
