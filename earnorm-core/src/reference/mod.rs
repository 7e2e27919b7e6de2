//! Which fields refer to which models, by which delete rule, and whether what they refer to exists.

mod check;
mod declared;
mod parents;
mod references;
mod rules;

pub(crate) use check::{Referred, checked};
pub(crate) use declared::KeyShape;
pub(crate) use parents::{Known, from_primary};
pub(crate) use references::{Place, Reference, places, references};
pub(crate) use rules::{Action, Edge, are_links, edges_to, removes_orphans};
