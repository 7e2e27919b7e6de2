//! Values of any BSON type.

use std::hash::{Hash, Hasher};

use earnorm::mongodb::bson::spec::BinarySubtype;
use earnorm::mongodb::bson::{self, Bson};
use earnorm::prelude::*;

/// A stored value of any type. In Rust, two values are equal only if their types are equal too.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnyValue(pub Bson);

impl PartialEq for AnyValue {
    fn eq(&self, other: &Self) -> bool {
        format!("{:?}", self.0) == format!("{:?}", other.0)
    }
}

impl Eq for AnyValue {}

impl Hash for AnyValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        format!("{:?}", self.0).hash(state);
    }
}

impl<B: Into<Bson>> From<B> for AnyValue {
    fn from(value: B) -> Self {
        Self(value.into())
    }
}

/// A decimal number.
pub fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse().unwrap())
}

/// A regular expression without options.
pub fn regex(pattern: &str) -> Bson {
    bson::from_bson(doc! { "$regularExpression": { "pattern": pattern, "options": "" } }.into()).unwrap()
}

/// Binary data.
pub fn binary(subtype: BinarySubtype, bytes: &[u8]) -> Bson {
    Bson::Binary(bson::Binary { subtype, bytes: bytes.to_vec() })
}
