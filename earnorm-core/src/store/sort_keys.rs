//! What the server sorts a document by: of the keys that an index on the paths of the order has for it, the first.
//!
//! An array has a key for each of its elements, and an empty one a key below null. Paths that lead into the same array go
//! through its elements together. (The server refuses those that lead into two arrays.)

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument};

use crate::bson::{self, compare};
use crate::{Error, Result};

static NULL: Bson = Bson::Null;
static UNDEFINED: Bson = Bson::Undefined;

pub(crate) fn sort_keys(sort: &Document, document: &RawDocument) -> Result<Vec<Bson>> {
    let mut keys = Vec::with_capacity(sort.len());
    for path in sort.keys() {
        match plain(document, path)? {
            Some(key) => keys.push(key),
            None => return of_arrays(sort, document),
        }
    }
    Ok(keys)
}

/// What is at the end of a path, unless there is an array on it.
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
    found.map_or(Ok(Bson::Null), bson::owned).map(Some).map_err(Error::other)
}

fn of_arrays(sort: &Document, document: &RawDocument) -> Result<Vec<Bson>> {
    let document = Document::try_from(document).map_err(mongodb::error::Error::from)?;
    let steps = sort.keys().map(|path| Step { rest: path, value: &NULL, placed: None }).collect();
    let mut keys = Vec::new();
    expand(steps, Some(&document), &mut keys);
    let first = keys.into_iter().min_by(|a, b| compare(sort, a, b));
    Ok(first.into_iter().flatten().cloned().collect())
}

/// How far a path has been followed.
#[derive(Clone, Copy)]
struct Step<'a> {
    /// What is left of it.
    rest: &'a str,
    /// What it led to, where nothing is left.
    value: &'a Bson,
    /// Where it goes on, if not in the element at hand: its next part is the place of an element.
    placed: Option<Placed<'a>>,
}

#[derive(Clone, Copy)]
struct Placed<'a> {
    value: Option<&'a Bson>,
    rest: &'a str,
    /// The element is itself an array.
    nested: bool,
}

/// Adds the keys of what is left of the paths, below one document or beside none.
fn expand<'a>(mut steps: Vec<Step<'a>>, document: Option<&'a Document>, keys: &mut Vec<Vec<&'a Bson>>) {
    let mut array: Option<&'a Vec<Bson>> = None;
    let (mut through, mut nested) = (vec![false; steps.len()], false);
    for (step, through) in steps.iter_mut().zip(&mut through) {
        if step.rest.is_empty() {
            continue;
        }
        let (name, _) = split(step.rest);
        let (value, rest) = match (document.filter(|document| document.contains_key(name)), step.placed) {
            (Some(document), _) => reach(&|name| document.get(name), step.rest),
            (None, Some(placed)) => {
                nested |= placed.nested;
                (placed.value, placed.rest)
            }
            (None, None) => (None, ""),
        };
        (step.rest, step.value, step.placed) = (if value.is_some() { rest } else { "" }, value.unwrap_or(&NULL), None);
        if let Bson::Array(elements) = step.value {
            *through = array.is_none_or(|array| std::ptr::eq(array, elements));
            array = array.or(Some(elements));
        }
    }
    let Some(array) = array else {
        keys.push(steps.iter().map(|step| step.value).collect());
        return;
    };
    let below = |element: Option<&'a Bson>| {
        let steps = steps.iter().zip(&through).map(|(step, through)| match (through, step.rest) {
            (false, _) => *step,
            // an array at a place in another is a value
            (true, "") if nested && element.is_some() => *step,
            (true, "") => Step { value: element.unwrap_or(&UNDEFINED), ..*step },
            (true, rest) => Step { placed: element.and_then(|_| placed(array, rest)), ..*step },
        });
        steps.collect::<Vec<_>>()
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

/// What is at the end of a path, or the first array on it, with what is left of the path then.
fn reach<'a>(get: &dyn Fn(&str) -> Option<&'a Bson>, path: &'a str) -> (Option<&'a Bson>, &'a str) {
    let (name, rest) = split(path);
    match get(name) {
        Some(Bson::Document(document)) if !rest.is_empty() => reach(&|name| document.get(name), rest),
        Some(value @ Bson::Array(_)) => (Some(value), rest),
        Some(value) if rest.is_empty() => (Some(value), rest),
        _ => (None, rest),
    }
}

/// Where a path goes on that names the place of an element.
fn placed<'a>(array: &'a [Bson], path: &'a str) -> Option<Placed<'a>> {
    let element =
        |name: &str| name.parse().ok().filter(|place: &usize| place.to_string() == name).and_then(|n| array.get(n));
    let nested = matches!(element(split(path).0)?, Bson::Array(_));
    let (value, rest) = reach(&element, path);
    Some(Placed { value, rest, nested })
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
    fn an_array_counts_by_its_first_element() {
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
    fn paths_go_through_an_array_together() {
        let document = doc! { "v": [{ "a": 1, "b": 9 }, { "a": 2, "b": 0 }, { "a": 1, "b": 7 }], "c": 5 };
        let keys = |sort: Document| keys(&sort, &document);
        assert_eq!(keys(doc! { "v.a": 1, "v.b": 1, "c": 1 }), [1, 7, 5].map(Bson::from));
        assert_eq!(keys(doc! { "v.a": 1, "v.b": -1, "c": 1 }), [1, 9, 5].map(Bson::from));
        assert_eq!(keys(doc! { "c": 1, "v.b": 1, "v.a": 1 }), [5, 0, 2].map(Bson::from));
    }
}
