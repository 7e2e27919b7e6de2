//! What the derive implements for an enum of models.

use mongodb::bson::RawDocument;

use super::buffer::Buffer;
use crate::hooks::{AnyDocument, HookTable};
use crate::schema::{FieldMetadata, ModelMetadata, Stamp};
use crate::{Field, Filter, IntoFilter, Model, store};

/// An enum with a variant for each of several models that share a collection. The derive implements it.
#[doc(hidden)]
pub trait Kinds: Model {
    const KINDS: &'static [KindOf<Self>];
    fn kind(&self) -> &dyn Kind<Self::Id>;
    fn kind_mut(&mut self) -> &mut dyn Kind<Self::Id>;
}

/// A document of one of the models of an enum, whose ids have the type `I`.
#[doc(hidden)]
pub trait Kind<I>: Send + Sync {
    fn id(&self) -> &I;
    fn id_mut(&mut self) -> &mut I;
    fn hooks(&self) -> HookTable;
    fn model(&self) -> &'static ModelMetadata;
    fn any(&self) -> &AnyDocument;
    fn any_mut(&mut self) -> &mut AnyDocument;
    /// Sets the fields that aren't stored to the values in `before`, if that is a document of the same model.
    fn keep(&mut self, document: &RawDocument, before: &mut AnyDocument);
    /// Sets the managed fields to what a write stored.
    fn stamp(&mut self, stamp: &Stamp);
}

impl<M: Model> Kind<M::Id> for M {
    fn id(&self) -> &M::Id {
        M::ID.get(self)
    }

    fn id_mut(&mut self) -> &mut M::Id {
        M::ID.get_mut(self)
    }

    fn hooks(&self) -> HookTable {
        M::HOOKS
    }

    fn model(&self) -> &'static ModelMetadata {
        M::METADATA
    }

    fn any(&self) -> &AnyDocument {
        self
    }

    fn any_mut(&mut self) -> &mut AnyDocument {
        self
    }

    fn keep(&mut self, document: &RawDocument, before: &mut AnyDocument) {
        if let Some(before) = before.downcast_mut::<M>() {
            M::KEEP(self, document, before);
        }
    }

    fn stamp(&mut self, stamp: &Stamp) {
        M::STAMP(self, stamp);
    }
}

/// The id of an enum, which is that of the document that it holds.
#[doc(hidden)]
pub const fn id_of_kinds<E: Kinds>() -> Field<E, E::Id> {
    Field::new("_id", |one| one.kind().id(), |one| one.kind_mut().id_mut())
}

/// The metadata of the id of an enum, which is that of its first model.
#[doc(hidden)]
pub const fn id_field<M: Model>() -> FieldMetadata {
    let (name, nullable) = match M::METADATA.field("_id") {
        Some(field) => (field.rust_type, field.nullable),
        None => ("", false),
    };
    FieldMetadata::new("id", "_id", name, nullable)
}

/// The model of an enum's document.
#[doc(hidden)]
pub fn model_of_kind<E: Kinds>(one: &E) -> &'static ModelMetadata {
    one.kind().model()
}

/// Sets the fields of an enum's document that aren't stored to the values in `before`.
#[doc(hidden)]
pub fn keep_kind<E: Kinds>(read: &mut E, document: &RawDocument, before: &mut E) {
    read.kind_mut().keep(document, before.kind_mut().any_mut());
}

/// Sets the managed fields of an enum's document to what a write stored.
#[doc(hidden)]
pub fn stamp_kind<E: Kinds>(one: &mut E, stamp: &Stamp) {
    one.kind_mut().stamp(stamp);
}

/// A condition on the documents of one model, as a condition on the documents of an enum.
#[doc(hidden)]
pub fn of_kind<E: Kinds, M>(filter: impl IntoFilter<M>, number: usize) -> Filter<E> {
    let tag = E::KINDS.get(number).map(|kind| kind.model.documents().tag_filter());
    filter.into_filter().with_model(tag.unwrap_or_default())
}

/// One of the models of the enum `E`.
#[doc(hidden)]
pub struct KindOf<E> {
    pub(super) model: &'static ModelMetadata,
    /// Whether its ids are stored as their type serializes them.
    pub(super) plain_id: bool,
    pub(super) hooks: HookTable,
    pub(super) from_raw: fn(&RawDocument) -> Result<E, String>,
    pub(super) from_buffer: fn(Buffer) -> Result<E, String>,
}

impl<E> KindOf<E> {
    const fn of<M: Model + Into<E>>() -> Self {
        Self {
            model: M::METADATA,
            plain_id: M::ID.is_plain(),
            hooks: M::HOOKS,
            from_raw: |document| store::decode::<M>(document).map(Into::into).map_err(|error| error.to_string()),
            from_buffer: |buffer| M::deserialize(buffer).map(Into::into).map_err(|error| error.to_string()),
        }
    }
}

/// One of the models of an enum.
#[doc(hidden)]
pub const fn kind_of<M: Model + Into<E>, E>() -> KindOf<E> {
    KindOf::of::<M>()
}

/// The document of a variant, whose id has the type `I` of the other variants.
#[doc(hidden)]
pub fn kind<I, M: Model<Id = I>>(one: &M) -> &dyn Kind<I> {
    one
}

/// The document of a variant, to be changed.
#[doc(hidden)]
pub fn kind_mut<I, M: Model<Id = I>>(one: &mut M) -> &mut dyn Kind<I> {
    one
}

/// The metadata of the models of an enum.
#[doc(hidden)]
pub const fn models_of_kinds<E: Kinds, const N: usize>() -> [&'static ModelMetadata; N] {
    let (mut models, mut i) = ([&ModelMetadata::UNKNOWN; N], 0);
    while i < N && i < E::KINDS.len() {
        models[i] = E::KINDS[i].model;
        i += 1;
    }
    models
}

/// Replaces the document in a variant that has a mistake. A program with a mistake doesn't compile, so it never runs.
#[doc(hidden)]
pub fn no_kind() -> ! {
    std::process::abort()
}
