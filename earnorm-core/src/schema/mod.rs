//! The metadata of models: constant tables that the derive fills in.

mod build;
mod diagram;
mod fail;
mod field;
mod guard;
mod hop;
mod identity;
mod index;
mod key_path;
mod kinds;
mod label;
mod lookup;
mod managed;
mod number;
mod options;
mod registry;
mod shape;
mod stored;
mod tables;
mod tag;

pub use diagram::{Schema, schema};
pub(crate) use fail::fail;
pub(crate) use field::str_eq;
pub use field::{FieldMetadata, field, same_name, unmarked};
pub use guard::{Counter, guard};
pub(crate) use hop::{DeclaredKey, Hop, Hops, KeyShape};
pub(crate) use identity::ModelIdentity;
pub use index::{IndexKey, IndexMetadata, IndexOrder, expiring};
pub(crate) use key_path::{KeyPath, expression};
pub(crate) use kinds::{Documents, Kinds, OPEN, Visible};
pub use managed::{
    Deletion, DeletionMark, RelatedCount, Stamp, StampOf, TimeField, TimeOf, Timestamp, Version, VersionOf, Versioned,
    counter, optional_time, soft_delete, time, version,
};
pub use number::{Is, Next, Numbered, PartAt, Zero};
pub use options::{KeyHolder, OnDelete, RelationConfig, RelationKind};
pub use registry::Registration;
pub(crate) use registry::models;
pub use shape::{Cloning, Required, Shape};
pub(crate) use stored::{AnyField, Stored};
pub use tables::{
    EmbeddedMetadata, KeyTag, Meta, ModelConfig, ModelMetadata, ModelTag, RelationMetadata, RelationTree, Target,
    ThroughMetadata, VariantMetadata,
};

use mongodb::bson::{Bson, Document, doc};

/// Whether a key can be null.
pub(crate) fn is_nullable(key: &str, tag: Option<&KeyTag>, holder: &ModelMetadata) -> bool {
    tag.map_or_else(|| holder.field_at(key).is_some_and(|field| field.nullable), |tag| tag.nullable)
}

/// Whether both keys refer to one model, or are of the same variant.
pub(crate) fn is_same_variant(tag: Option<&KeyTag>, other: Option<&KeyTag>) -> bool {
    tag.map(|tag| tag.value) == other.map(|tag| tag.value)
}

/// The update that clears a key: it sets it to null, or removes the field if serde omits `None`. A tag beside the key is
/// removed with it.
pub(crate) fn clear_key(key: &str, tag: Option<&KeyTag>, holder: &ModelMetadata) -> Document {
    let key = match tag {
        Some(KeyTag { whole: None, field, .. }) => return doc! { "$unset": { *field: "", key: "" } },
        Some(KeyTag { whole: Some(whole), .. }) => whole,
        None => key,
    };
    match holder.field_at(key) {
        Some(field) if field.omittable => doc! { "$unset": { key: "" } },
        _ => doc! { "$set": { key: Bson::Null } },
    }
}

/// Whether two tables describe the same model.
pub(crate) fn same_model(a: &ModelMetadata, b: &ModelMetadata) -> bool {
    a.identity().is_same_model(b.identity())
}
