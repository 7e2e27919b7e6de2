//! Paging by key: what comes behind a document in a given order.

use std::collections::HashSet;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::Query;
use crate::encoding::{identity, raw_identity};
use crate::store::Exec;
use crate::{Model, Result};

impl<M: Model> Query<M> {
    /// With an `after` within a relation that has a limit of its own: the query among the documents that the limit shows,
    /// whose ids are read first. Those behind the limit belong to no page.
    pub(super) async fn bounded(mut self, exec: Exec<'_>) -> Result<Self> {
        if self.limit_before_after().is_none() {
            return Ok(self);
        }
        let mut window = self.clone();
        (window.after, window.skip, window.limit) = (None, None, None);
        let ids = window.ids(exec).await?;
        let arranged = self.arrangement().is_some();
        if !arranged {
            self.order = self.sort().into();
        }
        // its filter and its order are the query's own by now
        self.relation = None;
        Ok(if arranged { self.arranged(ids) } else { self.among(ids) })
    }
}

/// Those of these ids that come behind that of `last`, where their own order counts, each once.
pub(super) fn behind_in(ids: &[Bson], last: &RawDocument) -> Vec<Bson> {
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
pub(super) fn behind(sort: &Document, last: &Document) -> std::result::Result<Document, String> {
    let mut alternatives = Vec::new();
    let mut equal = Document::new();
    for (name, direction) in sort {
        let value = lookup(last, name);
        if let Bson::Array(_) = value {
            // the server orders arrays by one of their items, and compares them whole
            return Err(format!("`after` can't page by `{name}`, which is an array"));
        }
        if let Some(further) = further(name, is_ascending(name, direction)?, &value) {
            let mut alternative = equal.clone();
            alternative.extend(further);
            alternatives.push(Bson::Document(alternative));
        }
        equal.insert(name, doc! { "$eq": value });
    }
    Ok(doc! { "$or": alternatives })
}

/// A comparison sees values of its operand's type only, so nulls, which sort first, are named by themselves. So is NaN,
/// which sorts between nulls and numbers and is neither less nor greater than any.
fn further(name: &str, ascending: bool, value: &Bson) -> Option<Document> {
    match (ascending, value) {
        (true, Bson::Null) => Some(doc! { name: { "$ne": Bson::Null } }),
        (true, Bson::Double(n)) if n.is_nan() => Some(doc! { name: { "$gte": f64::NEG_INFINITY } }),
        (true, value) => Some(doc! { name: { "$gt": value } }),
        (false, Bson::Null) => None,
        (false, Bson::Double(n)) if n.is_nan() => Some(doc! { name: Bson::Null }),
        (false, Bson::Double(n)) => {
            Some(doc! { "$or": [{ name: { "$lt": n } }, { name: f64::NAN }, { name: Bson::Null }] })
        }
        (false, value) if name == "_id" => Some(doc! { name: { "$lt": value } }),
        (false, value) => Some(doc! { "$or": [{ name: { "$lt": value } }, { name: Bson::Null }] }),
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

fn lookup(document: &Document, path: &str) -> Bson {
    let mut parts = path.split('.');
    let first = parts.next().and_then(|name| document.get(name));
    parts
        .fold(first, |value, name| match value {
            Some(Bson::Document(document)) => document.get(name),
            _ => None,
        })
        .cloned()
        .unwrap_or(Bson::Null)
}
