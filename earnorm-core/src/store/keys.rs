//! Conditions on ids and keys, and chunks of long lists of them.
//!
//! No other module writes conditions on ids and keys. A value from a client can look like an operator (`{ "$gt": "" }`) or
//! be a regular expression. The functions here make the server compare each value literally.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use mongodb::bson::{Bson, Document, doc};

use crate::Result;
use crate::bson;

/// The largest number of keys in one command.
pub(crate) const KEYS_PER_COMMAND: usize = 1_000;

/// The largest size of the keys in one command. A command may have 16 MiB.
pub(crate) const KEY_BYTES: usize = 8 << 20;

/// How many commands for the chunks of one list run concurrently.
const IN_FLIGHT: usize = 4;

/// Whether a server could interpret a value as an operator or a pattern.
pub(crate) fn is_expression(value: &Bson) -> bool {
    match value {
        Bson::Document(document) => document.keys().any(|name| name.starts_with('$')),
        Bson::RegularExpression(_) => true,
        _ => false,
    }
}

/// Whether a stored document can have this as its `_id`.
pub(crate) fn can_be_id(key: &Bson) -> bool {
    !matches!(key, Bson::Array(_) | Bson::Undefined | Bson::Null) && !is_expression(key)
}

/// The condition that a field has this value.
pub(crate) fn equal(field: &str, value: impl Into<Bson>) -> Document {
    match value.into() {
        // a server refuses to compare with `undefined`, and no stored value is equal to it
        Bson::Undefined => nothing(field),
        value @ (Bson::Document(_) | Bson::RegularExpression(_)) => doc! { field: { "$eq": value } },
        value => doc! { field: value },
    }
}

/// The condition that a field has one of these values.
pub(crate) fn among(field: &str, values: &[Bson]) -> Document {
    if let [value] = values {
        return if *value == Bson::Undefined {
            nothing(field)
        } else {
            doc! { field: { "$eq": value } }
        };
    }
    let is_odd = |value: &&Bson| is_expression(value) || **value == Bson::Undefined;
    if !values.iter().any(|value| is_odd(&value)) {
        return doc! { field: { "$in": values } };
    }
    // in an `$in`, the server refuses a value that looks like an operator, and matches a regular expression as a pattern
    let (odd, plain): (Vec<_>, Vec<_>) = values.iter().partition(is_odd);
    let plain = doc! { field: { "$in": plain.into_iter().cloned().collect::<Vec<_>>() } };
    if field == "_id" {
        return plain;
    }
    let odd = odd.into_iter().filter(|value| **value != Bson::Undefined).map(|value| equal(field, value));
    doc! { "$or": std::iter::once(plain).chain(odd).collect::<Vec<_>>() }
}

/// The condition that a field has none of these values.
pub(crate) fn none_of(field: &str, values: &[Bson]) -> Document {
    let among = among(field, values);
    if let Ok(values) = among.get_document(field).and_then(|condition| condition.get_array("$in")) {
        return doc! { field: { "$nin": values } };
    }
    doc! { "$nor": [among] }
}

/// The condition that a field has one of these values, and is not an array that contains one of them.
pub(crate) fn single_among(field: &str, values: &[Bson]) -> Document {
    let mut condition = among(field, values);
    let has_zero = |value: &Bson| matches!(value, Bson::Document(document) if document.contains_key("0"));
    if !condition.contains_key(field) || values.iter().any(has_zero) {
        return doc! { "$and": [condition, { field: no_array() }] };
    }
    // excludes arrays, which have an element 0; a condition on another path lets every server use the index of the field
    condition.insert(format!("{field}.0"), doc! { "$exists": false });
    condition
}

/// The condition that a value is not an array. An array in a single key is not a reference.
pub(crate) fn no_array() -> Document {
    doc! { "$not": { "$type": "array" } }
}

/// A condition that no document matches.
fn nothing(field: &str) -> Document {
    doc! { field: { "$in": [] } }
}

/// The condition that a field has one of these keys, combined with another condition.
pub(crate) fn filter(field: &str, keys: &[Bson], other: &Document) -> Document {
    let key = among(field, keys);
    if other.is_empty() {
        key
    } else {
        doc! { "$and": [key, other.clone()] }
    }
}

/// Splits keys into chunks, one for each command.
pub(crate) fn chunks(keys: &[Bson]) -> Vec<&[Bson]> {
    chunks_of(KEYS_PER_COMMAND, keys)
}

/// Splits keys into chunks of at most `most` keys, and fewer if the keys are long.
pub(crate) fn chunks_of(most: usize, keys: &[Bson]) -> Vec<&[Bson]> {
    chunks_by(most, keys, bson::size)
}

