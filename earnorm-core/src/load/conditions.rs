//! Conditions on related documents, made from a relation constant.

use super::include::Include;
use super::reach::LoadKeys;
use crate::relation::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
use crate::{Filter, IntoFilter, Model, Relation};

impl<D: LoadKeys> Include<D, ()> {
    /// Matches documents with at least one such related document; see [`Filter`].
    pub fn any(self) -> Filter<D::Source> {
        Filter::any::<D::Marker, _>(self.query)
    }

    /// Matches documents without such a related document; see [`Filter`].
    pub fn none(self) -> Filter<D::Source> {
        !self.any()
    }

    /// Matches documents of which no such related document fails a filter, so those without any too; see [`Filter`].
    pub fn every(self, filter: impl IntoFilter<D::Target>) -> Filter<D::Source> {
        Filter::every::<D::Marker, _>(self.query, filter.into_filter())
    }
}

macro_rules! conditions {
    ($($kind:ident<S, T, R $(, $join:ident)?>;)*) => { $(
        impl<S: Model, T: Model, R: Relation<Source = S> $(, $join: Model)?> $kind<S, T, R $(, $join)?> {
            /// Matches documents with at least one related document; see [`Filter`].
            pub fn any(self) -> Filter<S> {
                Include::of(self).any()
            }

            /// Matches documents without a related document; see [`Filter`].
            pub fn none(self) -> Filter<S> {
                Include::of(self).none()
            }

            /// Matches documents of which no related document fails a filter, so those without any too; see [`Filter`].
            pub fn every(self, filter: impl IntoFilter<T>) -> Filter<S> {
                Include::of(self).every(filter)
            }
        }
    )* };
}
conditions! {
    OneToMany<S, T, R>;
    OneToOne<S, T, R>;
    ManyToOne<S, T, R>;
    ManyToMany<S, T, R, J>;
    ManyToManyByIds<S, T, R>;
    ManyToManyInIds<S, T, R>;
}
