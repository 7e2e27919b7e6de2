//! Reads a value from what a string stands for.

use std::iter::once;
use std::marker::PhantomData;

use serde::de::value::MapDeserializer;
use serde::de::{Error, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::scalar::Meaning;

/// Deserializes what a string stands for, as Extended JSON.
pub(super) struct Meant<E> {
    meaning: Meaning,
    error: PhantomData<E>,
}

impl<E> Meant<E> {
    pub(super) fn new(meaning: Meaning) -> Self {
        Self { meaning, error: PhantomData }
    }
}

impl<'de, E: Error> Deserializer<'de> for Meant<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.meaning {
            Meaning::Date(millis) => visitor.visit_map(MapDeserializer::new(once(("$date", millis)))),
            Meaning::Decimal(digits) => visitor.visit_map(MapDeserializer::new(once(("$numberDecimal", digits)))),
            Meaning::Uuid(uuid) => visitor.visit_map(MapDeserializer::new(once(("$uuid", uuid)))),
            Meaning::Bytes(bytes) => visitor.visit_byte_buf(bytes),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
