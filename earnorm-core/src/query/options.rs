//! The options of a query, and their conversion to options of the driver.

use std::time::Duration;

use mongodb::bson::Bson;
use mongodb::options::{
    AggregateOptions, Collation, CountOptions, DeleteOptions, FindOptions, Hint, SelectionCriteria, UpdateOptions,
};

use crate::observe::Source;
use crate::plan::Strategy;
use crate::store::{Find, sendable};

/// Options of a query: those that are passed to the driver, and the strategy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) strategy: Strategy,
    pub(crate) collation: Option<Collation>,
    pub(crate) hint: Option<Hint>,
    pub(crate) comment: Option<Bson>,
    pub(crate) max_time: Option<Duration>,
    /// The document whose relation the query follows.
    pub(crate) source: Option<Source>,
}

impl Options {
    /// The options of a `find`.
    pub(crate) fn find(&self, find: &Find) -> FindOptions {
        FindOptions::builder()
            .sort((!find.sort.is_empty()).then(|| find.sort.clone()))
            .skip(find.skip.map(sendable))
            .limit(find.limit.map(|n| sendable(n).cast_signed()))
            .collation(self.collation.clone())
            .hint(self.hint.clone())
            .comment(self.comment.clone())
            .max_time(self.max_time)
            .build()
    }

    /// The options of a command that runs before the query, on other documents than those of the query.
    pub(crate) fn find_first(&self, criteria: Option<SelectionCriteria>) -> FindOptions {
        FindOptions::builder()
            .comment(self.comment.clone())
            .max_time(self.max_time)
            .selection_criteria(criteria)
            .build()
    }

    /// The options of a pipeline, which is only sent for a query without a collation.
    pub(crate) fn aggregate(&self) -> AggregateOptions {
        AggregateOptions::builder()
            .hint(self.hint.clone())
            .comment(self.comment.clone())
            .max_time(self.max_time)
            .build()
    }

    /// The options of a pipeline that aggregates the documents of a query.
    pub(crate) fn totals(&self) -> AggregateOptions {
        let mut options = self.aggregate();
        options.collation.clone_from(&self.collation);
        options
    }

    /// The options of a count.
    pub(crate) fn count(&self, find: &Find) -> CountOptions {
        CountOptions::builder()
            .skip(find.skip.map(sendable))
            .limit(find.limit.map(sendable))
            .collation(self.collation.clone())
            .hint(self.hint.clone())
            .comment(self.comment.clone())
            .max_time(self.max_time)
            .build()
    }

    /// The options of an update.
    pub(crate) fn update(self) -> UpdateOptions {
        UpdateOptions::builder().collation(self.collation).hint(self.hint).comment(self.comment).build()
    }

    /// The options of a delete.
    pub(crate) fn delete(self) -> DeleteOptions {
        DeleteOptions::builder().collation(self.collation).hint(self.hint).comment(self.comment).build()
    }
}
