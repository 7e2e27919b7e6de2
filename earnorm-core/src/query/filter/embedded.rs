//! Conditions on embedded documents.

use mongodb::bson::doc;

use super::Filter;
use crate::embedded::{EmbeddedField, Filterable, Flattened, IsArray, IsSingle, TypedPath};
use crate::error::{Refusal, short_name};
use crate::query::condition::{Condition, on_object};
use crate::{Field, IntoFilter};

impl<M> Filter<M> {
    /// Matches documents with an element of the array at `path` that matches a filter.
    fn element<E>(path: &str, filter: Filter<E>) -> Self {
        if let Some(refusal) = filter.refusal {
            return Self::from_refusal(refusal);
        }
        if filter.condition.counts_array() {
            let reason = format!(
                "a condition on an element of `{path}` can't count the documents of an array of keys; use `.any()` or `.none()`"
            );
            return Self::from_refusal(Refusal::Invalid { model: short_name::<E>(), reason });
        }
        let depth = filter.depth + 3;
        let condition = match filter.condition {
            Condition::Own(document) => Condition::Own(doc! { path: { "$elemMatch": on_object(document) } }),
            condition => Condition::Element(path.to_owned(), Box::new(condition)),
        };
        Self::with_depth(condition, depth)
    }

    /// Matches documents whose embedded document at `path` matches a filter.
    fn inside<E>(path: &str, filter: Filter<E>) -> Self {
        if let Some(refusal) = filter.refusal {
            return Self::from_refusal(refusal);
        }
        match filter.condition.inside(path) {
            Ok(condition) => Self::with_depth(condition, filter.depth),
            Err(error) => Self::from_error(error),
        }
    }
}

macro_rules! conditions {
    ($([$($generics:tt)*] $target:ty $(where $n:ident)?;)*) => { $(
        impl<$($generics)*> $target {
            /// Matches documents with an element of the array that matches the filter: all conditions of the filter have to
            /// be true of the same element (`$elemMatch`).
            ///
            /// The filter can have conditions on documents that the element is related to. They are read first, with one
            /// more command for each relation.
            ///
            /// ```
            /// # use earnorm::prelude::*;
            /// # #[derive(Serialize, Deserialize, Embedded)]
            /// # struct Line { sku: String, quantity: i32 }
            /// # #[derive(Serialize, Deserialize, Model)]
            /// # struct Order { #[serde(rename = "_id")] id: ObjectId, #[model(embedded)] lines: Vec<Line> }
            /// let filter = Order::LINES.any(Line::QUANTITY.gt(3) & Line::SKU.eq("x"));
            /// assert_eq!(
            ///     filter.to_string(),
            ///     r#"{ "lines": { "$elemMatch": { "quantity": { "$gt": 3 }, "sku": "x" } } }"#,
            /// );
            /// ```
            pub fn any(self, filter: impl IntoFilter<T::Record>) -> Filter<M>
            where
                $($n: Filterable,)?
                T: EmbeddedField<Count: IsArray>,
            {
                Filter::element(self.name(), filter.into_filter())
            }

            /// Matches documents without an element of the array that matches the filter; also documents without the
            /// array.
            pub fn none(self, filter: impl IntoFilter<T::Record>) -> Filter<M>
            where
                $($n: Filterable,)?
                T: EmbeddedField<Count: IsArray>,
            {
                !self.any(filter)
            }

            /// Matches documents if every element of the array matches the filter. Documents without an element match
            /// too. Nulls in the array are ignored.
            pub fn every(self, filter: impl IntoFilter<T::Record>) -> Filter<M>
            where
                $($n: Filterable,)?
                T: EmbeddedField<Count: IsArray>,
            {
                !self.any(!filter.into_filter())
            }

            /// Matches documents whose embedded document matches the filter. A condition that matches a missing field
            /// also matches if there is no embedded document.
            ///
            /// ```
            /// # use earnorm::prelude::*;
            /// # #[derive(Serialize, Deserialize, Embedded)]
            /// # struct Party { name: String, vip: bool }
            /// # #[derive(Serialize, Deserialize, Model)]
            /// # struct Order { #[serde(rename = "_id")] id: ObjectId, #[model(embedded)] billing: Option<Party> }
            /// let filter = Order::BILLING.is(Party::NAME.eq("Ada") & Party::VIP.eq(true));
            /// assert_eq!(filter.to_string(), r#"{ "billing.name": "Ada", "billing.vip": true }"#);
            /// ```
            pub fn is(self, filter: impl IntoFilter<T::Record>) -> Filter<M>
            where
                $($n: Filterable,)?
                T: EmbeddedField<Count: IsSingle>,
            {
                Filter::inside(self.name(), filter.into_filter())
            }
        }
    )* };
}
conditions! {
    [M, T] Field<M, T>;
    [M, T, N] TypedPath<M, T, N> where N;
}

impl<M, T: EmbeddedField<Count: IsSingle>, I> Flattened<M, T, I> {
    /// Matches documents whose flattened embedded document matches the filter.
    pub fn is(self, filter: impl IntoFilter<T::Record>) -> Filter<M> {
        Filter::inside("", filter.into_filter())
    }
}
