//! The attributes of serde that change the stored document. Mistakes in them are left to serde.

use proc_macro2::{Span, TokenStream};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, LitStr, Token, parenthesized, token};

/// The names for writing and for reading, if they are written.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) serialize: Option<LitStr>,
    pub(crate) deserialize: Option<LitStr>,
    pub(crate) span: Option<Span>,
}

impl Names {
    /// `rename = "a"` and `rename(serialize = "a", deserialize = "b")`.
    fn parse(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
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
    /// The name that serde stores in the field of the tag.
    pub(crate) rename: Names,
    /// The field in which serde stores the name of the struct or of the variant.
    pub(crate) tag: Option<LitStr>,
    /// The field in which serde stores what a variant holds.
    pub(crate) content: Option<LitStr>,
    /// Attributes that make the stored document differ from this struct's fields.
    pub(crate) opaque: Vec<(Span, &'static str)>,
}

/// `#[serde(..)]` on a variant of an enum of references.
#[derive(Default)]
pub(crate) struct SerdeVariant {
    pub(crate) rename: Names,
    /// Attributes by which serde writes or reads something else than the tag and the id.
    pub(crate) opaque: Vec<(Span, &'static str)>,
}

/// `#[serde(..)]` on a field.
#[derive(Default)]
pub(crate) struct SerdeField {
    pub(crate) rename: Names,
    /// serde doesn't write the field.
    pub(crate) skipped: bool,
    /// serde doesn't read the field.
    pub(crate) unread: bool,
    pub(crate) flattened: bool,
    /// `skip_serializing_if`
    pub(crate) omitted_if: Option<ExprPath>,
    /// The function that writes the field instead of its type's `Serialize`.
    pub(crate) encoder: Option<ExprPath>,
    /// The function that reads the field instead of its type's `Deserialize`.
    pub(crate) decoder: Option<ExprPath>,
}

impl SerdeStruct {
    pub(crate) fn parse(attributes: &[Attribute]) -> Self {
        let mut parsed = Self::default();
        each_option(attributes, |meta| {
            parsed.opaque.extend(one_of(&["into", "remote", "transparent"], meta));
            if meta.path.is_ident("rename_all") {
                parsed.rename_all.parse(meta)?;
            } else if meta.path.is_ident("rename") {
                parsed.rename.parse(meta)?;
            } else if meta.path.is_ident("tag") {
                parsed.tag = value(meta)?;
            } else if meta.path.is_ident("content") {
                parsed.content = value(meta)?;
            }
            Ok(())
        });
        parsed
    }
}

impl SerdeVariant {
    pub(super) fn parse(attributes: &[Attribute]) -> Self {
        const OPAQUE: [&str; 9] = [
            "alias",
            "skip",
            "skip_serializing",
            "skip_deserializing",
            "untagged",
            "other",
            "with",
            "serialize_with",
            "deserialize_with",
        ];
        let mut parsed = Self::default();
        each_option(attributes, |meta| {
            parsed.opaque.extend(one_of(&OPAQUE, meta));
            if meta.path.is_ident("rename") {
                parsed.rename.parse(meta)?;
            }
            Ok(())
        });
        parsed
    }
}

/// The option, if it is one of `words`.
fn one_of(words: &[&'static str], meta: &ParseNestedMeta<'_>) -> Option<(Span, &'static str)> {
    words.iter().find(|word| meta.path.is_ident(word)).map(|word| (meta.path.span(), *word))
}

impl SerdeField {
    pub(crate) fn parse(attributes: &[Attribute]) -> Self {
        let mut parsed = Self::default();
        each_option(attributes, |meta| {
            let is = |word| meta.path.is_ident(word);
            if is("rename") {
                parsed.rename.parse(meta)?;
            } else if is("skip") || is("skip_serializing") || is("skip_deserializing") {
                parsed.skipped |= !is("skip_deserializing");
                parsed.unread |= !is("skip_serializing");
            } else if is("flatten") {
                parsed.flattened = true;
            } else if is("skip_serializing_if") {
                parsed.omitted_if = value(meta)?.map(|s| s.parse()).transpose()?;
            } else if is("serialize_with") {
                parsed.encoder = value(meta)?.map(|s| s.parse()).transpose()?;
            } else if is("deserialize_with") {
                parsed.decoder = value(meta)?.map(|s| s.parse()).transpose()?;
            } else if is("with") {
                let module = value(meta)?;
                let function = |name| module.as_ref().map(|s| module_function(s, name)).transpose();
                (parsed.encoder, parsed.decoder) = (function("serialize")?, function("deserialize")?);
            }
            Ok(())
        });
        parsed
    }
}

/// `with = "module"` writes with `module::serialize`, and reads with `module::deserialize`.
fn module_function(module: &LitStr, name: &str) -> syn::Result<ExprPath> {
    let mut path: ExprPath = module.parse()?;
    path.path.segments.push(syn::Ident::new(name, module.span()).into());
    Ok(path)
}

/// The string after `=`, if there is one.
fn value(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) { meta.value()?.parse().map(Some) } else { Ok(None) }
}

fn each_option(attributes: &[Attribute], mut visit: impl FnMut(&ParseNestedMeta<'_>) -> syn::Result<()>) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        let read = attribute.parse_nested_meta(|meta| {
            visit(&meta)?;
            // `visit` leaves the value of an option that it doesn't know
            if meta.input.peek(Token![=]) {
                meta.value()?.parse::<Expr>()?;
            } else if meta.input.peek(token::Paren) {
                let rest;
                parenthesized!(rest in meta.input);
                rest.parse::<TokenStream>()?;
            }
            Ok(())
        });
        // serde reports its own errors
        drop(read);
    }
}

/// Applies a `rename_all` rule to the name of a field, with serde's algorithm. serde reports an unknown rule.
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

/// Applies a `rename_all` rule to the name of a variant, with serde's algorithm. serde reports an unknown rule.
pub(crate) fn apply_variant_case(rule: &str, variant: &str) -> String {
    let snake = || {
        let mut snake = String::new();
        for (place, letter) in variant.char_indices() {
            if place > 0 && letter.is_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        snake
    };
    match rule {
        "lowercase" => variant.to_ascii_lowercase(),
        "UPPERCASE" => variant.to_ascii_uppercase(),
        "camelCase" => {
            let (first, rest) = variant.split_at_checked(1).unwrap_or((variant, ""));
            first.to_ascii_lowercase() + rest
        }
        "PascalCase" => variant.to_owned(),
        _ => apply_case(rule, &snake()),
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
