//! References to documents of several models: a key with a tag that names the model.

mod key;
mod open;
mod reference;
mod through;
mod variant;

pub(crate) use key::AnyKey;
pub use key::{ReferenceField, Tagged};
pub use open::Open;
pub use reference::{Flattens, Reference, RefersToAny, Variant};
pub use through::{AnyThrough, HasOtherSide};
pub use variant::{VariantMarker, VariantOf};
