//! BSON values: encoding, order, identity, size and depth.

mod at;
mod compare;
mod decimal;
mod depth_limit;
mod encoding;
mod error;
mod exact;
mod identity;
mod integer;
pub(crate) mod nesting;
mod packed;
mod size;
mod splice;

pub(crate) use at::at;
pub(crate) use compare::{compare, sort_by_keys};
pub(crate) use decimal::Decimal;
pub use encoding::decode;
pub use encoding::encode;
pub(crate) use encoding::{decode_document, encode_document, from_raw};
pub(crate) use error::BoxError;
pub use error::EncodeError;
pub(crate) use exact::Exact;
pub(crate) use identity::{Identity, identity, raw_identity};
pub(crate) use integer::integer;
pub(crate) use packed::PackedId;
pub(crate) use size::size;
pub(crate) use splice::with_members;
