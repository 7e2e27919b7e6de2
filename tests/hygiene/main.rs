//! The generated code does not depend on names in the user's code. Each module surrounds models with names, attributes
//! or places that could conflict. The main test is that they compile; the few tests that run need no server.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod embedded;
mod in_functions;
mod kinds;
pub mod lints;
mod macros;
mod no_prelude;
mod own_names;
mod raw_identifiers;
mod references;
mod renamed;
mod same_names;
mod shadowed_modules;
mod shadowed_types;
mod short_names;
mod visibility;

use earnorm::Model;

/// The relations of a model: name, collection of the target, key.
fn relations<M: Model>() -> Vec<(&'static str, &'static str, &'static str)> {
    let relations = M::metadata().relations.iter();
    relations.map(|r| (r.name, r.target.models().next().map_or("", |model| model.collection), r.foreign_key)).collect()
}
