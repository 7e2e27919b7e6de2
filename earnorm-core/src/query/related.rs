//! Conditions on related documents: how filters create them, and how a query renders them.

use std::borrow::Cow;

use mongodb::bson::Document;

use super::condition::Condition;
use super::filter::Fields;
use super::join::stages;
use super::question::Question;
use super::{Filter, Query};
use crate::embedded::Record;
use crate::error::Refusal;
use crate::store::Find;
use crate::{Error, Model, Relation, Result};

impl<M: Record> Filter<M> {
    /// Matches documents for which a relation leads to at least one document of `query`.
    pub(crate) fn any<R: Relation<Source = M>, T: Model>(query: Query<T>) -> Self {
        if query.effective_limit() == Some(0) {
            return Self::with_depth(Condition::never(), 1);
        }
        if query.skip.is_some_and(|n| n > 0) {
            return Self::refuse_part::<R>("a `skip`", "remove it");
        }
        Self::related::<R, _>(&query.into_filter())
    }

    /// Matches documents for which a relation leads to no document of `query` that fails a filter.
    pub(crate) fn every<R: Relation<Source = M>, T: Model>(query: Query<T>, filter: Filter<T>) -> Self {
        let limit = query.effective_limit();
        if limit == Some(0) {
            return Self::default();
        }
        if limit.is_some() || query.skip.is_some_and(|n| n > 0) {
            return Self::refuse_part::<R>("a `limit` or a `skip`", "remove it, or use a relation without one");
        }
        !Self::related::<R, _>(&(query.into_filter() & !filter))
    }

    fn related<R: Relation<Source = M>, T: Model>(of: &Filter<T>) -> Self {
        if let Some(refusal) = of.refusal() {
            return Self::from_refusal(refusal.clone());
        }
        let depth = of.depth() + 1;
        Self::with_depth(Condition::has(M::TABLE, R::META, &of.condition), depth)
    }

    /// Matches documents for which a relation to several models leads to a document of any of them.
    pub(crate) fn leads_to_any<R: Relation<Source = M>>() -> Self {
        Self::with_depth(Condition::has(M::TABLE, R::META, &Condition::Own(Document::new())), 1)
    }

    fn refuse_part<R: Relation<Source = M>>(part: &str, instead: &str) -> Self {
        let relation = R::META.name;
        let reason = format!("a condition tests all documents of `{relation}`, but this one has {part}; {instead}");
        Self::from_refusal(Refusal::Invalid { model: M::TABLE.name, reason })
    }
}

impl<M: Model> Query<M> {
    /// The filter of the query, without its order and window.
    pub(super) fn into_filter(self) -> Filter<M> {
        self.refusal.map_or(self.filter, Filter::from_refusal)
    }
}

/// The next part of a condition that needs a separate command. Fails if the query has a collation.
pub(crate) fn question<M: Model>(condition: &mut Condition, collated: bool) -> Result<Option<Question<'_>>> {
    match condition.question() {
        Some(question) if collated => Err(invalid::<M>(format!(
            "a condition on related documents reads keys of `{}` first, and a `collation` could match keys that differ; \
             remove it",
            question.find.collection
        ))),
        question => Ok(question),
    }
}

impl<M: Model, P, V> Query<M, P, V> {
    /// The filter on the documents' own fields. Adds the conditions on related documents to `find`.
    pub(crate) fn join(&self, find: &mut Find) -> Result<Filter<M>> {
        if let Some(refusal) = self.filter.refusal() {
            return Err(refusal.clone().into());
        }
        if matches!(self.filter.condition, Condition::Own(_)) {
            return Ok(self.filter.clone());
        }
        let (mut condition, collated) = (Cow::Borrowed(&self.filter.condition), self.options.collation.is_some());
        while condition.needs_own_command()
            && let Some(question) = question::<M>(condition.to_mut(), collated)?
        {
            find.first.push(question.show());
        }
        let condition = match condition {
            Cow::Owned(condition) => Cow::Owned(condition.simplified()),
            borrowed @ Cow::Borrowed(_) => borrowed,
        };
        let (own, related) = condition.split();
        find.joins = stages(&related, collated);
        // the depth of its parts was checked when the filter was built
        Ok(Fields::from(own).into())
    }
}

impl Condition {
    /// The filter document and the stages of the pipeline, with a placeholder for each part that needs a command of its
    /// own.
    pub(crate) fn for_display(mut self) -> (Document, Vec<Document>) {
        while let Some(question) = self.question() {
            question.show();
        }
        self = self.simplified();
        let (own, related) = self.split();
        (own, stages(&related, false))
    }
}

pub(crate) fn invalid<M: Model>(reason: String) -> Error {
    Error::Invalid { model: M::METADATA.name, reason, value: false }
}
