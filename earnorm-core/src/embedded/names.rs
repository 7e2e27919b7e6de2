//! Finds a field with `#[model(embedded)]` by its name, at compile time.

use super::path::Embedding;
use super::record::Record;
use crate::schema::{fail, str_eq};

/// The names of a list of fields.
#[doc(hidden)]
pub trait FieldNames {
    const NAMES: Names;
}

/// A list of names.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Names {
    name: &'static str,
    rest: Option<&'static Names>,
}

impl FieldNames for () {
    const NAMES: Names = Names { name: "", rest: None };
}

impl<I: Embedding, Rest: FieldNames> FieldNames for (I, Rest) {
    const NAMES: Names = Names { name: I::FIELD, rest: Some(&Rest::NAMES) };
}

/// The place of a field with `#[model(embedded)]` among those of `R`. Messages call `R` by the name `outer`.
#[doc(hidden)]
#[track_caller]
pub const fn field_number<R: Record<Embeddings: FieldNames>>(outer: &str, name: &str) -> usize {
    let first = <R::Embeddings as FieldNames>::NAMES;
    let (mut list, mut number) = (first, 0);
    while let Some(rest) = list.rest {
        if str_eq(list.name, name) {
            return number;
        }
        (list, number) = (*rest, number + 1);
    }
    let no = ["`", outer, "` has no embedded field `", name];
    if first.rest.is_some() {
        fail(&[no[0], no[1], no[2], no[3], "`; write `", first.name, "`, or add `#[model(embedded)]` to the field"]);
    } else {
        fail(&[no[0], no[1], no[2], no[3], "`; add `#[model(embedded)]` to the field"]);
    }
    0
}
