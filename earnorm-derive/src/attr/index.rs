//! `#[index(..)]`: the fields of an index, and its options.

use darling::util::Flag;
use darling::{FromMeta, Result};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Lit, Meta, Token, UnOp};

use super::items::{self, Parsed};
use super::key_path::KeyPath;
use super::model::ModelAttr;
use super::options::{Options, Receiver, takes_value, word};
use super::value::{Filter, Text, bare, string, wrong};
use crate::errors::Errors;
use crate::names;

/// The options of `#[index(..)]`, which follow the fields.
#[derive(Default, FromMeta)]
#[darling(default)]
pub(crate) struct IndexAttr {
    /// No two documents may have the same values.
    pub(crate) unique: Flag,
    /// The name of the index. Default: made of the fields.
    pub(crate) name: Option<IndexName>,
    /// Documents without the fields aren't in the index.
    pub(crate) sparse: Flag,
    /// The server doesn't use the index for queries.
    pub(crate) hidden: Flag,
    /// The condition of the documents in the index, as BSON.
    pub(crate) partial: Option<Filter>,
    /// How the server compares text, as BSON.
    pub(crate) collation: Option<Collation>,
    /// After how many seconds the server deletes a document, counted from the date in the field.
    pub(crate) expire_after: Option<Seconds>,
    /// The name of the function that looks up a document by a unique index, or `false` for none.
    pub(crate) lookup: Option<LookupName>,
}

/// `lookup = "by_mail"` or `lookup = false`.
pub(crate) enum LookupName {
    Name(Text),
    None,
}

impl FromMeta for LookupName {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match bare(expr) {
            Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(on) if !on.value) => Ok(Self::None),
            Expr::Lit(literal) if matches!(literal.lit, Lit::Bool(_)) => {
                Err(wrong(expr, "a unique index has a lookup without this option; write a name, or `false` for none"))
            }
            _ => Text::from_expr(expr).map(Self::Name),
        }
    }
}

impl Receiver for IndexAttr {
    const OPTIONS: Options = Options {
        attribute: "index",
        usage: r#"unique; name = "by_email"; sparse; hidden; partial = doc! { "active": true };
            collation = doc! { "locale": "en", "strength": 2 }; expire_after = 3600; lookup = "by_mail""#,
    };
}

/// A name that the server accepts for an index.
pub(crate) struct IndexName(pub(crate) String);

impl FromMeta for IndexName {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let Ok(Text(name)) = Text::from_expr(expr) else {
            return Err(wrong(expr, "expected a name like `\"by_email\"`"));
        };
        let name = name.value();
        if matches!(name.as_str(), "*" | "_id_") || name.contains('\0') {
            let name = name.escape_debug();
            return Err(wrong(expr, format!("`{name}` can't be the name of an index; write another one")));
        }
        Ok(Self(name))
    }
}

/// An expression that returns the document of a collation.
pub(crate) struct Collation(pub(crate) Expr);

impl FromMeta for Collation {
    fn from_expr(expr: &Expr) -> Result<Self> {
        match bare(expr) {
            Expr::Lit(_) => Err(wrong(expr, "expected a document like `doc! { \"locale\": \"en\", \"strength\": 2 }`")),
            _ => Ok(Self(expr.clone())),
        }
    }
}

/// A constant number of seconds.
pub(crate) struct Seconds(pub(crate) Expr);

impl FromMeta for Seconds {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let is_number = match bare(expr) {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => number.base10_parse::<i32>().is_ok(),
                _ => false,
            },
            Expr::Unary(negative) => !matches!(negative.op, UnOp::Neg(_)),
            _ => true,
        };
        if !is_number {
            return Err(wrong(expr, "expected a number of seconds like `3600`, at most 2147483647"));
        }
        Ok(Self(expr.clone()))
    }
}

/// An `#[index(..)]`.
pub(crate) struct DeclaredIndex {
    /// The word `index`.
    pub(crate) span: Span,
    pub(crate) keys: Vec<IndexKey>,
    pub(crate) attribute: Parsed<IndexAttr>,
}

/// A field of an index.
pub(crate) struct IndexKey {
    pub(crate) path: KeyPath,
    pub(crate) order: KeyOrder,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOrder {
    Ascending,
    Descending,
    Text,
    Hashed,
}

/// How fields are written in an index.
const FORMS: &str = "write a field, `-field`, `text(field, ..)` or `hashed(field)`";

/// Parses the indexes of a struct with these fields.
pub(super) fn parse<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    fields: &[String],
    errors: &mut Errors,
) -> Vec<DeclaredIndex> {
    attributes.map(|attribute| index(attribute, fields, errors)).collect()
}

