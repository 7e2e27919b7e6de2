//! What serde's own attributes say about the stored document. What isn't known here is serde's to judge.

use proc_macro2::{Span, TokenStream};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, LitStr, Token, parenthesized, token};

/// A name for writing and one for reading, each where one is given.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) serialize: Option<LitStr>,
    pub(crate) deserialize: Option<LitStr>,
    pub(crate) span: Option<Span>,
}

impl Names {
    /// `rename = "a"` and `rename(serialize = "a", deserialize = "b")`.
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        self.span = Some(meta.path.span());
        if let Some(name) = value(meta)? {
            (self.serialize, self.deserialize) = (Some(name.clone()), Some(name));
            return Ok(());
        }
        meta.parse_nested_meta(|side| {
            let name = value(&side)?;
            *if side.path.is_ident("serialize") { &mut self.serialize } else { &mut self.deserialize } = name;
            Ok(())
        })
    }
}

/// `#[serde(..)]` on the struct.
#[derive(Default)]
pub(crate) struct SerdeStruct {
    pub(crate) rename_all: Names,
    /// The name under which that of the struct is stored.
    pub(crate) tag: Option<LitStr>,
    /// Attributes that make the stored document something else than this struct's fields.
    pub(crate) opaque: Vec<(Span, &'static str)>,
}

/// `#[serde(..)]` on a field.
#[derive(Default)]
pub(crate) struct SerdeField {
    pub(crate) rename: Names,
    /// Not written.
    pub(crate) skipped: bool,
    /// Not read either, or not read alone.
    pub(crate) unread: bool,
    pub(crate) flattened: bool,
    /// `skip_serializing_if`
    pub(crate) omitted_if: Option<ExprPath>,
    /// The function by which the field is written, where it isn't its type's own.
    pub(crate) encoder: Option<ExprPath>,
}

impl SerdeStruct {
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut read = Self::default();
        each_option(attributes, |meta| {
            let opaque = ["into", "remote", "transparent"].into_iter().filter(|word| meta.path.is_ident(word));
            read.opaque.extend(opaque.map(|word| (meta.path.span(), word)));
            if meta.path.is_ident("rename_all") {
                read.rename_all.read(meta)?;
            } else if meta.path.is_ident("tag") {
                read.tag = value(meta)?;
            }
            Ok(())
        });
        read
    }
}

impl SerdeField {
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut read = Self::default();
        each_option(attributes, |meta| {
            let is = |word| meta.path.is_ident(word);
            if is("rename") {
                read.rename.read(meta)?;
            } else if is("skip") || is("skip_serializing") || is("skip_deserializing") {
                read.skipped |= !is("skip_deserializing");
                read.unread |= !is("skip_serializing");
            } else if is("flatten") {
                read.flattened = true;
            } else if is("skip_serializing_if") {
                read.omitted_if = value(meta)?.map(|s| s.parse()).transpose()?;
            } else if is("serialize_with") {
                read.encoder = value(meta)?.map(|s| s.parse()).transpose()?;
            } else if is("with") {
                read.encoder = value(meta)?.map(|s| module_function(&s)).transpose()?;
            }
            Ok(())
        });
        read
    }
}

/// `with = "module"` writes by `module::serialize`.
fn module_function(module: &LitStr) -> syn::Result<ExprPath> {
    let mut path: ExprPath = module.parse()?;
    path.path.segments.push(syn::Ident::new("serialize", module.span()).into());
    Ok(path)
}

/// The string after `=`, if that is what follows.
fn value(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) { meta.value()?.parse().map(Some) } else { Ok(None) }
}

fn each_option(attributes: &[Attribute], mut visit: impl FnMut(&ParseNestedMeta<'_>) -> syn::Result<()>) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        let read = attribute.parse_nested_meta(|meta| {
            visit(&meta)?;
            // what `visit` left: the value of an option that means nothing here
            if meta.input.peek(Token![=]) {
                meta.value()?.parse::<Expr>()?;
            } else if meta.input.peek(token::Paren) {
                let rest;
                parenthesized!(rest in meta.input);
                rest.parse::<TokenStream>()?;
            }
            Ok(())
        });
        // serde reports what it can't read, in its own words
        drop(read);
    }
}

/// A `rename_all` rule on the name of a field, by serde's algorithm; an unknown rule is serde's to report.
pub(crate) fn apply_case(rule: &str, field: &str) -> String {
    let pascal = || field.split('_').map(capitalized).collect::<String>();
    match rule {
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => field.to_ascii_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            let first = pascal.get(..1).unwrap_or_default().to_ascii_lowercase();
            first + pascal.get(1..).unwrap_or_default()
        }
        "kebab-case" => field.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => field.to_ascii_uppercase().replace('_', "-"),
        _ => field.to_owned(),
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
