//! Embedded documents with loaded relations, in one type, whatever the query loaded.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::{Serialize, Serializer};

use super::embedded::EmbeddedKey;
use super::erased::{AddMember, ErasedSlot, FlatErased, LoadedValue, ReadErased, count, slot};
use super::reach::Reach;
use crate::embedded::{EmbeddedField, Embedding, Embeds, Flattened, Record};

macro_rules! read_embedded {
    ($($constant:ident)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<M: Record, T: EmbeddedField, I: Embedding<Holder = M, Field = T>> ReadErased<M> for $constant<M, T, I> {
            type Seen<'a> = Vec<ErasedElement<'a, T::Record>>;

            fn read<'a>(self, document: &'a M, slots: &'a [ErasedSlot]) -> Option<Self::Seen<'a>> {
                let loaded = slot::<EmbeddedKey<I>>(slots)?.loaded().downcast_ref::<Vec<Vec<ErasedSlot>>>()?;
                let (mut elements, mut loaded) = (Vec::with_capacity(loaded.len()), loaded.iter());
                I::get(document).visit(&mut |record| {
                    elements.extend(loaded.next().map(|slots| ErasedElement { record, slots }));
                });
                Some(elements)
            }
        }
    )* };
}
read_embedded!(Embeds Flattened);

/// An embedded document with its loaded relations, like [`LoadedElement`](crate::LoadedElement), but of one type for all
/// queries. It derefs to the embedded document.
pub struct ErasedElement<'a, E> {
    record: &'a E,
    slots: &'a [ErasedSlot],
}

impl<'a, E: Record> ErasedElement<'a, E> {
    /// The loaded documents of a relation, or `None` if it wasn't loaded; see [`Erased::related`](crate::Erased::related).
    pub fn related<D: ReadErased<E>>(&self, relation: D) -> Option<D::Seen<'a>> {
        relation.read(self.record, self.slots)
    }

    /// The number of documents of a relation, or `None` if its count wasn't loaded.
    pub fn count<D: Reach<Source = E>>(&self, _relation: D) -> Option<u64> {
        count::<D>(self.slots)
    }

    /// The embedded document, for as long as the document that holds it exists.
    pub fn get(&self) -> &'a E {
        self.record
    }
}

impl<E> Clone for ErasedElement<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for ErasedElement<'_, E> {}

impl<E> Deref for ErasedElement<'_, E> {
    type Target = E;

    fn deref(&self) -> &E {
        self.record
    }
}

impl<E: Record> Serialize for ErasedElement<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FlatErased(self.record, self.slots).serialize(serializer)
    }
}

/// What was loaded for the embedded documents of the field `I`: the slots of each, in their order.
pub(super) struct ErasedElements<I> {
    slots: Vec<Vec<ErasedSlot>>,
    field: PhantomData<fn() -> I>,
}

impl<I> ErasedElements<I> {
    pub(super) fn new(slots: Vec<Vec<ErasedSlot>>) -> Self {
        Self { slots, field: PhantomData }
    }
}

impl<I: Embedding<Field: EmbeddedField>> LoadedValue for ErasedElements<I> {
    fn loaded(&self) -> &dyn Any {
        &self.slots
    }

    fn as_serialize(&self) -> &dyn erased_serde::Serialize {
        &()
    }

    /// The relations of a flattened document are members of its holder. Otherwise, they are in the replaced field.
    fn members(&self, document: &dyn Any, _: &str, add: AddMember<'_>) {
        let Some(holder) = document.downcast_ref::<I::Holder>().filter(|_| I::NAME.is_empty()) else { return };
        let mut each = self.slots.iter();
        I::get(holder).visit(&mut |record| {
            for slot in each.next().into_iter().flatten() {
                (slot.name)(&mut |name| slot.value.members(record, name, add));
            }
        });
    }

    fn replaces(&self) -> bool {
        !I::NAME.is_empty()
    }

    fn replacement<'a>(&'a self, document: &'a dyn Any, name: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>> {
        let holder = document.downcast_ref::<I::Holder>().filter(|_| name == I::NAME)?;
        Some(Box::new(MergedErased(I::get(holder), &self.slots)))
    }
}

/// The embedded documents of a field, each with its loaded relations as members.
struct MergedErased<'a, F>(&'a F, &'a [Vec<ErasedSlot>]);

impl<F: EmbeddedField> Serialize for MergedErased<'_, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_with(self.1, &|record, slots| FlatErased(record, slots), serializer)
    }
}
