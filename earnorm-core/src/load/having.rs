//! What is asked of a relation in [`Query::having`](crate::Query::having).

use super::{Include, Reach};
use crate::relation::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
use crate::{Having, IntoHaving, Model, Relation};

impl<D: Reach, P> Include<D, P> {
    /// Only documents that are themselves related to such; see [`Query::having`](crate::Query::having).
    pub fn having(mut self, condition: impl IntoHaving<D::Target>) -> Self {
        self.query = self.query.having(condition);
        self
    }
}

impl<D: Reach> Include<D, ()> {
    /// True of documents with such a related one; see [`Query::having`](crate::Query::having).
    pub fn any(self) -> Having<D::Source> {
        Having::any::<D::Marker, _>(self.query)
    }

    /// True of documents without such a related one; see [`Query::having`](crate::Query::having).
    pub fn none(self) -> Having<D::Source> {
        !self.any()
    }

    /// True of documents that have no such related one that fails a condition, so of those without any too; see
    /// [`Query::having`](crate::Query::having).
    pub fn every(self, condition: impl IntoHaving<D::Target>) -> Having<D::Source> {
        Having::every::<D::Marker, _>(self.query, condition.into_having())
    }
}

macro_rules! conditions {
    ($($kind:ident<S, T, R $(, $join:ident)?>;)*) => { $(
        impl<S: Model, T: Model, R: Relation<Source = S> $(, $join: Model)?> $kind<S, T, R $(, $join)?> {
            /// Only documents that are themselves related to such; see [`Query::having`](crate::Query::having).
            pub fn having(self, condition: impl IntoHaving<T>) -> Include<Self, ()> {
                Include::of(self).having(condition)
            }

            /// True of documents with a related one; see [`Query::having`](crate::Query::having).
            pub fn any(self) -> Having<S> {
                Include::of(self).any()
            }

            /// True of documents without a related one; see [`Query::having`](crate::Query::having).
            pub fn none(self) -> Having<S> {
                Include::of(self).none()
            }

            /// True of documents that have no related one that fails a condition, so of those without any too; see
            /// [`Query::having`](crate::Query::having).
            pub fn every(self, condition: impl IntoHaving<T>) -> Having<S> {
                Include::of(self).every(condition)
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
