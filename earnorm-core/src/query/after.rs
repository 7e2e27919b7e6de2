//! Paging by key: the filter for the documents that follow a given document in an order.

use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::Query;
use super::kinds::{ARRAY, KINDS, Kinds, NULL, kind, lookup};
use crate::Model;
use crate::bson::{self, Exact, identity, raw_identity};
use crate::error::Refusal;

impl<M: Model, P, V> Query<M, P, V> {
    /// Returns only the documents that follow this one in the order of the query: the next page. This takes one
    /// command, and the same time for every page.
    ///
    /// The fields of the order are read from `last` as they would be stored, and compared as the server sorts them:
    /// nulls and missing fields first, then NaN, then all other numbers, then the other types in [their
    /// order](https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/). The pages together contain
    /// each document once. If that can't be guaranteed, the query fails with [`Error::Invalid`](crate::Error::Invalid):
    ///
    /// * `last` has an array in one of these fields;
    /// * the model doesn't have the field;
    /// * a key of the order is a number of related documents, which is not in the document;
    /// * a key of the order has a direction other than 1 and -1;
    /// * the query has a [`collation`](Query::collation) and the id of `last` contains text, because two ids may be
    ///   equal under the collation. (Under the default collation of a collection, its ids are unique.)
    ///
    /// A web client only needs to send the id of the last document. Read the document with one more command, and pass
    /// it.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # async fn run(db: mongodb::Database, last: ObjectId) -> earnorm::Result<()> {
    /// let mut page = User::find_all().order_by(User::NAME.asc()).limit(20);
    /// if let Some(last) = User::get(&db, last).await? {
    ///     page = page.after(&last);
    /// }
    /// let users = page.all(&db).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// In a relation that declares a limit, the pages end at that limit. One more command then reads the ids within the
    /// limit first. A relation by an array of ids that has no order is paged in the order of the array.
    pub fn after(mut self, last: &M) -> Self {
        match bson::encode_document(last) {
            Ok(document) => self.after = Some(document),
            Err(source) => {
                self.refusal.get_or_insert(Refusal::Encode { model: M::METADATA.name, source });
            }
        }
        self
    }
}

/// The ids of a list that follow the id of `last`, each once.
pub(crate) fn ids_after(ids: &[Bson], last: &RawDocument) -> Vec<Bson> {
    let last = last.get("_id").ok().flatten().and_then(|id| raw_identity(id).ok());
    let Some(place) = ids.iter().position(|id| Some(identity(id)) == last) else {
        return Vec::new();
    };
    let (before, after) = ids.split_at(place + 1);
    let before: HashSet<_> = before.iter().map(identity).collect();
    after.iter().filter(|id| !before.contains(&identity(id))).cloned().collect()
}

/// The filter that matches exactly the documents that follow `last` in the order `sort`.
///
/// For `likes` descending, then `_id`: `{ $or: [ { likes: less }, { likes: equal, _id: greater } ] }`.
pub(crate) fn filter_after<M: Model>(
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
        let greater = key.values_after();
        if !greater.is_empty() {
            let mut alternative = equal.clone();
            alternative.push(either(greater));
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

/// Combines alternatives into one condition.
fn either(mut conditions: Vec<Document>) -> Document {
    if conditions.len() == 1 {
        conditions.remove(0)
    } else {
        doc! { "$or": conditions }
    }
}

/// Combines conditions that all have to be true: in one document if no name occurs twice.
fn all(conditions: Vec<Document>) -> Document {
    let mut names = HashSet::new();
    if conditions.iter().flat_map(Document::keys).all(|name| names.insert(name)) {
        conditions.into_iter().flatten().collect()
    } else {
        doc! { "$and": conditions }
    }
}

/// A key of the order, and the value of the last document for it.
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
            // the server sorts arrays by one of their items, but compares whole arrays
            return Err(format!("`after` can't page by `{name}`, which is an array"));
        }
        let kinds = Kinds::of::<M>(name, last);
        if !kinds.is_known {
            return Err(format!("`after` can't page by `{name}`, which {} doesn't have", M::METADATA.name));
        }
        let value = lookup(last, name).cloned().unwrap_or(Bson::Null);
        let kind = kind(&value).ok_or_else(|| format!("`after` can't page by `{name}`, which is undefined"))?;
        Ok(Self { name, ascending, value, kind, kinds })
    }

    /// The conditions for the values that sort after the value. A comparison only matches values of its operand's type,
    /// so values of the types that sort after it are matched by `$type`.
    fn values_after(&self) -> Vec<Document> {
        let mut after = self.on_side(self.ascending, false);
        let is_end = self.kind == if self.ascending { KINDS.len() - 1 } else { 0 };
        if self.has_arrays() && !is_end {
            // an array sorts after it if none of its items sorts before it
            after.push(doc! { self.name: { "$type": "array" } });
            return vec![doc! { "$or": after, "$nor": self.on_side(!self.ascending, true) }];
        }
        after
    }

    /// The condition for the values that sort like the value.
    fn equal(&self) -> Document {
        let equal = doc! { self.name: { "$eq": &self.value } };
        let before = if self.has_arrays() { self.on_side(!self.ascending, false) } else { Vec::new() };
        if before.is_empty() {
            equal
        } else {
            doc! { self.name: { "$eq": &self.value }, "$nor": before }
        }
    }

    /// Whether documents may have an array here, which is sorted by one of its items.
    fn has_arrays(&self) -> bool {
        self.kinds.has(ARRAY)
    }

    /// The conditions for values and items above or below the value. With `inclusive`, for the value itself too.
    fn on_side(&self, above: bool, inclusive: bool) -> Vec<Document> {
        let name = self.name;
        let mut conditions = self.of_same_type(above);
        if inclusive {
            conditions.push(doc! { name: { "$eq": &self.value } });
        }
        let others = if above { self.kind + 1..KINDS.len() } else { 0..self.kind };
        let (mut types, mut items) = (Vec::<&str>::new(), None);
        for kind in others {
            match kind {
                // matches missing fields too; a document of the model has an id
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

    /// The conditions for values of the same type above or below the value.
    fn of_same_type(&self, above: bool) -> Vec<Document> {
        let (name, value) = (self.name, &self.value);
        let operator = if above { "$gt" } else { "$lt" };
        match value {
            // the only value of its type
            Bson::MinKey | Bson::MaxKey | Bson::Null => Vec::new(),
            // NaN sorts before all numbers, but no comparison with it is true
            value if is_nan(value) && above => vec![doc! { name: { "$gte": f64::NEG_INFINITY } }],
            value if is_nan(value) => Vec::new(),
            Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_)
                if !above && self.kinds.has_fractions() =>
            {
                vec![doc! { name: { operator: value } }, doc! { name: f64::NAN }]
            }
            // the operators of a filter would use it as a pattern
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
        _ => Err(format!("`after` can't page by `{name}`, whose direction is neither 1 nor -1")),
    }
}

/// Whether a path leads to or through an array.
fn is_in_array(document: &Document, path: &str) -> bool {
    let ends = path.match_indices('.').map(|(place, _)| place).chain([path.len()]);
    ends.filter_map(|end| lookup(document, &path[..end])).any(|value| matches!(value, Bson::Array(_)))
}
