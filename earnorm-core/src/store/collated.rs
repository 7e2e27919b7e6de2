//! Different ids and keys that are equal in a collection with a collation.
//!
//! A reply doesn't tell whether its collection has a collation. It has one if a document is found by a key that the
//! document doesn't have. Only then, or if two of the queried keys are similar, the server is asked which of them are equal.

use std::collections::{HashMap, HashSet};

use mongodb::bson::{Bson, RawDocument, doc};

use super::{BoxFuture, Exec, aggregate, chunks_of};
use crate::bson::{Identity, identity, integer};
use crate::{Error, Result};

/// Whether a value contains text, so that a collation can affect what it is equal to.
pub(crate) fn has_text(value: &Bson) -> bool {
    match value {
        Bson::String(_) | Bson::Symbol(_) => true,
        Bson::Document(document) => document.values().any(has_text),
        Bson::Array(values) => values.iter().any(has_text),
        _ => false,
    }
}

/// A key that is the same for values that most collations consider equal: only letters and digits, without case and accents.
pub(crate) fn folded(value: &Bson) -> Identity {
    fn fold(value: &Bson) -> Bson {
        match value {
            Bson::String(text) | Bson::Symbol(text) => text
                .chars()
                .flat_map(char::to_lowercase)
                .filter(|c| c.is_alphanumeric())
                .map(base_letter)
                .collect::<String>()
                .into(),
            Bson::Document(document) => {
                Bson::Document(document.iter().map(|(name, value)| (name.clone(), fold(value))).collect())
            }
            Bson::Array(values) => values.iter().map(fold).collect::<Vec<_>>().into(),
            other => other.clone(),
        }
    }
    identity(&fold(value))
}

/// The letter without its accent, for common letters.
fn base_letter(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// The values that are similar to a different one of them, by [`folded`].
pub(crate) fn alike<'v>(values: impl Iterator<Item = &'v Bson> + Clone) -> HashSet<Identity> {
    let mut first: HashMap<Identity, Identity> = HashMap::new();
    let mut alike = HashSet::new();
    for value in values.filter(|value| has_text(value)) {
        let id = identity(value);
        match first.get(&folded(value)) {
            Some(other) if *other != id => alike.extend([other.clone(), id]),
            Some(_) => {}
            None => drop(first.insert(folded(value), id)),
        }
    }
    alike
}

/// Which of these values are equal in a collection: lists of two or more values. One command for each chunk of values.
pub(crate) fn equal_in<'a>(
    exec: Exec<'a>,
    collection: &'static str,
    values: &'a [Bson],
) -> BoxFuture<'a, Result<Vec<Vec<Bson>>>> {
    Box::pin(async move {
        let mut equal = Vec::new();
        for values in chunks_of(usize::MAX, values) {
            let pipeline = vec![
                doc! { "$limit": 1 },
                doc! { "$project": { "_id": 0, "v": { "$literal": values } } },
                doc! { "$unwind": { "path": "$v", "includeArrayIndex": "i" } },
                doc! { "$group": { "_id": "$v", "i": { "$push": "$i" } } },
                doc! { "$match": { "i.1": { "$exists": true } } },
                doc! { "$project": { "_id": 0, "i": 1 } },
            ];
            let read = |group: &RawDocument| {
                let mut class = Vec::new();
                for place in group.get_array("i").map_err(Error::other)? {
                    let place = place.map_err(mongodb::error::Error::from)?;
                    let place = integer(place).and_then(|n| usize::try_from(n).ok());
                    class.extend(place.and_then(|place| values.get(place)).cloned());
                }
                Ok(class)
            };
            equal.extend(aggregate(exec, Some(collection), pipeline, read).await?);
        }
        Ok(equal)
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, doc};

    use super::{alike, folded};

    #[test]
    fn values_that_collations_consider_equal_are_similar() {
        for (a, b) in [("Ann", "ANN"), ("Müller", "MULLER"), ("a-1", "A1"), ("Übung", "übung")] {
            assert_eq!(folded(&a.into()), folded(&b.into()));
            assert_eq!(folded(&doc! { "n": [a] }.into()), folded(&doc! { "n": [b] }.into()));
        }
        assert_ne!(folded(&"Ann".into()), folded(&"Anna".into()));
        let values: [Bson; 5] = ["a".into(), "A".into(), "a".into(), "b".into(), 1.into()];
        assert_eq!(alike(values.iter()).len(), 2);
    }
}
