//! Paging by key: what comes behind a document in a given order.

use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::kinds::{ARRAY, KINDS, Kinds, NULL, kind, lookup};
use crate::Model;
use crate::bson::Exact;
use crate::bson::{identity, raw_identity};

/// Those of these ids that come behind that of `last`, where their own order counts, each once.
pub(crate) fn behind_in(ids: &[Bson], last: &RawDocument) -> Vec<Bson> {
    let last = last.get("_id").ok().flatten().and_then(|id| raw_identity(id).ok());
    let Some(place) = ids.iter().position(|id| Some(identity(id)) == last) else {
        return Vec::new();
    };
    let (before, behind) = ids.split_at(place + 1);
    let before: HashSet<_> = before.iter().map(identity).collect();
    behind.iter().filter(|id| !before.contains(&identity(id))).cloned().collect()
}

/// The condition that is true of just those documents that come behind `last` in the order `sort`.
///
/// For `likes` descending, then `_id`: `{ $or: [ { likes: less }, { likes: equal, _id: greater } ] }`.
pub(crate) fn behind<M: Model>(
    sort: &Document,
    last: &Document,
    collated: bool,
) -> std::result::Result<Document, String> {
    let mut alternatives = Vec::new();
    let mut equal = Vec::new();
    for (name, direction) in sort {
        let ascending = is_ascending(name, direction)?;
        let key = Key::of::<M>(name, ascending, last)?;
        if name == "_id" && collated && has_text(&key.value) {
            return Err(
                "`after` can't page by `_id` with a collation, to which two ids may be equal; leave it out".into()
            );
        }
        let further = key.further();
        if !further.is_empty() {
            let mut alternative = equal.clone();
            alternative.push(either(further));
            alternatives.push(all(alternative).into());
        }
        equal.push(key.equal());
    }
    Ok(if alternatives.is_empty() {
        doc! { "$nor": [{}] }
    } else {
        doc! { "$or": Bson::Array(alternatives) }
    })
}

/// One of several conditions.
fn either(mut conditions: Vec<Document>) -> Document {
    if conditions.len() == 1 {
        conditions.remove(0)
    } else {
        doc! { "$or": conditions }
    }
}

/// Several conditions on different fields, side by side where their names allow it.
fn all(conditions: Vec<Document>) -> Document {
    let mut names = HashSet::new();
    if conditions.iter().flat_map(Document::keys).all(|name| names.insert(name)) {
        conditions.into_iter().flatten().collect()
    } else {
        doc! { "$and": conditions }
    }
}

/// A key of the order, and what the last document has there.
struct Key<'a> {
    name: &'a str,
    ascending: bool,
    value: Bson,
    kind: usize,
    kinds: Kinds,
}

impl<'a> Key<'a> {
    fn of<M: Model>(name: &'a str, ascending: bool, last: &Document) -> std::result::Result<Self, String> {
        if is_in_array(last, name) {
            // the server orders arrays by one of their items, and compares them whole
            return Err(format!("`after` can't page by `{name}`, which is an array"));
        }
        let kinds = Kinds::of::<M>(name, last);
        if !kinds.held {
            return Err(format!("`after` can't page by `{name}`, which {} doesn't have", M::METADATA.name));
        }
        let value = lookup(last, name).cloned().unwrap_or(Bson::Null);
        let kind = kind(&value).ok_or_else(|| format!("`after` can't page by `{name}`, which is undefined"))?;
        Ok(Self { name, ascending, value, kind, kinds })
    }

    /// The conditions that are true of what sorts behind the value. A comparison sees values of its operand's type only, so
    /// those of the types that sort behind it are named by their types.
    fn further(&self) -> Vec<Document> {
        let mut further = self.beyond(self.ascending, false);
        let is_end = self.kind == if self.ascending { KINDS.len() - 1 } else { 0 };
        if self.has_arrays() && !is_end {
            // an array is behind it if each of its items is, and none comes before
            further.push(doc! { self.name: { "$type": "array" } });
            return vec![doc! { "$or": further, "$nor": self.beyond(!self.ascending, true) }];
        }
        further
    }

