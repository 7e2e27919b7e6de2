//! From a query to the command that is sent.

use std::borrow::Cow;

use mongodb::bson::{Bson, Document, doc};

use super::{Query, after, is_too_long};
use crate::schema::{KeyHolder, RelationKind};
use crate::store::{self, Find};
use crate::{Error, Model, Result};

impl<M: Model, P, V> Query<M, P, V> {
    /// Returns the command that the query would send for its own documents, without sending it. The commands that load
    /// relations ([`with`](Query::with)) aren't included.
    ///
    /// # Errors
    ///
    /// The errors of the query that occur before anything is sent: [`Error::Unsaved`] for a relation of a document
    /// without an id, [`Error::Encode`] for an operand that BSON can't represent, [`Error::Invalid`] for an order by
    /// which [`after`](Query::after) can't page.
    pub fn to_query(&self) -> Result<Find> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone().into());
        }
        self.check_after()?;
        let sort = self.sort();
        let mut find = Find::new(self.documents(), Document::new());
        let mut filter = self.join(&mut find)?;
        self.compute_order(&mut find);
        let arrangement = self.arrangement();
        let among = arrangement.as_deref().or(self.ids.as_ref().map(|ids| ids.list.as_slice()));
        if let Some(ids) = among {
            filter = filter & store::among("_id", ids);
        }
        if let Some(ids) = self.without.as_ref().filter(|ids| !is_too_long(ids)) {
            filter = filter & store::none_of("_id", ids);
        }
        if let Some(limit) = self.limit_under_after() {
            let mut window = Find::new(self.documents(), filter.clone().into_document()?);
            (window.joins, window.sort, window.limit) = (find.joins.clone(), sort.clone(), Some(limit));
            find.first.push(window);
            filter = filter & doc! { "_id": { "$in": format!("`_id` of {}", find.collection) } };
        }
        if let (Some(last), None) = (&self.after, &arrangement) {
            let last = Document::try_from(last.as_ref()).map_err(Error::other)?;
            filter = filter
                & after::filter_after::<M>(&sort, &last, self.options.collation.is_some())
                    .map_err(|reason| Error::Invalid { model: M::METADATA.name, reason, value: false })?;
        }
        find.filter = self.documents().only(filter.into_document()?);
        find.through = self.via.as_ref().map(|via| Box::new(via.find.clone()));
        if self.empty || among.is_some_and(<[Bson]>::is_empty) {
            find.limit = Some(0);
        } else if arrangement.is_none() {
            find.sort = sort;
            find.skip = self.skip.filter(|n| *n > 0);
            find.limit = self.effective_limit();
        }
        Ok(find)
    }

    /// The ids whose order is the order of the results, if there is such a list. The server can't sort by a list, so
    /// all of its documents are read, and the window is applied afterwards.
    pub(crate) fn arrangement(&self) -> Option<Cow<'_, [Bson]>> {
        let declared = self.relation.is_some_and(|relation| !relation.order_by.is_empty());
        let ids = self.ids.as_ref().filter(|ids| ids.keep_order)?;
        match &self.after {
            _ if declared || !self.order.keys.is_empty() => None,
            Some(last) => Some(after::ids_after(&ids.list, last).into()),
            None => Some(ids.list.as_slice().into()),
        }
    }

    /// The sort document that is sent.
    pub(crate) fn sort(&self) -> Document {
        let mut sort = self.order.keys.clone();
        if sort.is_empty()
            && let Some(relation) = self.relation
        {
            sort.extend(relation.order_by.iter().map(|(name, d)| ((*name).to_owned(), (*d).into())));
        }
        // of several documents of a one-to-one, the one with the least `_id` is returned
        let one = self.relation.is_some_and(|r| r.kind == RelationKind::OneToOne && r.holder == KeyHolder::Target);
        let ordered = !sort.is_empty() || one || self.is_windowed();
        if ordered && !sort.contains_key("_id") {
            sort.insert("_id", 1);
        }
        sort
    }

    /// Whether the query has a window: a `skip`, a limit or an `after`.
    pub(crate) fn is_windowed(&self) -> bool {
        self.skip.is_some() || self.after.is_some() || self.effective_limit().is_some()
    }

    /// Whether a filter, a tag or a window may exclude some of the documents to which the query was restricted.
    pub(crate) fn is_restricted(&self) -> bool {
        !self.filter.is_always() || M::METADATA.config.tag.is_some() || self.refusal.is_some() || self.is_windowed()
    }

    /// The filter, if it alone selects the documents of the query.
    pub(crate) fn filter_alone(&self) -> Result<Option<Document>> {
        let find = self.to_query()?;
        let alone = !self.is_windowed() && find.joins.is_empty() && find.first.is_empty() && self.via.is_none();
        Ok(alone.then_some(find.filter))
    }

    /// The limit of the relation, if the query has an `after`. The ids within the limit then have to be read first.
    pub(crate) fn limit_under_after(&self) -> Option<u64> {
        self.after.as_ref().and(self.relation?.limit)
    }

    /// The smaller of the query's limit and the relation's limit. The relation's limit includes skipped documents.
    pub(crate) fn effective_limit(&self) -> Option<u64> {
        let declared =
            self.relation.and_then(|relation| relation.limit).map(|limit| limit.saturating_sub(self.skip.unwrap_or(0)));
        match (declared, self.limit) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The rows within the query's window.
    pub(crate) fn apply_window<T>(&self, rows: impl Iterator<Item = T>) -> Vec<T> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        rows.skip(size(self.skip.unwrap_or(0))).take(self.effective_limit().map_or(usize::MAX, size)).collect()
    }
}
