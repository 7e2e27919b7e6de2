//! The values of options, with their spans.

use darling::{Error, FromMeta, Result};
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitInt, LitStr, Path};

use crate::names;

pub(super) fn wrong(at: impl ToTokens, message: impl std::fmt::Display) -> Error {
    Error::custom(message).with_span(&at.to_token_stream())
}

/// The expression without the invisible groups that `macro_rules!` puts around it.
pub(super) fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

fn literal(expr: &Expr) -> Option<&Lit> {
    match bare(expr) {
        Expr::Lit(literal) => Some(&literal.lit),
        _ => None,
    }
}

pub(super) fn string(expr: &Expr) -> Option<&LitStr> {
    match literal(expr) {
        Some(Lit::Str(string)) => Some(string),
        _ => None,
    }
}

/// A name, with or without quotes.
pub(crate) struct Text(pub(crate) LitStr);

impl FromMeta for Text {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let name = match bare(expr) {
            Expr::Path(path) => path.path.get_ident().map(|i| LitStr::new(&i.to_string(), i.span())),
            other => string(other).cloned(),
        };
        let name = name.filter(|n| !n.value().is_empty());
        name.map(Self).ok_or_else(|| wrong(expr, "expected a name like `\"posts\"`"))
    }
}

/// A name that the server accepts for a collection.
pub(crate) struct Collection(pub(crate) String);

impl FromMeta for Collection {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let name = Text::from_expr(expr)?.0.value();
        let Some(part) = names::forbidden(&name, &["$", "\0"], &["system.", "."]) else { return Ok(Self(name)) };
        let name = name.escape_debug();
        Err(wrong(expr, format!("`{name}` can't be a collection; write a name without `{part}`")))
    }
}

/// A path, with or without quotes.
pub(crate) struct PathValue(pub(crate) Path);

impl FromMeta for PathValue {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let path = match bare(expr) {
            Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
            other => string(other).and_then(|s| s.parse_with(Path::parse_mod_style).ok()),
        };
        // models aren't generic
        let plain = path.filter(|p| p.segments.iter().all(|s| s.arguments.is_none()));
        plain.map(Self).ok_or_else(|| wrong(expr, "expected a path like `Post` or `crate::blog::Post`"))
    }
}

/// The name of a field in Rust, with or without quotes, or the name of its constant.
#[derive(Clone)]
pub(crate) struct FieldName {
    pub(crate) name: String,
    pub(crate) span: Span,
}

impl FieldName {
    /// The name as the struct declares it.
    pub(crate) fn text(&self) -> String {
        let name = names::unraw(&self.name);
        let is_constant = !name.chars().any(char::is_lowercase);
        if is_constant { name.to_lowercase() } else { name.to_owned() }
    }

    pub(crate) fn constant(&self) -> syn::Ident {
        names::constant(&self.name, self.span)
    }

    pub(super) fn new(name: String, at: &impl ToTokens) -> Result<Self> {
        if name.contains('.') {
            let message = "is inside another field; this has to be a field of the struct itself";
            return Err(wrong(at, format!("`{name}` {message}")));
        }
        if !names::is_identifier(names::unraw(&name)) {
            return Err(wrong(at, format!("`{name}` can't be a field; write the name that it has in Rust")));
        }
        Ok(Self { name, span: at.span() })
    }
}

impl FromMeta for FieldName {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match bare(expr) {
            Expr::Path(path) if path.path.get_ident().is_some() => {
                Self::new(path.path.to_token_stream().to_string(), path)
            }
            other => match string(other) {
                Some(s) => Self::new(s.value(), s),
                None => Err(wrong(expr, "expected the name of a field alone, like `author_id`")),
            },
        }
    }
}

/// `true` or `false`.
pub(crate) struct Switch(pub(crate) bool);

impl FromMeta for Switch {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match literal(expr) {
            Some(Lit::Bool(switch)) => Ok(Self(switch.value)),
            _ => Err(wrong(expr, "expected `true` or `false`")),
        }
    }
}

/// A number of documents.
pub(crate) struct Count(pub(crate) LitInt);

impl FromMeta for Count {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match literal(expr) {
            Some(Lit::Int(n)) if n.base10_digits() == "0" => {
                Err(wrong(n, "`limit = 0` leaves no document; leave the limit out, or write how many to keep"))
            }
            Some(Lit::Int(n)) if n.suffix().is_empty() && n.base10_parse::<u64>().is_ok() => Ok(Self(n.clone())),
            _ => Err(wrong(expr, "expected a whole number like `10`")),
        }
    }
}

