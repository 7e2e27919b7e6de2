//! Enums of references, and the types of the fields that hold them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::schema::{Numbered, VariantMetadata};

/// An enum of references: each variant is named after a model and holds the id of one of its documents.
///
/// Derive it. The enum also needs serde's derives, with a tag and a content:
///
/// ```
/// use earnorm::prelude::*;
///
/// #[derive(Clone, Copy, Serialize, Deserialize, Reference)]
/// #[serde(tag = "type", content = "id")]
/// enum Subject {
///     Post(ObjectId),
///     Photo(ObjectId),
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Comment {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(many_to_one)]
///     subject: Subject, // stored as { type: "Post", id: .. }
/// }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Photo { #[serde(rename = "_id")] id: ObjectId }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reference to documents of several models",
    label = "this relation has no target, so its key has to say which model it refers to",
    note = "write `target = ..` for a key to one model, or derive `Reference` for an enum with a variant for each model"
)]
pub trait Reference: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The models of the variants, as a list: `(Post, (Photo, ()))`.
    #[doc(hidden)]
    type Models;
    /// The stored name of the tag.
    const TAG: &'static str;
    /// The stored name of the id.
    const CONTENT: &'static str;
    /// The tags and the models of the variants.
    const VARIANTS: &'static [VariantMetadata];
}

/// An enum of references that has a variant for the model `P`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no variant for `{P}`",
    label = "a `{Self}` can't refer to a `{P}`",
    note = "add a variant to `{Self}` that is named after the model and holds its id, like `{P}(ObjectId)`"
)]
pub trait Variant<P>: Reference {
    /// The type of the id in the variant.
    type Id: Serialize;
    /// The number of the variant.
    #[doc(hidden)]
    type Is: Numbered;
    /// The stored tag.
    const TAG_VALUE: &'static str;
    /// The id, if the reference is this variant.
    fn id(&self) -> Option<&Self::Id>;
    /// The variant with this id.
    fn refer(id: Self::Id) -> Self;
}

/// A type that is never a model. Every enum implements `Variant<Nobody>`.
///
/// If an enum had one variant and one implementation, the compiler would infer that variant's model in every call. For another
/// model, its message would be that two types differ. With two implementations, it is that the enum has no variant for the
/// model.
#[doc(hidden)]
pub struct Nobody;

/// The id of [`Nobody`]. It has no variants, so it has no value.
#[doc(hidden)]
#[derive(Serialize)]
pub enum NoId {}

#[diagnostic::do_not_recommend]
impl<E: Reference> Variant<Nobody> for E {
    type Id = NoId;
    type Is = crate::schema::Is<0, false>;
    const TAG_VALUE: &'static str = "";
    fn id(&self) -> Option<&NoId> {
        None
    }
    fn refer(id: NoId) -> Self {
        match id {}
    }
}

/// The type of a field that refers to documents of several models: an enum of references, or an `Option` or an
/// [`Open`](crate::Open) of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reference to documents of several models",
    label = "this relation has no target, so its key has to say which model it refers to",
    note = "write `target = ..` for a key to one model, or derive `Reference` for an enum with a variant for each model"
)]
pub trait RefersToAny: Serialize + Send + Sync + 'static {
    /// The enum.
    type To: Reference;
    #[doc(hidden)]
    const NULLABLE: bool;
    /// The reference, unless it is null or its tag is unknown.
    #[doc(hidden)]
    fn reference(&self) -> Option<&Self::To>;
    /// The field's value for a reference.
    #[doc(hidden)]
    fn of(reference: Self::To) -> Self;
    /// The stored reference if its tag is unknown.
    #[doc(hidden)]
    fn unknown(&self) -> Option<&mongodb::bson::Document> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<E: Reference> RefersToAny for E {
    type To = E;
    const NULLABLE: bool = false;
    fn reference(&self) -> Option<&E> {
        Some(self)
    }
    fn of(reference: E) -> E {
        reference
    }
}

#[diagnostic::do_not_recommend]
impl<E: Reference> RefersToAny for Option<E> {
    type To = E;
    const NULLABLE: bool = true;
    fn reference(&self) -> Option<&E> {
        self.as_ref()
    }
    fn of(reference: E) -> Self {
        Some(reference)
    }
}

/// A reference whose tag and id are fields of the document, by `#[serde(flatten)]`.
#[diagnostic::on_unimplemented(
    message = "a flattened `{Self}` reads a tag that it doesn't know as `None`, and the next save would lose it",
    label = "serde reads every failure here as `None`",
    note = "write `Option<Open<..>>`, which keeps such a tag, or make the reference required"
)]
#[doc(hidden)]
pub trait Flattens {}

#[diagnostic::do_not_recommend]
impl<E: Reference> Flattens for E {}
