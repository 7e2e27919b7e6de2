//! Ids and keys of any type that BSON has.

use std::hash::{Hash, Hasher};

use earnorm::mongodb::bson::Bson;
use earnorm::prelude::*;

/// A stored value, whatever its type. Two are the same in Rust only if they are of one type.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Odd(pub(crate) Bson);

impl PartialEq for Odd {
    fn eq(&self, other: &Self) -> bool {
        format!("{:?}", self.0) == format!("{:?}", other.0)
    }
}

impl Eq for Odd {}

impl Hash for Odd {
    fn hash<H: Hasher>(&self, state: &mut H) {
        format!("{:?}", self.0).hash(state);
    }
}

impl<B: Into<Bson>> From<B> for Odd {
    fn from(value: B) -> Self {
        Self(value.into())
    }
}

pub(crate) fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse().unwrap())
}