/// An expression that returns a document.
pub(crate) struct Filter(pub(crate) Expr);

impl FromMeta for Filter {
    fn from_expr(expr: &Expr) -> Result<Self> {
        if literal(expr).is_some() {
            return Err(wrong(expr, "expected a document like `doc! { \"status\": \"active\" }`"));
        }
        Ok(Self(expr.clone()))
    }
}

/// What happens to the documents that refer to a deleted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Cascade,
    SetNull,
    Restrict,
    NoAction,
    Pull,
}

impl Rule {
    pub(crate) const ALL: [Self; 5] = [Self::Cascade, Self::SetNull, Self::Restrict, Self::NoAction, Self::Pull];

    /// The rule as an attribute writes it.
    pub(crate) fn text(self) -> String {
        names::snake(&format!("{self:?}"))
    }
}

/// `on_delete = ".."`: a rule and its span.
#[derive(Clone, Copy)]
pub(crate) struct OnDelete {
    pub(crate) rule: Rule,
    pub(crate) span: Span,
}

impl FromMeta for OnDelete {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let rules = names::list(Rule::ALL.map(Rule::text));
        let Some(literal) = string(expr) else {
            return Err(wrong(expr, format!("expected a delete rule in quotes, one of {rules}")));
        };
        let written = literal.value();
        let Some(rule) = Rule::ALL.into_iter().find(|r| r.text() == written) else {
            let message = format!("`on_delete = \"{written}\"` is not a delete rule; expected one of {rules}");
            return Err(wrong(literal, message));
        };
        Ok(Self { rule, span: literal.span() })
    }
}

/// `order_by = [("likes", -1), ("author.name", 1)]`.
pub(crate) struct OrderBy(pub(crate) Vec<OrderKey>);

pub(crate) struct OrderKey {
    /// The field of the target, up to the first dot.
    pub(crate) head: FieldName,
    /// The path inside the field: `.name`.
    pub(crate) rest: String,
    pub(crate) direction: i32,
}

impl FromMeta for OrderBy {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let Expr::Array(array) = bare(expr) else {
            return Err(wrong(expr, "expected a list of fields and directions like `[(\"likes\", -1)]`"));
        };
        let mut errors = Error::accumulator();
        let mut keys: Vec<OrderKey> = Vec::new();
        for elem in &array.elems {
            match errors.handle(OrderKey::parse(elem)) {
                Some(key) if keys.iter().any(|k| k.path() == key.path()) => {
                    errors.push(wrong(elem, format!("`{}` is in the order twice; keep one", key.path())));
                }
                key => keys.extend(key),
            }
        }
        errors.finish_with(Self(keys))
    }
}

impl OrderKey {
    fn path(&self) -> String {
        self.head.text() + &self.rest
    }

    fn parse(expr: &Expr) -> Result<Self> {
        let pair = match bare(expr) {
            Expr::Tuple(tuple) if tuple.elems.len() == 2 => Some(&tuple.elems),
            _ => None,
        };
        let field = pair.and_then(|p| string(p.first()?));
        let (Some(field), Some(direction)) = (field, pair.and_then(|p| p.last())) else {
            return Err(wrong(expr, "expected a field and its direction like `(\"likes\", -1)`"));
        };
        let written = field.value();
        let (head, rest) = written.split_at(written.find('.').unwrap_or(written.len()));
        if rest.split('.').skip(1).any(str::is_empty) {
            return Err(wrong(field, format!("`{written}` lacks a name after a dot; write one, or leave out the dot")));
        }
        if let Some(message) = rest.split('.').skip(1).find_map(names::unstorable) {
            return Err(wrong(field, message));
        }
        Ok(Self { head: FieldName::new(head.to_owned(), field)?, rest: rest.to_owned(), direction: sign(direction)? })
    }
}

fn sign(expr: &Expr) -> Result<i32> {
    match bare(expr).to_token_stream().to_string().replace(' ', "").as_str() {
        "1" => Ok(1),
        "-1" => Ok(-1),
        _ => Err(wrong(expr, "a direction is `1` (ascending) or `-1` (descending)")),
    }
}
