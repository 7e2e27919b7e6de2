//! Where a key is in a document: at its top level, or in embedded documents.

use mongodb::bson::{Bson, doc};

/// The path to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyPath {
    /// The stored names with dots, and with `[]` after each array of embedded documents: `lines[].product_id`.
    pub(crate) pattern: &'static str,
    /// Whether the key itself is an array of ids.
    pub(crate) is_array: bool,
}

impl KeyPath {
    /// A single key that is a field of the model.
    pub(crate) const fn single(name: &'static str) -> Self {
        Self { pattern: name, is_array: false }
    }

    /// An array of ids that is a field of the model.
    pub(crate) const fn array(name: &'static str) -> Self {
        Self { pattern: name, is_array: true }
    }

    /// Whether the path leads through an array of embedded documents.
    pub(crate) const fn is_in_array(&self) -> bool {
        contains(self.pattern, b'[')
    }

    /// Whether the key is in an embedded document.
    #[cfg(test)]
    pub(crate) const fn is_nested(&self) -> bool {
        contains(self.pattern, b'.')
    }

    /// Whether a document can have several keys under this path.
    pub(crate) const fn is_multiple(&self) -> bool {
        self.is_array || self.is_in_array()
    }

    /// The dotted names of the arrays of embedded documents on the path, from the outermost.
    pub(crate) fn arrays(&self) -> Vec<String> {
        let mut arrays = Vec::new();
        let mut rest = self.pattern;
        let mut path = String::new();
        while let Some((array, inner)) = rest.split_once("[].") {
            path.push_str(array);
            arrays.push(path.clone());
            path.push('.');
            rest = inner;
        }
        arrays
    }

    /// An expression for the key of a document, or for an array of all keys if there can be several.
    pub(crate) fn expression(&self) -> Bson {
        expression("$", self.pattern, self.is_array)
    }
}

/// An expression for the value at a path, or for an array of all values if there can be several. `pattern` has `[]` after
/// each array of embedded documents; `is_array` says whether the value itself is an array. Not every server follows a
/// path through arrays in an expression.
pub(crate) fn expression(at: &str, pattern: &str, is_array: bool) -> Bson {
    let Some((array, rest)) = pattern.split_once("[].") else {
        let field = format!("{at}{pattern}");
        return if is_array { elements(&field) } else { field.into() };
    };
    // the variables of nested arrays have different names
    let item = format!("e{}", rest.matches("[].").count());
    let inner = expression(&format!("$${item}."), rest, is_array);
    let values = doc! { "$map": { "input": elements(&format!("{at}{array}")), "as": item, "in": inner } };
    if !is_array && !rest.contains("[].") {
        return values.into();
    }
    let joined = doc! { "$concatArrays": ["$$value", "$$this"] };
    doc! { "$reduce": { "input": values, "initialValue": [], "in": joined } }.into()
}

/// The value of a field if it is an array, otherwise an empty array.
fn elements(field: &str) -> Bson {
    doc! { "$cond": [{ "$isArray": field }, field, []] }.into()
}

const fn contains(text: &str, byte: u8) -> bool {
    let text = text.as_bytes();
    let mut i = 0;
    while i < text.len() {
        if text[i] == byte {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::KeyPath;

    #[test]
    fn a_path_lists_its_arrays() {
        let path = KeyPath { pattern: "whole.groups[].lines[].product_id", is_array: false };
        assert_eq!(path.arrays(), ["whole.groups", "whole.groups.lines"]);
        assert!(path.is_in_array() && path.is_nested() && path.is_multiple());
        assert!(KeyPath::single("billing.country_id").arrays().is_empty());
    }
}
