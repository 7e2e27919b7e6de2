//! The metadata of fields.

use super::fail::fail;
use super::label::type_label;

/// The metadata of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldMetadata {
    /// The field's name in the struct.
    pub name: &'static str,
    /// Its name in stored documents, as serde renames it.
    pub bson_name: &'static str,
    /// Its type as written in the struct, such as `Option<ObjectId>`.
    pub rust_type: &'static str,
    /// Whether it is an `Option`.
    pub nullable: bool,
    /// Whether serde may omit it (`skip_serializing_if`). An empty value is then a missing field instead of a null.
    pub omittable: bool,
}

impl FieldMetadata {
    #[doc(hidden)]
    pub const fn new(name: &'static str, bson_name: &'static str, rust_type: &'static str, nullable: bool) -> Self {
        Self { name, bson_name, rust_type, nullable, omittable: false }
    }

    /// Whether the type is an array, by its name.
    pub(crate) fn is_array(&self) -> bool {
        type_label(self.rust_type).ends_with("[]")
    }

    #[doc(hidden)]
    pub const fn omittable(self) -> Self {
        Self { omittable: true, ..self }
    }
}

/// Fails to compile if a field that isn't marked holds embedded documents with relations: no delete rule and no scan
/// would see their keys.
#[doc(hidden)]
#[track_caller]
pub const fn unmarked(name: &str, has_keys: bool) {
    if has_keys {
        fail(&[
            "`",
            name,
            "` holds embedded documents with relations, which delete rules and scans would not see; write \
             `#[model(embedded)]` on it",
        ]);
    }
}

/// An item of [`ModelMetadata::fields`].
#[doc(hidden)]
pub const fn field(
    name: &'static str,
    bson_name: &'static str,
    rust_type: &'static str,
    nullable: bool,
) -> FieldMetadata {
    FieldMetadata::new(name, bson_name, rust_type, nullable)
}

/// The same for a field that is stored under its own name.
#[doc(hidden)]
pub const fn same_name(name: &'static str, rust_type: &'static str, nullable: bool) -> FieldMetadata {
    field(name, name, rust_type, nullable)
}

/// `==` for `const fn`, which can't call a trait's method.
pub(crate) const fn str_eq(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
