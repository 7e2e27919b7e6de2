//! The values by which the server sorts a document: the first of the keys that an index on the sort fields would have for
//! it.
//!
//! An array has a key for each of its elements. An empty array has one key, which sorts before null. Paths into the same
//! array visit its elements together. The server refuses paths into two arrays.

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument};

use crate::bson::{self, compare};
use crate::{Error, Result};

static NULL: Bson = Bson::Null;
static UNDEFINED: Bson = Bson::Undefined;

/// The values by which the server sorts a document, one for each field of `sort`.
pub(crate) fn sort_keys(sort: &Document, document: &RawDocument) -> Result<Vec<Bson>> {
    let mut keys = Vec::with_capacity(sort.len());
    for path in sort.keys() {
        match plain(document, path)? {
            Some(key) => keys.push(key),
            None => return array_keys(sort, document),
        }
    }
    Ok(keys)
}

/// The value at the end of a path; null if there is none. Returns `None` if there is an array on the path.
fn plain(document: &RawDocument, path: &str) -> Result<Option<Bson>> {
    let (mut at, mut found) = (Some(document), None);
    for part in path.split('.') {
        found = match at {
            Some(document) => document.get(part).map_err(mongodb::error::Error::from)?,
            None => None,
        };
        if let Some(RawBsonRef::Array(_)) = found {
            return Ok(None);
        }
        at = found.and_then(RawBsonRef::as_document);
    }
    found.map_or(Ok(Bson::Null), bson::from_raw).map(Some).map_err(Error::other)
}

/// The sort keys of a document with arrays.
fn array_keys(sort: &Document, document: &RawDocument) -> Result<Vec<Bson>> {
    let document = Document::try_from(document).map_err(mongodb::error::Error::from)?;
    let cursors = sort.keys().map(|path| PathCursor { rest: path, value: &NULL, by_index: None }).collect();
    let mut keys = Vec::new();
    expand(cursors, Some(&document), &mut keys);
    let first = keys.into_iter().min_by(|a, b| compare(sort, a, b));
    Ok(first.into_iter().flatten().cloned().collect())
}

/// The position of a path in a document.
#[derive(Clone, Copy)]
struct PathCursor<'a> {
    /// The part of the path that remains.
    rest: &'a str,
    /// The value at the position. It is final if nothing remains.
    value: &'a Bson,
    /// Where the path continues if its next part is the index of an array's element, and not a field of each element.
    by_index: Option<ByIndex<'a>>,
}

#[derive(Clone, Copy)]
struct ByIndex<'a> {
    value: Option<&'a Bson>,
    rest: &'a str,
    /// Whether the element is itself an array.
    nested: bool,
}

/// Adds the keys of the remaining paths in one document, or without a document.
fn expand<'a>(mut cursors: Vec<PathCursor<'a>>, document: Option<&'a Document>, keys: &mut Vec<Vec<&'a Bson>>) {
    let mut array: Option<&'a Vec<Bson>> = None;
    let (mut through, mut nested) = (vec![false; cursors.len()], false);
    for (cursor, through) in cursors.iter_mut().zip(&mut through) {
        if cursor.rest.is_empty() {
            continue;
        }
        let (name, _) = split(cursor.rest);
        let (value, rest) = match (document.filter(|document| document.contains_key(name)), cursor.by_index) {
            (Some(document), _) => follow(&|name| document.get(name), cursor.rest),
            (None, Some(element)) => {
                nested |= element.nested;
                (element.value, element.rest)
            }
            (None, None) => (None, ""),
        };
        let rest = if value.is_some() { rest } else { "" };
        *cursor = PathCursor { rest, value: value.unwrap_or(&NULL), by_index: None };
        if let Bson::Array(elements) = cursor.value {
            *through = array.is_none_or(|array| std::ptr::eq(array, elements));
            array = array.or(Some(elements));
        }
    }
    let Some(array) = array else {
        keys.push(cursors.iter().map(|cursor| cursor.value).collect());
        return;
    };
    let below = |element: Option<&'a Bson>| {
        let cursors = cursors.iter().zip(&through).map(|(cursor, through)| match (through, cursor.rest) {
            (false, _) => *cursor,
            // an array that was reached by its index in another array counts as one value
            (true, "") if nested && element.is_some() => *cursor,
            (true, "") => PathCursor { value: element.unwrap_or(&UNDEFINED), ..*cursor },
            (true, rest) => PathCursor { by_index: element.and_then(|_| follow_index(array, rest)), ..*cursor },
        });
        cursors.collect::<Vec<_>>()
    };
    if array.is_empty() {
        expand(below(None), None, keys);
    }
    for element in array {
        expand(below(Some(element)), element.as_document(), keys);
    }
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, ""))
}

