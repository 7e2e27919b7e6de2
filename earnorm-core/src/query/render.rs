//! From what was asked to what is sent.

use std::fmt;

use mongodb::bson::Document;
use mongodb::options::{CountOptions, FindOptions};

use super::{Query, after};
use crate::{Error, Model, Result};

/// What a query sends: the parts of one `find` command, as they would be typed into a shell.
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
    /// Where it is sent.
    pub collection: &'static str,
    /// Which documents.
    pub filter: Document,
    /// In which order; empty where it doesn't matter.
    pub sort: Document,
    /// Without the first so many.
    pub skip: Option<u64>,
    /// At most so many; for `Some(0)`, nothing is sent.
    pub limit: Option<u64>,
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

impl<M: Model> Query<M> {
    /// What would be sent, without sending it.
    ///
    /// # Errors
    ///
    /// What awaiting the query would give before anything is sent: [`Error::Unsaved`] for a relation of a document
    /// without an id, [`Error::Encode`] for an operand that BSON can't hold, [`Error::Invalid`] for an
    /// [`after`](Query::after) along an order that has no direction.
    pub fn to_query(&self) -> Result<Find> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone().into());
        }
        let sort = self.sort();
        let mut filter = self.filter.clone();
        if let Some(last) = &self.after {
            let last = Document::try_from(last.as_ref())
                .map_err(|e| Error::Driver(mongodb::error::Error::custom(e.to_string())))?;
            filter = filter
                & after::behind(&sort, &last).map_err(|reason| Error::Invalid {
                    model: M::METADATA.name,
                    reason,
                })?;
        }
        Ok(Find {
            collection: M::METADATA.collection,
            filter: filter.document().map_err(Error::encode::<M>)?.clone(),
            sort,
            skip: self.skip.filter(|n| *n > 0),
            limit: self.window_end(),
        })
    }

    fn sort(&self) -> Document {
        let mut sort = self.order.keys.clone();
        if sort.is_empty()
            && let Some(relation) = self.relation
        {
            sort.extend(relation.order_by.iter().map(|(name, d)| ((*name).to_owned(), (*d).into())));
        }
        let ordered = !sort.is_empty() || self.is_windowed();
        if ordered && !sort.contains_key("_id") {
            sort.insert("_id", 1);
        }
        sort
    }

    /// Whether the filter alone doesn't say which documents are meant.
    pub(super) fn is_windowed(&self) -> bool {
        self.skip.is_some() || self.after.is_some() || self.window_end().is_some()
    }

    /// The smaller of the query's limit and what its relation's leaves behind the skipped ones.
    fn window_end(&self) -> Option<u64> {
        let declared = self
            .relation
            .and_then(|relation| relation.limit)
            .map(|limit| limit.saturating_sub(self.skip.unwrap_or(0)));
        match (declared, self.limit) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    pub(super) fn find_options(&self, find: &Find) -> FindOptions {
        FindOptions::builder()
            .sort((!find.sort.is_empty()).then(|| find.sort.clone()))
            .skip(find.skip)
            .limit(find.limit.map(|n| i64::try_from(n).unwrap_or(i64::MAX)))
            .collation(self.options.collation.clone())
            .hint(self.options.hint.clone())
            .comment(self.options.comment.clone())
            .max_time(self.options.max_time)
            .build()
    }

    pub(super) fn count_options(&self, find: &Find) -> CountOptions {
        CountOptions::builder()
            .skip(find.skip)
            .limit(find.limit)
            .collation(self.options.collation.clone())
            .hint(self.options.hint.clone())
            .comment(self.options.comment.clone())
            .max_time(self.options.max_time)
            .build()
    }
}
