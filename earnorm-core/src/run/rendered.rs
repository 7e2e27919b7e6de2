//! A query with the command that it renders to.

use std::borrow::Cow;

use crate::store::Exec;
use crate::{Find, Model, Query, Result};

/// A query with the command that it renders to, so that an execution renders it once. A query that reads something else
/// first is rendered once more, with what was found.
pub(crate) struct Rendered<'q, M: 'static> {
    pub(crate) query: Cow<'q, Query<M>>,
    pub(crate) find: Find,
}

impl<'q, M: Model> Rendered<'q, M> {
    pub(crate) fn new(query: &'q Query<M>) -> Result<Self> {
        Ok(Self { find: query.to_query()?, query: Cow::Borrowed(query) })
    }

    /// Whether it has no result, whatever is stored.
    pub(crate) fn is_empty(&self) -> bool {
        self.find.limit == Some(0)
    }

    pub(crate) fn is_windowed(&self) -> bool {
        self.find.skip.is_some() || self.find.limit.is_some()
    }

    /// Sends the commands whose results the query needs first. Sends nothing if there are none.
    pub(crate) async fn resolve(self, exec: Exec<'_>) -> Result<Self> {
        if self.find.first.is_empty() && self.find.through.is_none() {
            return Ok(self);
        }
        let query = self.query.into_owned().resolve(exec).await?;
        Ok(Self { find: query.to_query()?, query: Cow::Owned(query) })
    }
}
