//! Values that look like operators or patterns, and stored documents that their models would not write. Each value is//! compared unchanged, and nothing is lost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::duplicated_attributes, reason = "two relations of a model may share a word; a known false positive")]

mod ids;
mod keys;
mod links;
mod long_lists;
mod nulls;
mod paths;
mod patterns;

use std::collections::BTreeMap;

use earnorm::prelude::*;

/// An id of any type, in a program that accepts ids from the web without checking them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
enum AnyId {
    Number(i64),
    Text(String),
    Document(BTreeMap<String, String>),
}

impl AnyId {
    /// Would match every string if it were used as an operator.
    fn operator() -> Self {
        Self::Document([("$gt".to_owned(), String::new())].into())
    }

    fn document(name: &str, value: &str) -> Self {
        Self::Document([(name.to_owned(), value.to_owned())].into())
    }
}

impl From<&str> for AnyId {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
