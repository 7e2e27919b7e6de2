//! The types of fields that hold embedded documents: one, an optional one, or an array.

use std::collections::VecDeque;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::element::{LoadedElement, LoadedElements};
use super::item::EmbeddedItem;
use super::record::{Embedded, Record};
use crate::schema::Shape;

/// At most one embedded document.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Single;

/// Any number of embedded documents.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Multiple;

/// How many embedded documents there can be: [`Single`] or [`Multiple`].
#[doc(hidden)]
pub trait Count: Send + Sync + 'static {
    const MULTIPLE: bool;
}

impl Count for Single {
    const MULTIPLE: bool = false;
}

impl Count for Multiple {
    const MULTIPLE: bool = true;
}

/// A field with an array of embedded documents.
#[diagnostic::on_unimplemented(
    message = "this field holds one embedded document, not an array of them",
    label = "not an array",
    note = "for conditions on the embedded document, write `.is(..)`, as in `Order::BILLING.is(Party::NAME.eq(\"Ada\"))`; for a path to a field of it, write `.at(..)`"
)]
pub trait IsArray {}

impl IsArray for Multiple {}

/// A field with at most one embedded document.
#[diagnostic::on_unimplemented(
    message = "this field holds an array of embedded documents",
    label = "an array",
    note = "write `.any(..)`, `.none(..)` or `.every(..)`, as in `Order::LINES.any(Line::QUANTITY.gt(3))`"
)]
pub trait IsSingle {}

impl IsSingle for Single {}

/// The type of a field that holds embedded documents: a struct that derives `Embedded`, an `Option` of it, or a `Vec` or
/// `VecDeque` of these; also an `Option` of an array.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` holds no embedded documents",
    label = "expected a struct that derives `Embedded`, or an `Option`, a `Vec` or a `VecDeque` of it",
    note = "add `#[derive(Embedded)]` to the struct; a model can't be embedded",
    note = "in place of a map or an array of arrays, which a server can't search by a path, store a `Vec` of structs, with the key of the map as a field"
)]
pub trait EmbeddedField: DeserializeOwned + Send + Sync + 'static {
    /// The embedded document.
    type Record: Embedded;
    #[doc(hidden)]
    type Count: Count;
    /// How the field is read together with what was loaded for its documents.
    #[doc(hidden)]
    type View<'a, L: 'a>;

    /// The value if the field isn't stored; `None` if there has to be one.
    #[doc(hidden)]
    fn missing() -> Option<Self>;
    /// Calls `each` with every embedded document, in order and without nulls.
    #[doc(hidden)]
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a Self::Record));
    #[doc(hidden)]
    fn visit_mut(&mut self, each: &mut dyn FnMut(&mut Self::Record));
    /// `loaded` has a value for each document that `visit` finds.
    #[doc(hidden)]
    fn view<'a, L>(&'a self, loaded: &'a [L]) -> Self::View<'a, L>;
    /// Serializes the field with `write(document, loaded)` in place of each document.
    #[doc(hidden)]
    fn serialize_with<'a, L, V: Serialize, S: Serializer>(
        &'a self,
        loaded: &'a [L],
        write: &dyn Fn(&'a Self::Record, &'a L) -> V,
        serializer: S,
    ) -> Result<S::Ok, S::Error>;
}

#[diagnostic::do_not_recommend]
impl<E: Embedded> EmbeddedField for E {
    type Record = E;
    type Count = Single;
    type View<'a, L: 'a> = LoadedElement<'a, E, L>;

    fn missing() -> Option<Self> {
        None
    }

    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a E)) {
        each(self);
    }

    fn visit_mut(&mut self, each: &mut dyn FnMut(&mut E)) {
        each(self);
    }

    fn view<'a, L>(&'a self, loaded: &'a [L]) -> LoadedElement<'a, E, L> {
        LoadedElement::new(self, &loaded[0])
    }

    fn serialize_with<'a, L, V: Serialize, S: Serializer>(
        &'a self,
        loaded: &'a [L],
        write: &dyn Fn(&'a E, &'a L) -> V,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        write(self, &loaded[0]).serialize(serializer)
    }
}

#[diagnostic::do_not_recommend]
impl<F: EmbeddedField> EmbeddedField for Option<F> {
    type Record = F::Record;
    type Count = F::Count;
    type View<'a, L: 'a> = Option<F::View<'a, L>>;

    fn missing() -> Option<Self> {
        Some(None)
    }

    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a F::Record)) {
        if let Some(field) = self {
            field.visit(each);
        }
    }

    fn visit_mut(&mut self, each: &mut dyn FnMut(&mut F::Record)) {
        if let Some(field) = self {
            field.visit_mut(each);
        }
    }

    fn view<'a, L>(&'a self, loaded: &'a [L]) -> Option<F::View<'a, L>> {
        self.as_ref().map(|field| field.view(loaded))
    }

    fn serialize_with<'a, L, V: Serialize, S: Serializer>(
        &'a self,
        loaded: &'a [L],
        write: &dyn Fn(&'a F::Record, &'a L) -> V,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match self {
            Some(field) => field.serialize_with(loaded, write, serializer),
            None => serializer.serialize_none(),
        }
    }
}

macro_rules! arrays {
    ($($array:ident: $slices:expr;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<I: EmbeddedItem> EmbeddedField for $array<I> {
            type Record = I::Record;
            type Count = Multiple;
            type View<'a, L: 'a> = LoadedElements<'a, I, L>;

            fn missing() -> Option<Self> {
                Some(Self::new())
            }

            fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a I::Record)) {
                self.iter().filter_map(I::record).for_each(each);
            }

            fn visit_mut(&mut self, each: &mut dyn FnMut(&mut I::Record)) {
                self.iter_mut().filter_map(I::record_mut).for_each(each);
            }

            fn view<'a, L>(&'a self, loaded: &'a [L]) -> LoadedElements<'a, I, L> {
                let slices: fn(&'a Self) -> (&'a [I], &'a [I]) = $slices;
                LoadedElements::new(slices(self), loaded)
            }

            fn serialize_with<'a, L, V: Serialize, S: Serializer>(
                &'a self,
                loaded: &'a [L],
                write: &dyn Fn(&'a I::Record, &'a L) -> V,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let mut loaded = loaded.iter();
                serializer.collect_seq(self.iter().map(|item| {
                    item.record().and_then(|record| Some(write(record, loaded.next()?)))
                }))
            }
        }
    )* };
}
arrays! {
    Vec: |array| (array.as_slice(), &[]);
    VecDeque: VecDeque::as_slices;
}

impl<T: EmbeddedField> Shape<T> {
    /// Whether the field holds embedded documents with relations.
    pub const HAS_KEYS: bool = <T::Record as Record>::HAS_KEYS;
}
