//! The path to a key, as an option writes it.

use darling::{FromMeta, Result};
use quote::ToTokens;
use syn::Expr;

use super::value::{FieldName, bare, string, wrong};

/// The names of fields in Rust, each inside the one before, with or without quotes: `lines.product_id`.
#[derive(Clone)]
pub(crate) struct KeyPath {
    /// The fields that hold embedded documents.
    pub(crate) outer: Vec<FieldName>,
    pub(crate) last: FieldName,
}

impl KeyPath {
    /// The path as the structs declare it.
    pub(crate) fn text(&self) -> String {
        let names = self.outer.iter().chain([&self.last]).map(FieldName::text);
        names.collect::<Vec<_>>().join(".")
    }

    fn new(mut names: Vec<FieldName>, at: &impl ToTokens) -> Result<Self> {
        let last = names.pop().ok_or_else(|| wrong(at, "expected the name of a field, like `author_id`"))?;
        Ok(Self { outer: names, last })
    }
}

impl From<FieldName> for KeyPath {
    fn from(last: FieldName) -> Self {
        Self { outer: Vec::new(), last }
    }
}

impl FromMeta for KeyPath {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let mut names = Vec::new();
        let mut inner = bare(expr);
        // `a.b.c` is `(a.b).c`
        while let Expr::Field(field) = inner {
            let member = field.member.to_token_stream();
            names.push(FieldName::new(member.to_string(), &member)?);
            inner = bare(&field.base);
        }
        if let Some(text) = string(inner).filter(|_| names.is_empty()) {
            for name in text.value().split('.') {
                names.push(FieldName::new(name.to_owned(), text)?);
            }
        } else {
            names.push(FieldName::from_expr(inner)?);
            names.reverse();
        }
        Self::new(names, expr)
    }
}