/// Splits a list into chunks of at most `most` items and [`KEY_BYTES`] bytes. `size` returns the size of an item.
pub(crate) fn chunks_by<T>(most: usize, list: &[T], size: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut chunks = Vec::new();
    for chunk in list.chunks(most) {
        let (mut start, mut bytes) = (0, 0);
        for (index, part) in chunk.iter().enumerate() {
            let size = size(part);
            if bytes + size > KEY_BYTES && index > start {
                chunks.push(&chunk[start..index]);
                (start, bytes) = (index, 0);
            }
            bytes += size;
        }
        chunks.push(&chunk[start..]);
    }
    chunks
}

/// Runs a command for each chunk, several concurrently. After an error, it waits for the commands that are running: a
/// future of the driver must not be dropped before it is complete.
pub(crate) async fn side_by_side<C, T, F>(chunks: Vec<C>, run: impl Fn(C) -> F + Sync) -> Result<Vec<T>>
where
    C: Send,
    T: Send,
    F: Future<Output = Result<T>> + Send,
{
    let results: Vec<Mutex<Option<Result<T>>>> = chunks.iter().map(|_| Mutex::default()).collect();
    let (run, slots) = (&run, &results);
    let commands = chunks.into_iter().zip(slots).map(|(chunk, slot)| {
        let command = async move {
            let result = run(chunk).await;
            let succeeded = result.is_ok();
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            succeeded
        };
        command.boxed()
    });
    drive(commands.collect(), IN_FLIGHT).await;
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Runs futures, at most so many concurrently. After one has returned `false`, no further ones are begun. It doesn't know the
/// types of their results, so it isn't compiled for each of them.
pub(super) async fn drive<F: Future<Output = bool>>(futures: Vec<F>, most: usize) {
    let (mut waiting, mut running, mut all) = (futures.into_iter(), FuturesUnordered::new(), true);
    loop {
        while all
            && running.len() < most
            && let Some(future) = waiting.next()
        {
            running.push(future);
        }
        match running.next().await {
            Some(succeeded) => all &= succeeded,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, doc};

    use super::{KEY_BYTES, among, chunks, equal, no_array, none_of, single_among};

    fn operator() -> Bson {
        doc! { "$gt": "" }.into()
    }

    #[allow(clippy::unnecessary_fallible_conversions, reason = "not of strings in `bson` 3")]
    fn pattern() -> Bson {
        Bson::RegularExpression(mongodb::bson::Regex {
            pattern: ".*".try_into().unwrap_or_default(),
            options: "".try_into().unwrap_or_default(),
        })
    }

    #[test]
    fn a_value_is_compared_literally() {
        assert_eq!(equal("k", 1), doc! { "k": 1 });
        assert_eq!(equal("k", operator()), doc! { "k": { "$eq": operator() } });
        assert_eq!(equal("k", pattern()), doc! { "k": { "$eq": pattern() } });
        assert_eq!(among("k", &[operator()]), equal("k", operator()));
        assert_eq!(among("k", &[1.into(), 2.into()]), doc! { "k": { "$in": [1, 2] } });
        assert_eq!(
            among("k", &[1.into(), operator(), pattern(), 2.into()]),
            doc! { "$or": [{ "k": { "$in": [1, 2] } }, { "k": { "$eq": operator() } }, { "k": { "$eq": pattern() } }] },
        );
        assert_eq!(none_of("k", &[1.into(), 2.into()]), doc! { "k": { "$nin": [1, 2] } });
        assert_eq!(none_of("k", &[operator()]), doc! { "$nor": [{ "k": { "$eq": operator() } }] });
        assert_eq!(none_of("k", &[]), doc! { "k": { "$nin": [] } });
    }

    #[test]
    fn an_array_that_contains_the_value_does_not_match() {
        let alone = |field: &str| doc! { field: { "$exists": false } };
        let mut one = doc! { "k": { "$eq": 1 } };
        one.extend(alone("k.0"));
        assert_eq!(single_among("k", &[1.into()]), one);
        let mut two = doc! { "k": { "$in": [1, 2] } };
        two.extend(alone("k.0"));
        assert_eq!(single_among("k", &[1.into(), 2.into()]), two);
        for odd in [doc! { "0": 1 }.into(), operator()] {
            let list = [1.into(), odd];
            assert_eq!(single_among("k", &list), doc! { "$and": [among("k", &list), { "k": no_array() }] });
        }
    }

    #[test]
    fn values_that_can_not_be_ids_are_omitted_from_a_list_of_ids() {
        assert_eq!(among("_id", &[1.into(), operator(), Bson::Undefined]), doc! { "_id": { "$in": [1] } });
        assert_eq!(none_of("_id", &[1.into(), operator()]), doc! { "_id": { "$nin": [1] } });
        assert_eq!(equal("_id", Bson::Undefined), doc! { "_id": { "$in": [] } });
    }

    #[test]
    fn long_keys_are_split_into_smaller_chunks() {
        let long: Vec<Bson> = (0..20).map(|n| doc! { "n": n, "text": "x".repeat(KEY_BYTES / 4) }.into()).collect();
        assert!(chunks(&long).iter().all(|chunk| chunk.len() <= 3));
        assert_eq!(chunks(&long).concat(), long);
    }
}