    /// The condition that is true of what sorts like the value.
    fn equal(&self) -> Document {
        let equal = doc! { self.name: { "$eq": &self.value } };
        let before = if self.has_arrays() { self.beyond(!self.ascending, false) } else { Vec::new() };
        if before.is_empty() {
            equal
        } else {
            doc! { self.name: { "$eq": &self.value }, "$nor": before }
        }
    }

    /// Whether some documents may be sorted by an item of an array.
    fn has_arrays(&self) -> bool {
        self.kinds.has(ARRAY)
    }

    /// The conditions that are true of values, or items, above or below the value; or `inclusive` of it.
    fn beyond(&self, above: bool, inclusive: bool) -> Vec<Document> {
        let name = self.name;
        let mut conditions = self.within(above);
        if inclusive {
            conditions.push(doc! { name: { "$eq": &self.value } });
        }
        let others = if above { self.kind + 1..KINDS.len() } else { 0..self.kind };
        let (mut types, mut items) = (Vec::<&str>::new(), None);
        for kind in others {
            match kind {
                // missing fields too; a document without one isn't of the model, nor is one without an id
                NULL if name != "_id" || self.kinds.has(NULL) => conditions.push(doc! { name: Bson::Null }),
                ARRAY if self.has_arrays() => items = Some(doc! { name: { "$elemMatch": { "$type": "array" } } }),
                NULL | ARRAY => {}
                kind if self.kinds.has(kind) => types.extend(KINDS[kind]),
                _ => {}
            }
        }
        if !types.is_empty() {
            conditions.push(doc! { name: { "$type": types } });
        }
        conditions.extend(items);
        // an empty array sorts right before a null
        if self.has_arrays() && above == (self.kind < NULL) {
            conditions.push(doc! { name: { "$size": 0 } });
        }
        conditions
    }

    /// The same, of the values of its type.
    fn within(&self, above: bool) -> Vec<Document> {
        let (name, value) = (self.name, &self.value);
        let operator = if above { "$gt" } else { "$lt" };
        match value {
            // one of its type
            Bson::MinKey | Bson::MaxKey | Bson::Null => Vec::new(),
            // sorts before all numbers, and is neither less nor greater than any
            value if is_nan(value) && above => vec![doc! { name: { "$gte": f64::NEG_INFINITY } }],
            value if is_nan(value) => Vec::new(),
            Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_)
                if !above && self.kinds.has_fractions() =>
            {
                vec![doc! { name: { operator: value } }, doc! { name: f64::NAN }]
            }
            // a pattern to the operators of a filter
            Bson::RegularExpression(_) => {
                let field = format!("${name}");
                let compared = doc! { operator: [field, { "$literal": value }] };
                vec![doc! { name: { "$type": "regex" }, "$expr": compared }]
            }
            value => vec![doc! { name: { operator: value } }],
        }
    }
}

fn is_nan(value: &Bson) -> bool {
    Exact::of(value) == Some(Exact::Nan)
}

fn has_text(value: &Bson) -> bool {
    match value {
        Bson::String(_) | Bson::Symbol(_) => true,
        Bson::Document(document) => document.values().any(has_text),
        Bson::Array(values) => values.iter().any(has_text),
        _ => false,
    }
}

fn is_ascending(name: &str, direction: &Bson) -> std::result::Result<bool, String> {
    let direction = match direction {
        Bson::Int32(n) => i64::from(*n),
        Bson::Int64(n) => *n,
        #[allow(clippy::cast_possible_truncation, reason = "1.0 and -1.0 are what is looked for")]
        Bson::Double(n) => *n as i64,
        _ => 0,
    };
    match direction {
        1 => Ok(true),
        -1 => Ok(false),
        _ => Err(format!("`after` pages by an order of 1 and -1, and that of `{name}` is neither")),
    }
}

/// Whether an array is on a path.
fn is_in_array(document: &Document, path: &str) -> bool {
    let ends = path.match_indices('.').map(|(place, _)| place).chain([path.len()]);
    ends.filter_map(|end| lookup(document, &path[..end])).any(|value| matches!(value, Bson::Array(_)))
}
