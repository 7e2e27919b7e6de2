//! Relations as types.

use crate::embedded::Record;
use crate::schema::{Numbered, RelationMetadata};

/// A relation as a type, which distinguishes two relations between the same two models.
///
/// The derive implements it for a hidden marker type. Users meet it only as a bound.
pub trait Relation: Send + Sync + 'static {
    /// The model or the embedded document that declares the relation.
    type Source: Record;
    /// The number of the relation among those of its model, and whether documents can be removed from it.
    #[doc(hidden)]
    type Is: Numbered;
    /// The metadata of the relation.
    const META: &'static RelationMetadata;
}
