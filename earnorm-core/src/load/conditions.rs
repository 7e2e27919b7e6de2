//! Conditions on related documents, made from a relation constant.

use super::include::Include;
use super::reach::LoadKeys;
use crate::embedded::Record;
use crate::relation::{Association, Kind};
use crate::{Filter, IntoFilter, Model, Relation};

impl<D: LoadKeys> Include<D, ()> {
    /// Matches documents with at least one related document that this include selects; see [`Filter`].
    pub fn any(self) -> Filter<D::Source> {
        Filter::any::<D::Marker, _>(self.query)
    }

    /// Matches documents without a related document that this include selects; see [`Filter`].
    pub fn none(self) -> Filter<D::Source> {
        !self.any()
    }

    /// Matches documents if every related document that this include selects matches `filter`. Documents without a
    /// selected one match too. See [`Filter`].
    pub fn every(self, filter: impl IntoFilter<D::Target>) -> Filter<D::Source> {
        Filter::every::<D::Marker, _>(self.query, filter.into_filter())
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T>> Association<S, T, R, K>
where
    Self: LoadKeys<Marker = R, Source = S, Target = T>,
{
    /// Matches documents with at least one related document; see [`Filter`].
    pub fn any(self) -> Filter<S> {
        Include::of(self).any()
    }

    /// Matches documents without a related document; see [`Filter`].
    pub fn none(self) -> Filter<S> {
        Include::of(self).none()
    }

    /// Matches documents if every related document matches `filter`. Documents without a related one match too. See
    /// [`Filter`].
    pub fn every(self, filter: impl IntoFilter<T>) -> Filter<S> {
        Include::of(self).every(filter)
    }
}
