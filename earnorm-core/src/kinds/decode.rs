//! Reads a document as the model that its tag names.

use std::borrow::Cow;

use mongodb::bson::{RawBsonRef, RawDocumentBuf};
use serde::de::{Deserialize, Deserializer, Error as _};

use super::buffer::Buffer;
use super::traits::{KindOf, Kinds};

/// Deserializes a document as the model that its tag names.
#[doc(hidden)]
pub fn deserialize_kind<'de, E: Kinds, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    if deserializer.is_human_readable() {
        let buffer = Buffer::deserialize(deserializer)?;
        let kind =
            kind_with::<E>(|field| buffer.get(field).map(|value| (value.as_str().map(Cow::from), value.shown())));
        return kind.and_then(|kind| (kind.from_buffer)(buffer)).map_err(D::Error::custom);
    }
    let document = RawDocumentBuf::deserialize(deserializer)?;
    let kind = kind_with::<E>(|field| {
        let value = document.get(field).ok().flatten()?;
        let text = value.as_str().map(|text| Cow::from(text.to_owned()));
        Some((text, shown(value)))
    });
    kind.and_then(|kind| (kind.from_raw)(&document)).map_err(D::Error::custom)
}

/// The text of a tag, if it is one, and the tag as messages show it.
type Tag<'t> = (Option<Cow<'t, str>>, String);

/// The model whose tag a document has.
fn kind_with<'t, E: Kinds>(tag: impl Fn(&str) -> Option<Tag<'t>>) -> Result<&'static KindOf<E>, String> {
    // all models of an enum have their tags in the same field
    let Some(field) = E::KINDS.first().and_then(|kind| kind.model.config.tag).map(|tag| tag.field) else {
        return Err(format!("`{}` has no tag", E::METADATA.name));
    };
    let is = |kind: &&KindOf<E>, text: &str| kind.model.config.tag.is_some_and(|tag| tag.value == text);
    let tag = tag(field);
    if let Some((Some(text), _)) = &tag
        && let Some(kind) = E::KINDS.iter().find(|kind| is(kind, text))
    {
        return Ok(kind);
    }
    let known = E::KINDS.iter().filter_map(|kind| kind.model.config.tag).map(|tag| format!("`{}`", tag.value));
    let known = known.collect::<Vec<_>>().join(", ");
    Err(match tag {
        Some((_, shown)) => format!("`{field}` is {shown}, which is none of {known}"),
        None => format!("`{field}` is missing; expected one of {known}"),
    })
}

fn shown(value: RawBsonRef<'_>) -> String {
    crate::bson::from_raw(value).map_or_else(|_| "invalid".to_owned(), |value| value.to_string())
}
