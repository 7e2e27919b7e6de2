//! What the server computes of the documents of a query: sums, averages, extremes and counts.

mod column;
mod measure;
mod metric;

pub use column::{AggregateField, Column, Comparable, Summable};
pub(crate) use measure::{Measure, Total};
pub(crate) use metric::Metric;
pub use metric::{MeanOf, SumOf, ValueOf};
