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
        if !self.sort.is_empty() {
            let place = if self.limit.is_some() { 0 } else { joins.len() };
            joins.insert(place, doc! { "$sort": self.sort.clone() });
        }
        pipeline.extend(joins);
        pipeline.extend(self.skip.map(|n| doc! { "$skip": sendable(n).cast_signed() }));
        pipeline.extend(self.limit.map(|n| doc! { "$limit": sendable(n).cast_signed() }));
        pipeline
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for first in self.through.as_deref().into_iter().chain(&self.first) {
            write!(f, "{first}, then ")?;
        }
        if !self.joins.is_empty() {
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
