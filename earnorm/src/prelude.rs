//! What a file with models needs: `use earnorm::prelude::*;`.
//!
//! Neither `Error` nor `Result` is in it, so that the glob shadows nothing: write `earnorm::Result`.

#[doc(hidden)]
pub use earnorm_core::bounds::{PlainElement as _, SoftDelete as _};
pub use earnorm_core::integrity::Repair;
pub use earnorm_core::{
    Deserialize, Embedded, Erase, Field, Filter, HookContext, Hooks, Id, Loaded, Model, ObjectId, Reference, Serialize,
    Strategy, Transaction, View, doc,
};
pub use earnorm_derive::{Embedded, Model, Reference, View};