/// Follows a path to its end or to the first array. Returns the value there, and the rest of the path.
fn follow<'a>(get: &dyn Fn(&str) -> Option<&'a Bson>, path: &'a str) -> (Option<&'a Bson>, &'a str) {
    let (name, rest) = split(path);
    match get(name) {
        Some(Bson::Document(document)) if !rest.is_empty() => follow(&|name| document.get(name), rest),
        Some(value @ Bson::Array(_)) => (Some(value), rest),
        Some(value) if rest.is_empty() => (Some(value), rest),
        _ => (None, rest),
    }
}

/// Follows a path that begins with the index of an array's element.
fn follow_index<'a>(array: &'a [Bson], path: &'a str) -> Option<ByIndex<'a>> {
    let element =
        |name: &str| name.parse().ok().filter(|index: &usize| index.to_string() == name).and_then(|n| array.get(n));
    let nested = matches!(element(split(path).0)?, Bson::Array(_));
    let (value, rest) = follow(&element, path);
    Some(ByIndex { value, rest, nested })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};

    use super::sort_keys;

    fn keys(sort: &Document, document: &Document) -> Vec<Bson> {
        sort_keys(sort, &RawDocumentBuf::try_from(document).unwrap()).unwrap()
    }

    #[test]
    fn an_array_sorts_by_its_first_element() {
        let least = |path: &str, document: Document| keys(&doc! { path: 1 }, &document).pop().unwrap();
        let greatest = |path: &str, document: Document| keys(&doc! { path: -1 }, &document).pop().unwrap();
        for (path, document, first, last) in [
            ("v", doc! { "v": 3 }, 3.into(), 3.into()),
            ("v", doc! {}, Bson::Null, Bson::Null),
            ("v", doc! { "v": [5, 1, 4] }, 1.into(), 5.into()),
            ("v", doc! { "v": [] }, Bson::Undefined, Bson::Undefined),
            ("v", doc! { "v": [[7], 4] }, 4.into(), Bson::Array(vec![7.into()])),
            ("v.b", doc! { "v": { "b": 2 } }, 2.into(), 2.into()),
            ("v.b", doc! { "v": 2 }, Bson::Null, Bson::Null),
            ("v.b", doc! { "v": [{ "b": 9 }, { "b": 1 }] }, 1.into(), 9.into()),
            ("v.b", doc! { "v": [{ "b": 9 }, 3] }, Bson::Null, 9.into()),
            ("v.b", doc! { "v": [{ "b": [4, 8] }, { "b": 6 }] }, 4.into(), 8.into()),
            ("v.b", doc! { "v": [] }, Bson::Null, Bson::Null),
            ("v.0", doc! { "v": [8, 9] }, 8.into(), 8.into()),
            ("v.0.b", doc! { "v": [{ "b": 9 }, { "b": 1 }] }, 9.into(), 9.into()),
            ("v.0.b", doc! { "v": [{ "b": [2, 3] }, { "b": 1 }] }, 2.into(), 3.into()),
            ("v.1", doc! { "v": [8] }, Bson::Null, Bson::Null),
            ("v.0", doc! { "v": { "0": 6 } }, 6.into(), 6.into()),
            ("v.0", doc! { "v": [[2, 1], 5] }, vec![2, 1].into(), vec![2, 1].into()),
        ] {
            assert_eq!(least(path, document.clone()), first, "{path} {document}");
            assert_eq!(greatest(path, document.clone()), last, "{path} {document}");
        }
    }

    #[test]
    fn paths_visit_the_elements_of_an_array_together() {
        let document = doc! { "v": [{ "a": 1, "b": 9 }, { "a": 2, "b": 0 }, { "a": 1, "b": 7 }], "c": 5 };
        let keys = |sort: Document| keys(&sort, &document);
        assert_eq!(keys(doc! { "v.a": 1, "v.b": 1, "c": 1 }), [1, 7, 5].map(Bson::from));
        assert_eq!(keys(doc! { "v.a": 1, "v.b": -1, "c": 1 }), [1, 9, 5].map(Bson::from));
        assert_eq!(keys(doc! { "c": 1, "v.b": 1, "v.a": 1 }), [5, 0, 2].map(Bson::from));
    }
}
