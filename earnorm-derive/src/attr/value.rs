//! The values of options, with the place where each was written.

use darling::{Error, FromMeta, Result};
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitInt, LitStr, Meta, Path, UnOp};

use crate::names;

/// A value and the word before its `=`.
pub(crate) struct Written<T> {
    pub(crate) word: Span,
    pub(crate) value: T,
}

impl<T: FromMeta> FromMeta for Written<T> {
    fn from_meta(meta: &Meta) -> Result<Self> {
        Ok(Self {
            word: meta.path().span(),
            value: T::from_meta(meta)?,
        })
    }
}

fn wrong(at: &impl ToTokens, message: &str) -> Error {
    Error::custom(message).with_span(&at.to_token_stream())
}

/// The expression without the invisible groups that `macro_rules!` puts around it.
fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

fn string(expr: &Expr) -> Option<&LitStr> {
    match bare(expr) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(s), ..
        }) => Some(s),
        _ => None,
    }
}

/// A name in quotes.
pub(crate) struct Text(pub(crate) LitStr);

impl FromMeta for Text {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match string(expr) {
            Some(s) if s.value().is_empty() => Err(wrong(
                s,
                "a name can't be empty; write it between the quotes",
            )),
            Some(s) => Ok(Self(s.clone())),
            None => Err(wrong(expr, "expected a name in quotes")),
        }
    }
}

/// A path, quoted or not.
pub(crate) struct PathValue(pub(crate) Path);

impl FromMeta for PathValue {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let error = || wrong(expr, "expected a path like `Post` or `crate::blog::Post`");
        let path = match bare(expr) {
            Expr::Path(path) if path.qself.is_none() => path.path.clone(),
            other => {
                let quoted = string(other).ok_or_else(error)?;
                quoted
                    .parse_with(Path::parse_mod_style)
                    .map_err(|_| error())?
            }
        };
        if path.segments.iter().any(|s| !s.arguments.is_none()) {
            return Err(wrong(
                expr,
                "a model has no generic arguments; write its bare path",
            ));
        }
        Ok(Self(path))
    }
}

/// The Rust name of a field, quoted or not, or the name of its constant.
#[derive(Clone)]
pub(crate) struct FieldName {
    pub(crate) name: String,
    pub(crate) span: Span,
}

impl FieldName {
    /// As one would write it in the struct.
    pub(crate) fn text(&self) -> String {
        let name = names::unraw(&self.name);
        if name.chars().any(char::is_lowercase) {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    }

    pub(crate) fn constant(&self) -> syn::Ident {
        names::constant(&self.name, self.span)
    }

    fn new(name: String, at: &impl ToTokens) -> Result<Self> {
        if names::is_identifier(names::unraw(&name)) {
            let span = at.span();
            Ok(Self { name, span })
        } else {
            Err(wrong(
                at,
                &format!(
                    "`{name}` can't be the name of a field; write the name that the field has in Rust"
                ),
            ))
        }
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
                None => Err(wrong(expr, "expected the name of a field")),
            },
        }
    }
}

/// `true` or `false`.
pub(crate) struct Switch(pub(crate) bool);

impl FromMeta for Switch {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match bare(expr) {
            Expr::Lit(ExprLit {
                lit: Lit::Bool(b), ..
            }) => Ok(Self(b.value)),
            other => Err(wrong(other, "expected `true` or `false`")),
        }
    }
}

/// A number of documents.
pub(crate) struct Count(pub(crate) LitInt);

impl FromMeta for Count {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match bare(expr) {
            Expr::Lit(ExprLit {
                lit: Lit::Int(n), ..
            }) => match n.base10_parse::<u64>() {
                Ok(0) => Err(wrong(
                    n,
                    "`limit = 0` leaves nothing of the relation; write the number of documents to keep, or leave the limit out",
                )),
                Ok(_) if n.suffix().is_empty() => Ok(Self(n.clone())),
                _ => Err(wrong(n, "expected a whole number like `10`")),
            },
            other => Err(wrong(other, "expected a whole number like `10`")),
        }
    }
}

