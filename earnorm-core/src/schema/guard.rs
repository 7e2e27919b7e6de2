//! The type of guard fields.

/// Returns the name of a guard field, and requires that the field is a counter.
#[doc(hidden)]
pub const fn guard<T: Counter>(bson_name: &'static str) -> &'static str {
    bson_name
}

/// An integer that `$inc` can increment: the type of a field that `#[model(guard = "..")]` names.
#[diagnostic::on_unimplemented(
    message = "a guard is an integer, and `{Self}` is not",
    label = "checked writes increment this field",
    note = "make it an `i64`, with `#[serde(default)]` if there are documents without it"
)]
pub trait Counter {}

impl Counter for i32 {}
impl Counter for i64 {}
impl Counter for u32 {}
impl Counter for u64 {}
