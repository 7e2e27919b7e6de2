//! What is computed of a group of documents, with the type of the result.

use serde::de::DeserializeOwned;

use super::column::{AggregateField, Comparable, Summable};
use super::measure::{Measure, Total};
use crate::query::Numeric;
use crate::{Model, Result};

/// The type of the sum of a field.
pub type SumOf<F, M> = <<<F as AggregateField<M>>::Value as Numeric>::Number as Summable>::Sum;

/// The type of the average of a field.
pub type MeanOf<F, M> = <<<F as AggregateField<M>>::Value as Numeric>::Number as Summable>::Mean;

/// The type of the values of a field, without an `Option`.
pub type ValueOf<F, M> = <<F as AggregateField<M>>::Value as Comparable>::Value;

/// Reads a result.
type Finish<T> = Box<dyn Fn(&Measure, Total) -> Result<T> + Send + Sync>;

/// What is computed of a group of documents, and how the result is read.
pub(crate) struct Metric<T> {
    pub(crate) measure: Measure,
    finish: Finish<T>,
    /// A mistake in the path to the field.
    error: Option<crate::EncodeError>,
}

impl Metric<u64> {
    pub(crate) fn count<M: Model>() -> Self {
        let finish = |_: &Measure, total| Ok(if let Total::Count(n) = total { n } else { 0 });
        Self { measure: Measure::count(M::METADATA.name), finish: Box::new(finish), error: None }
    }
}

impl<T: 'static> Metric<T> {
    pub(crate) fn sum<M: Model, F>(field: F) -> Self
    where
        F: AggregateField<M, Value: Numeric<Number: Summable<Sum = T>>>,
    {
        let column = field.into_column();
        let kind = <<F::Value as Numeric>::Number as Summable>::KIND;
        let finish = |measure: &Measure, total| {
            let amount = if let Total::Sum(amount, _) = total { Some(amount) } else { None };
            amount.and_then(<F::Value as Numeric>::Number::sum).ok_or_else(|| measure.overflow())
        };
        let measure = Measure::sum(M::METADATA.name, column.path, kind);
        Self { measure, finish: Box::new(finish), error: column.error }
    }
}

impl<T: 'static> Metric<Option<T>> {
    pub(crate) fn mean<M: Model, F>(field: F) -> Self
    where
        F: AggregateField<M, Value: Numeric<Number: Summable<Mean = T>>>,
    {
        let column = field.into_column();
        let kind = <<F::Value as Numeric>::Number as Summable>::KIND;
        let finish = |_: &Measure, total| {
            Ok(match total {
                Total::Sum(amount, n) if n > 0 => Some(<F::Value as Numeric>::Number::mean(amount, n)),
                _ => None,
            })
        };
        let measure = Measure::mean(M::METADATA.name, column.path, kind);
        Self { measure, finish: Box::new(finish), error: column.error }
    }

    pub(crate) fn least<M: Model, F>(field: F) -> Self
    where
        F: AggregateField<M, Value: Comparable<Value = T> + DeserializeOwned + 'static>,
    {
        Self::extreme::<M, F>(field, Measure::least)
    }

    pub(crate) fn greatest<M: Model, F>(field: F) -> Self
    where
        F: AggregateField<M, Value: Comparable<Value = T> + DeserializeOwned + 'static>,
    {
        Self::extreme::<M, F>(field, Measure::greatest)
    }

    fn extreme<M: Model, F>(field: F, measure: fn(&'static str, String) -> Measure) -> Self
    where
        F: AggregateField<M, Value: Comparable<Value = T> + DeserializeOwned + 'static>,
    {
        let column = field.into_column();
        let decode = column.decoder();
        let finish = move |measure: &Measure, total| {
            let Total::Value(Some(value)) = total else { return Ok(None) };
            let value = decode(value).map_err(|source| measure.decode_error(mongodb::bson::Bson::Null, source))?;
            Ok(value.into_value())
        };
        let measure = measure(M::METADATA.name, column.path);
        Self { measure, finish: Box::new(finish), error: column.error }
    }
}

impl<T> Metric<T> {
    /// Fails for a mistake in the path to the field.
    pub(crate) fn check<M: Model>(&self) -> Result<()> {
        self.error.clone().map_or(Ok(()), |source| Err(crate::Error::encode::<M>(source)))
    }

    /// The result for a group.
    pub(crate) fn finish(&self, total: Total) -> Result<T> {
        (self.finish)(&self.measure, total)
    }
}
