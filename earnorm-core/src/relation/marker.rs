//! Relations as types.

use super::number::Numbered;
use crate::Model;
use crate::schema::RelationMetadata;

/// A relation as a type of its own, so that two relations between the same two models can be told apart.
///
/// The derive implements it for a hidden marker; users meet it as a bound only.
pub trait Relation: Send + Sync + 'static {
    /// The model that declares it.
    type Source: Model;
    /// Its number among those of its model, and whether documents can be taken out of it.
    #[doc(hidden)]
    type Is: Numbered;
    /// What it says.
    const META: &'static RelationMetadata;
}
