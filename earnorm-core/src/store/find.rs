//! A query, before it is sent.

use std::fmt;

use mongodb::bson::{Bson, Document, doc};

use crate::schema::Documents;

/// What a query sends: the parts of a `find` or `aggregate` command. `Display` prints it in the form of the MongoDB shell.
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String, age: Option<u32> }
/// let find = User::find(User::AGE.gte(18)).order_by(User::NAME.asc()).limit(3).to_query()?;
/// assert_eq!(
///     find.to_string(),
///     r#"users.find({ "age": { "$gte": 18 } }).sort({ "name": 1, "_id": 1 }).limit(3)"#,
/// );
/// # Ok::<(), earnorm::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    /// The collection that it reads.
    pub collection: &'static str,
    /// The filter document.
    pub filter: Document,
    /// The stages for conditions on related documents. If there are any, the query is sent as an `aggregate` command.
    pub joins: Vec<Document>,
    /// The sort document. It is empty if the order doesn't matter.
    pub sort: Document,
    /// How many results to skip.
    pub skip: Option<u64>,
    /// The largest number of results. With `Some(0)`, nothing is sent.
    pub limit: Option<u64>,
    /// For a relation through a join model: the query that is sent first. Its keys become an `$in` of the filter.
    pub through: Option<Box<Find>>,
    /// Queries that are sent first, and whose keys become an `$in` of the filter: for conditions on related documents that
    /// can't be joined, and last, for an `after` within a relation's own limit, the query for all documents within the limit.
    pub first: Vec<Find>,
    /// The stages for keys of the sort that are computed, such as a number of related documents, by their names.
    pub(crate) order_keys: Vec<(String, Vec<Document>)>,
}

impl Find {
    /// A query for every document of a model that matches a filter.
    pub(crate) fn new(documents: impl Into<Documents>, filter: Document) -> Self {
        let documents = documents.into();
        Self {
            collection: documents.collection,
            filter: documents.only(filter),
            joins: Vec::new(),
            sort: Document::new(),
            skip: None,
            limit: None,
            through: None,
            first: Vec::new(),
            order_keys: Vec::new(),
        }
    }

    /// The query as an aggregation pipeline.
    ///
    /// With a limit, the sort comes before the joins: the pipeline then stops after the last result, and an index can serve
    /// the sort. Without one, only the documents that pass the joins are sorted.
    pub(crate) fn pipeline(&self) -> Vec<Document> {
        let mut pipeline = Vec::new();
        if !self.filter.is_empty() {
            pipeline.push(doc! { "$match": self.filter.clone() });
        }
        let mut joins = self.joins.clone();
        let before = joins.len();
        joins.extend(self.key_stages());
        if !self.sort.is_empty() {
            let place = if self.limit.is_some() && joins.len() == before { 0 } else { joins.len() };
            joins.insert(place, doc! { "$sort": self.sort.clone() });
        }
        pipeline.extend(joins);
        pipeline.extend(self.skip.map(|n| doc! { "$skip": sendable(n).cast_signed() }));
        pipeline.extend(self.limit.map(|n| doc! { "$limit": sendable(n).cast_signed() }));
        pipeline.extend(self.without_keys(""));
        pipeline
    }

    /// The names of the keys that are computed.
    fn computed(&self) -> impl Iterator<Item = &(String, Vec<Document>)> {
        self.order_keys.iter().filter(|(name, _)| self.sort.contains_key(name))
    }

    /// The stages that compute keys of the sort.
    pub(crate) fn key_stages(&self) -> impl Iterator<Item = Document> {
        self.computed().flat_map(|(_, stages)| stages.iter().cloned())
    }

    /// The stage that removes the computed keys from documents, which are in the field `at` of their rows.
    pub(crate) fn without_keys(&self, at: &str) -> Option<Document> {
        let dot = if at.is_empty() { "" } else { "." };
        let names: Vec<String> = self.computed().map(|(name, _)| format!("{at}{dot}{name}")).collect();
        (!names.is_empty()).then(|| doc! { "$unset": names })
    }

    /// Whether a key of the sort is computed, so that a document doesn't have it.
    pub(crate) fn has_computed_keys(&self) -> bool {
        self.computed().next().is_some()
    }

    /// Whether it has to be sent as a pipeline.
    pub(crate) fn is_pipeline(&self) -> bool {
        !self.joins.is_empty() || self.has_computed_keys()
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for first in self.through.as_deref().into_iter().chain(&self.first) {
            write!(f, "{first}, then ")?;
        }
        if self.is_pipeline() {
            return write!(f, "{}.aggregate({})", self.collection, Bson::from(self.pipeline()));
        }
        write!(f, "{}.find({})", self.collection, self.filter)?;
        if !self.sort.is_empty() {
            write!(f, ".sort({})", self.sort)?;
        }
        if let Some(skip) = self.skip {
            write!(f, ".skip({skip})")?;
        }
        if let Some(limit) = self.limit {
            write!(f, ".limit({limit})")?;
        }
        Ok(())
    }
}

/// Limits a number to what a command can hold: the server counts with an `i64`.
pub(crate) fn sendable(n: u64) -> u64 {
    n.min(i64::MAX.unsigned_abs())
}