/// Any expression that gives a document.
pub(crate) struct Filter(pub(crate) Expr);

impl FromMeta for Filter {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match bare(expr) {
            Expr::Lit(lit) => Err(wrong(
                lit,
                "expected a document like `doc! { \"status\": \"active\" }`",
            )),
            other => Ok(Self(other.clone())),
        }
    }
}

/// What happens to the holders of a key when the document that it points at is deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Cascade,
    SetNull,
    Restrict,
    NoAction,
}

impl Rule {
    pub(crate) const ALL: [Self; 4] =
        [Self::Cascade, Self::SetNull, Self::Restrict, Self::NoAction];

    /// As it is written in an attribute.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Cascade => "cascade",
            Self::SetNull => "set_null",
            Self::Restrict => "restrict",
            Self::NoAction => "no_action",
        }
    }

    /// The variant of the runtime's `OnDelete`.
    pub(crate) const fn variant(self) -> &'static str {
        match self {
            Self::Cascade => "Cascade",
            Self::SetNull => "SetNull",
            Self::Restrict => "Restrict",
            Self::NoAction => "NoAction",
        }
    }
}

/// `on_delete = "..": a rule and where it is written.
#[derive(Clone, Copy)]
pub(crate) struct OnDelete {
    pub(crate) rule: Rule,
    pub(crate) span: Span,
}

impl FromMeta for OnDelete {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let words = || Rule::ALL.map(Rule::text);
        let expected = || format!("expected one of {}", names::list(words()));
        let Some(literal) = string(expr) else {
            return Err(wrong(
                expr,
                &format!("a delete rule is written in quotes; {}", expected()),
            ));
        };
        let written = literal.value();
        match Rule::ALL.into_iter().find(|r| r.text() == written) {
            Some(rule) => Ok(Self {
                rule,
                span: literal.span(),
            }),
            None => Err(wrong(
                literal,
                &format!(
                    "`on_delete = \"{written}\"` is no delete rule; {}",
                    expected()
                ),
            )),
        }
    }
}

/// `order_by = [("likes", -1), ("author.name", 1)]`.
pub(crate) struct OrderBy(pub(crate) Vec<OrderKey>);

pub(crate) struct OrderKey {
    /// The field of the target, up to the first dot.
    pub(crate) head: FieldName,
    /// What follows the field: `.name`.
    pub(crate) rest: String,
    pub(crate) direction: i32,
}

impl FromMeta for OrderBy {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let Expr::Array(array) = bare(expr) else {
            return Err(wrong(
                expr,
                "expected a list of fields and directions like `[(\"likes\", -1)]`",
            ));
        };
        let mut errors = Error::accumulator();
        let keys = array
            .elems
            .iter()
            .filter_map(|e| errors.handle(OrderKey::read(e)))
            .collect();
        errors.finish_with(Self(keys))
    }
}

impl OrderKey {
    fn read(expr: &Expr) -> Result<Self> {
        let error = || {
            wrong(
                expr,
                "expected a field and its direction like `(\"likes\", -1)`",
            )
        };
        let Expr::Tuple(tuple) = bare(expr) else {
            return Err(error());
        };
        let (Some(field), Some(direction), 2) =
            (tuple.elems.first(), tuple.elems.get(1), tuple.elems.len())
        else {
            return Err(error());
        };
        let direction = sign(direction).ok_or_else(|| {
            wrong(
                direction,
                "a direction is `1` (ascending) or `-1` (descending)",
            )
        });
        let literal = string(field).ok_or_else(error)?;
        let written = literal.value();
        let (head, rest) = written.split_at(written.find('.').unwrap_or(written.len()));
        Ok(Self {
            head: FieldName::new(head.to_owned(), literal)?,
            rest: rest.to_owned(),
            direction: direction?,
        })
    }
}

fn sign(expr: &Expr) -> Option<i32> {
    let one = |e: &Expr| matches!(bare(e), Expr::Lit(ExprLit { lit: Lit::Int(n), .. }) if n.base10_digits() == "1");
    match bare(expr) {
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) if one(expr) => Some(-1),
        other if one(other) => Some(1),
        _ => None,
    }
}
