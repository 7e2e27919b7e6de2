//! Enums of models that share a collection: each document is read and written as the model that its tag names.

mod buffer;
mod check;
mod decode;
mod hooks;
mod traits;

pub use check::check_kind;
pub use decode::deserialize_kind;
pub use hooks::KindHooks;
pub use traits::{
    Kind, KindOf, Kinds, id_field, id_of_kinds, keep_kind, kind, kind_mut, kind_of, model_of_kind, models_of_kinds,
    no_kind, of_kind, stamp_kind,
};
