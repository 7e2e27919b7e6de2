//! From what was asked to what is sent.

use std::borrow::Cow;

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{AggregateOptions, CountOptions, FindOptions};

use super::{Query, after, is_too_long};
use crate::schema::{KeyHolder, RelationKind};
use crate::store::{self, Find, sendable};
use crate::{Error, Model, Result};

impl<M: Model, P> Query<M, P> {
    /// What would be sent for the documents themselves, without sending it. What [`with`](Query::with) loads isn't shown.
    ///
    /// # Errors
    ///
    /// What awaiting the query would give before anything is sent: [`Error::Unsaved`] for a relation of a document
    /// without an id, [`Error::Encode`] for an operand that BSON can't hold, [`Error::Invalid`] for what
    /// [`after`](Query::after) can't page by.
    pub fn to_query(&self) -> Result<Find> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone().into());
        }
        let sort = self.sort();
        let mut find = Find::new(M::METADATA.collection, Document::new());
        let mut filter = self.join(&mut find)?;
        let arrangement = self.arrangement();
        let among = arrangement.as_deref().or(self.ids.as_ref().map(|ids| ids.list.as_slice()));
        if let Some(ids) = among {
            filter = filter & store::among("_id", ids);
        }
        if let Some(ids) = self.without.as_ref().filter(|ids| !is_too_long(ids)) {
            filter = filter & store::none_of("_id", ids);
        }
        if let Some(limit) = self.limit_before_after() {
            let mut window = Find::new(find.collection, filter.clone().into_document()?);
            (window.joins, window.sort, window.limit) = (find.joins.clone(), sort.clone(), Some(limit));
            find.first.push(window);
            filter = filter & doc! { "_id": { "$in": format!("`_id` of {}", find.collection) } };
        }
        if let (Some(last), None) = (&self.after, &arrangement) {
            let last = Document::try_from(last.as_ref()).map_err(Error::other)?;
            filter = filter
                & after::behind::<M>(&sort, &last, self.options.collation.is_some())
                    .map_err(|reason| Error::Invalid { model: M::METADATA.name, reason, value: false })?;
        }
        find.filter = filter.into_document()?;
        find.through = self.via.as_ref().map(|via| Box::new(via.find.clone()));
        if self.empty || among.is_some_and(<[Bson]>::is_empty) {
            find.limit = Some(0);
        } else if arrangement.is_none() {
            find.sort = sort;
            find.skip = self.skip.filter(|n| *n > 0);
            find.limit = self.window_end();
        }
        Ok(find)
    }

    /// The ids in whose order the results come, if it is they that decide: the server can't sort by them, so it sends all
    /// of them, and the window is cut here.
    pub(crate) fn arrangement(&self) -> Option<Cow<'_, [Bson]>> {
        let declared = self.relation.is_some_and(|relation| !relation.order_by.is_empty());
        let ids = self.ids.as_ref().filter(|ids| ids.arranged)?;
        match &self.after {
            _ if declared || !self.order.keys.is_empty() => None,
            Some(last) => Some(after::behind_in(&ids.list, last).into()),
            None => Some(ids.list.as_slice().into()),
        }
    }

    pub(crate) fn sort(&self) -> Document {
        let mut sort = self.order.keys.clone();
        if sort.is_empty()
            && let Some(relation) = self.relation
        {
            sort.extend(relation.order_by.iter().map(|(name, d)| ((*name).to_owned(), (*d).into())));
        }
        // of several candidates for a one-to-one, the first counts
        let one = self.relation.is_some_and(|r| r.kind == RelationKind::OneToOne && r.holder == KeyHolder::Target);
        let ordered = !sort.is_empty() || one || self.is_windowed();
        if ordered && !sort.contains_key("_id") {
            sort.insert("_id", 1);
        }
        sort
    }

    /// Whether the filter alone doesn't say which documents are meant.
    pub(crate) fn is_windowed(&self) -> bool {
        self.skip.is_some() || self.after.is_some() || self.window_end().is_some()
    }

    /// Whether it may leave out documents that it is asked of: by a filter, a condition or a window.
    pub(crate) fn is_part(&self) -> bool {
        !self.filter.is_always() || self.refusal.is_some() || self.is_windowed()
    }

    /// The filter, if it alone says which documents are meant.
    pub(crate) fn by_filter(&self) -> Result<Option<Document>> {
        let find = self.to_query()?;
        let alone = !self.is_windowed() && find.joins.is_empty() && find.first.is_empty() && self.via.is_none();
        Ok(alone.then_some(find.filter))
    }

    /// The relation's own limit, where `after` asks what is left of it: that isn't known before its documents are.
    pub(crate) fn limit_before_after(&self) -> Option<u64> {
        self.after.as_ref().and(self.relation?.limit)
    }

    /// The smaller of the query's limit and what its relation's leaves behind the skipped ones.
    pub(crate) fn window_end(&self) -> Option<u64> {
        let declared =
            self.relation.and_then(|relation| relation.limit).map(|limit| limit.saturating_sub(self.skip.unwrap_or(0)));
        match (declared, self.limit) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The part of `rows` that the query's window shows.
    pub(crate) fn cut<T>(&self, rows: impl Iterator<Item = T>) -> Vec<T> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        rows.skip(size(self.skip.unwrap_or(0))).take(self.window_end().map_or(usize::MAX, size)).collect()
    }

    pub(crate) fn find_options(&self, find: &Find) -> FindOptions {
        FindOptions::builder()
            .sort((!find.sort.is_empty()).then(|| find.sort.clone()))
            .skip(find.skip.map(sendable))
            .limit(find.limit.map(|n| sendable(n).cast_signed()))
            .collation(self.options.collation.clone())
            .hint(self.options.hint.clone())
            .comment(self.options.comment.clone())
            .max_time(self.options.max_time)
            .build()
    }

    pub(crate) fn aggregate_options(&self) -> AggregateOptions {
        AggregateOptions::builder()
            .hint(self.options.hint.clone())
            .comment(self.options.comment.clone())
            .max_time(self.options.max_time)
            .build()
    }

    pub(crate) fn count_options(&self, find: &Find) -> CountOptions {
        CountOptions::builder()
            .skip(find.skip.map(sendable))
            .limit(find.limit.map(sendable))
            .collation(self.options.collation.clone())
            .hint(self.options.hint.clone())
            .comment(self.options.comment.clone())
            .max_time(self.options.max_time)
            .build()
    }
}
