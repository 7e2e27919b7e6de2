//! The options of an attribute, and words that users may take for one.

use darling::FromMeta;
use quote::ToTokens;

use crate::names;

/// The receiver of an attribute's options.
pub(crate) trait Receiver: FromMeta + Default {
    const OPTIONS: Options;
}

/// The options of an attribute.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// The attribute's name.
    pub(crate) attribute: &'static str,
    /// Each option as a user would write it, `limit = 10`, with semicolons between them.
    pub(crate) usage: &'static str,
}

impl Options {
    pub(crate) fn usages(self) -> impl Iterator<Item = &'static str> {
        self.usage.split(';').map(str::trim)
    }

    /// How the option of this name is written.
    pub(super) fn usage(self, name: &str) -> Option<&'static str> {
        self.usages().find(|usage| word(usage) == name)
    }

    /// An option without a value that is written as the value of something.
    pub(super) fn flag(self, value: &impl ToTokens) -> Option<&'static str> {
        let text = value.to_token_stream().to_string();
        self.usage(&names::snake(text.trim_matches('"'))).filter(|usage| !takes_value(usage))
    }
}

/// The names that options have in other libraries, and their names here.
pub(super) const ALIASES: &str = "foreign_key=fk has_one=one_to_one has_many=one_to_many belongs_to=many_to_one \
    backref=back_populates counter_cache=counter eager=lazy_load table=collection \
    expire_after_seconds=expire_after ttl=expire_after expires=expire_after partial_filter_expression=partial filter=partial where=partial";

/// The options of other libraries that don't exist here, and what to do instead.
const ELSEWHERE: [(&str, &str); 5] = [
    (
        "embedded",
        "`embedded` belongs on a field that holds embedded documents; a struct that is one derives `Embedded`",
    ),
    (
        "timestamps created_at updated_at",
        "a timestamp is a field; write `#[model(created_at)]` or `#[model(updated_at)]` on it",
    ),
    ("version optimistic_lock lock_version", "a version is a field; write `#[model(version)]` on it"),
    (
        "soft_delete paranoid deleted_at",
        "the mark of a soft delete is a field; write `#[model(soft_delete)] deleted: Option<Deletion>`",
    ),
    ("index indexes unique", "an index has an attribute of its own; write `#[index(email, unique)]` above `struct`"),
];

/// The advice for a word that is an option in another library.
pub(super) fn elsewhere(word: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(words, _)| words.split(' ').any(|w| w == word)).map(|(_, advice)| *advice)
}

/// The name of an option.
pub(super) fn word(usage: &'static str) -> &'static str {
    usage.split(' ').next().unwrap_or(usage)
}

pub(super) fn takes_value(usage: &str) -> bool {
    usage.contains('=')
}

pub(super) fn is_kind(usage: &str) -> bool {
    usage.contains("_to_")
}
