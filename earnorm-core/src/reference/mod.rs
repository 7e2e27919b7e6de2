//! Which fields refer to which models, with which delete rules, and whether the referenced documents exist.

mod check;
mod parents;
mod references;
mod rules;
mod unlink;

pub(crate) use check::ReferencedIds;
pub(crate) use parents::{ParentCache, from_primary};
pub(crate) use references::{KeyLocation, Reference, UniqueKey, each_tagged, references, unique_keys};
pub(crate) use rules::{Edge, Effect, are_links, edges_to, removes_orphans, unlink_elements};
