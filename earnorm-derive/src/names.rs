//! Conversions of names.

use std::fmt::Display;

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use crate::plural;

/// The words that can't be raw identifiers.
const NEVER_RAW: &[&str] = &["_", "self", "Self", "super", "crate"];

/// The methods of the trait `Model`. A relation of the same name would hide one.
pub(crate) const METHODS_OF_MODEL: &str = "metadata collection insert insert_many insert_checked insert_many_checked get get_many \
    find find_all save save_checked update update_if_current update_by_id delete delete_if delete_if_current plan_delete \
    bulk ensure_indexes check_indexes validate_references";

/// The functions of every model that marks its deleted documents.
pub(crate) const METHODS_OF_SOFT_DELETE: &str = "deleted with_deleted";

/// `UserGroup` -> `user_group`.
pub(crate) fn snake(type_name: &str) -> String {
    type_name.to_snake_case()
}

/// `wild_child` -> `wild_children`. Only the last word changes.
pub(crate) fn plural(snake: &str) -> String {
    match snake.rsplit_once('_') {
        Some((head, last)) => format!("{head}_{}", plural::plural(last)),
        None => plural::plural(snake),
    }
}

/// `BlogPost` -> `blog post`, `blog posts`: the words for one document and for several in messages.
pub(crate) fn in_messages(type_name: &str) -> (String, String) {
    let words = snake(type_name).replace('_', " ");
    let (head, last) = words.split_at(words.rfind(' ').map_or(0, |space| space + 1));
    let many = format!("{head}{}", plural::plural(last));
    (words, many)
}

/// `blog_posts` -> `BlogPost`: the struct that a collection of this name would belong to.
pub(crate) fn struct_of(collection: &str) -> String {
    plural::singular(collection).to_upper_camel_case()
}

/// The name of the constant of a field or a relation: its name in upper case.
pub(crate) fn constant(name: &str, span: Span) -> Ident {
    Ident::new(&unraw(name).to_uppercase(), span)
}

/// An identifier. A keyword becomes a raw one.
pub(crate) fn ident(name: &str, span: Span) -> Ident {
    if syn::parse_str::<Ident>(name).is_ok() { Ident::new(name, span) } else { Ident::new_raw(name, span) }
}

pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

pub(crate) fn unraw(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// Whether a field can have this name. Keywords count, since a field can be a raw identifier.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
        && !NEVER_RAW.contains(&name)
}

/// What is wrong with the stored name of a field, as a message. The server takes a dot for a path into a sub-document, and
/// a dollar for an operator. Queries with joins overwrite names that begin with `__earnorm_`.
pub(crate) fn unstorable(name: &str) -> Option<String> {
    let advice = match forbidden(name, &[".", "\0"], &["$", "__earnorm_"]) {
        Some(part) => format!("one without `{part}`"),
        None if name.is_empty() => "one that isn't empty".to_owned(),
        None => return None,
    };
    Some(format!("`{}` can't be the stored name of a field; write {advice}", name.escape_debug()))
}

/// The part of a name that must not occur in it (`within`) or at its beginning (`first`).
pub(crate) fn forbidden(name: &str, within: &[&str], first: &[&str]) -> Option<String> {
    let mut within = within.iter().filter(|part| name.contains(**part));
    let part = within.next().or(first.iter().find(|part| name.starts_with(**part)));
    part.map(|part| part.escape_debug().to_string())
}

/// The one of `words` that the user probably meant.
pub(crate) fn did_you_mean<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    words
        .into_iter()
        .map(|w| (strsim::jaro_winkler(word, w), w))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, w)| w)
}

/// `` `a`, `b`, `c` ``
pub(crate) fn list(words: impl IntoIterator<Item = impl Display>) -> String {
    let quoted: Vec<_> = words.into_iter().map(|w| format!("`{w}`")).collect();
    quoted.join(", ")
}
