//! Which fields refer to which models, with which delete rules, and whether the referenced documents exist.

mod check;
mod counted;
mod parents;
mod references;
mod rules;
mod unlink;

pub(crate) use check::ReferencedIds;
pub(crate) use counted::{CountedKey, counted_in, counted_keys, counters_of};
pub(crate) use parents::{ParentCache, from_primary, parents};
pub(crate) use references::{KeyLocation, Reference, UniqueKey, each_tagged, references, references_in, unique_keys};
pub(crate) use rules::{Edge, Effect, are_links, edges_to, removes_orphans, unlink_elements};
