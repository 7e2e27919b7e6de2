//! Relations of all kinds: handles, includes, conditions, links, integrity and indexes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod array_keys;
mod arrays;
mod by_ids;
mod chinook;
mod collated;
mod conditions;
mod conditions_collated;
mod conditions_keys;
mod conditions_limits;
mod conditions_property;
mod eager;
mod encoded_links;
mod erased;
mod filtered_links;
mod grouping;
mod indexes;
mod integrity;
mod load;
mod load_kinds;
mod many_relations;
mod mixed_type_graphs;
mod model_locations;
mod number_ids;
mod one_to_one;
mod property;
mod random_graphs;
mod relation_options;
mod schema;
mod self_referential;
mod serialization;
mod strategies;
mod through;
mod to_many;
mod to_one;
mod transactions;
mod unique_keys;
