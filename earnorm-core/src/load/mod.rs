//! Eager loading: reads the relations of many documents at once.

mod aggregate;
mod any;
mod by_keys;
mod children;
mod conditions;
mod counted;
mod descend;
mod fetch;
mod first;
mod group_sizes;
mod include;
mod join;
mod links;
mod reach;
mod recount;
mod recursive;
mod totals;
mod variant;
mod wants;
mod window;

pub use any::AnyInclude;
pub use by_keys::LoadByKeys;
pub(crate) use by_keys::{counts_by_keys, documents_by_ids, documents_by_keys, shared_by_ids};
pub use counted::Counted;
pub(crate) use descend::chain;
pub use first::First;
pub use include::{Holds, Include};
pub use links::WithLinks;
pub use reach::LoadKeys;
pub use recursive::{Recursive, RecursiveHandle, ToItself};
pub use variant::{IsVariantOf, Replace, VariantInclude};
