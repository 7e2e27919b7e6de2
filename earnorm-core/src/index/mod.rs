//! The indexes that models declare and their relations need. `ensure` makes them, `check` compares them with those that exist,
//! `sync` also drops those that others have replaced.

mod check;
mod conflict;
mod declared;
mod drop;
mod ensure;
mod existing;
mod needed;
mod plan;
mod relations;
mod sync;

pub(crate) use check::check_of;
pub use check::{DifferentIndex, IndexCheck, check_indexes};
pub(crate) use conflict::{Conflict, first_conflict};
pub(crate) use declared::collation_of;
pub use drop::Drop;
pub(crate) use ensure::ensure;
pub use ensure::ensure_indexes;
pub use sync::sync_indexes;