fn index(attribute: &Attribute, fields: &[String], errors: &mut Errors) -> DeclaredIndex {
    let mut reader = Reader { fields, keys: Vec::new(), complete: true, errors };
    let mut attribute = attribute.clone();
    if let Meta::List(list) = &mut attribute.meta {
        let mut options = TokenStream::new();
        for part in parts(list.tokens.clone()) {
            if !reader.key(&part) {
                options.extend(part);
            }
        }
        list.tokens = options;
    }
    let Reader { keys, complete, errors, .. } = reader;
    let mut options: Parsed<IndexAttr> = items::parse([&attribute], ModelAttr::OPTIONS, errors);
    options.complete &= complete;
    DeclaredIndex { span: attribute.path().span(), keys, attribute: options }
}

/// The tokens between the commas, each part with the comma after it.
fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let (mut parts, mut part) = (Vec::new(), TokenStream::new());
    for token in tokens {
        let ends = matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',');
        part.extend([token]);
        if ends {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    parts
}

struct Reader<'a> {
    /// The names of the struct's fields.
    fields: &'a [String],
    keys: Vec<IndexKey>,
    complete: bool,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    /// Takes the part as one or several fields. Returns whether it isn't an option.
    fn key(&mut self, part: &TokenStream) -> bool {
        let mut part: Vec<TokenTree> = part.clone().into_iter().collect();
        part.pop_if(|last| matches!(last, TokenTree::Punct(comma) if comma.as_char() == ','));
        let Ok(expr) = syn::parse2::<Expr>(part.into_iter().collect()) else { return false };
        match bare(&expr) {
            Expr::Path(path) => {
                let name = path.to_token_stream().to_string();
                if self.is_option(names::unraw(&name)) {
                    return false;
                }
                self.add(&expr, KeyOrder::Ascending);
            }
            Expr::Field(_) => self.add(&expr, KeyOrder::Ascending),
            Expr::Lit(_) if string(&expr).is_some() => self.add(&expr, KeyOrder::Ascending),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => self.add(&unary.expr, KeyOrder::Descending),
            Expr::Call(call) => {
                let function = call.func.to_token_stream().to_string();
                if IndexAttr::OPTIONS.usages().any(|usage| word(usage) == function) {
                    return false;
                }
                return self.function(&function, &call.func, &call.args);
            }
            Expr::Assign(assign) => return self.assigned(&assign.left),
            _ => return false,
        }
        true
    }

    /// Whether a word alone is an option, or a misspelt one, and not a field. A field with the name of an option without a
    /// value is written in quotes.
    fn is_option(&self, word: &str) -> bool {
        let flags = || IndexAttr::OPTIONS.usages().filter(|usage| !takes_value(usage));
        if flags().any(|flag| flag == word) {
            return true;
        }
        if self.is_field(word) {
            return false;
        }
        let fields = self.fields.iter().map(String::as_str);
        IndexAttr::OPTIONS.usages().any(|usage| self::word(usage) == word)
            || names::did_you_mean(word, flags()).is_some() && names::did_you_mean(word, fields).is_none()
    }

    fn is_field(&self, word: &str) -> bool {
        self.fields.iter().any(|field| field == word || field.to_uppercase() == word)
    }

    /// A field with a direction after `=`, as other libraries write it.
    fn assigned(&mut self, left: &Expr) -> bool {
        let name = left.to_token_stream().to_string();
        let is_key = self.is_field(&name) && !IndexAttr::OPTIONS.usages().any(|usage| word(usage) == name);
        if is_key {
            self.fail(left, format!("`{name}` takes no value; write `{name}`, or `-{name}` for the descending order"));
        }
        is_key
    }

    fn function(&mut self, name: &str, at: &Expr, fields: &Punctuated<Expr, Token![,]>) -> bool {
        let order = match name {
            "text" => KeyOrder::Text,
            "hashed" => KeyOrder::Hashed,
            _ => {
                let advice = match names::did_you_mean(name, ["text", "hashed"]) {
                    Some(meant) => format!("did you mean `{meant}(..)`?"),
                    None => FORMS.to_owned(),
                };
                self.fail(at, format!("`{name}(..)` can't be in an index; {advice}"));
                return true;
            }
        };
        if fields.is_empty() || order == KeyOrder::Hashed && fields.len() > 1 {
            let needs = if order == KeyOrder::Text { "fields; write `text(title, body)`" } else { "one field" };
            self.fail(at, format!("`{name}(..)` needs {needs}"));
        }
        for field in fields.iter().take(if order == KeyOrder::Hashed { 1 } else { usize::MAX }) {
            if let Expr::Unary(unary) = bare(field) {
                self.fail(unary, format!("a field in `{name}(..)` has no direction; leave out the `-`"));
            } else {
                self.add(field, order);
            }
        }
        true
    }

    fn add(&mut self, expr: &Expr, order: KeyOrder) {
        match KeyPath::from_expr(expr) {
            Ok(path) => {
                let span = path.outer.first().unwrap_or(&path.last).span;
                self.keys.push(IndexKey { path, order, span });
            }
            Err(error) => {
                self.complete = false;
                self.errors.push(error.into());
            }
        }
    }

    fn fail(&mut self, at: &impl ToTokens, message: String) {
        self.complete = false;
        self.errors.push(syn::Error::new_spanned(at, message));
    }
}
