//! How deep values may be nested: what is deeper is refused before anything recurses into it.
//!
//! A serializer, a `Drop` and a server go through a value level by level, and a stack ends before a client's patience. So
//! values are counted while they are encoded, and documents of users when they become conditions or updates.

use std::fmt::Display;

use mongodb::bson::{Bson, Document};
use serde::ser::{self, Error as _, Serialize, Serializer};

use super::error::EncodeError;

/// How many documents and arrays may lie in each other: as many as a server stores.
pub(crate) const MOST: usize = 180;

const TOO_DEEP: &str = "a value is nested in more than 180 documents and lists; keep it flatter";

pub(crate) fn too_deep() -> EncodeError {
    EncodeError::new(TOO_DEEP)
}

/// The documents and arrays within a value.
fn within(value: &Bson) -> Vec<&Bson> {
    match value {
        Bson::Array(values) => values.iter().filter(|value| is_nested(value)).collect(),
        Bson::Document(document) => document.values().filter(|value| is_nested(value)).collect(),
        Bson::JavaScriptCodeWithScope(code) => code.scope.values().filter(|value| is_nested(value)).collect(),
        _ => Vec::new(),
    }
}

fn is_nested(value: &Bson) -> bool {
    matches!(value, Bson::Array(_) | Bson::Document(_) | Bson::JavaScriptCodeWithScope(_))
}

/// How many documents and arrays lie in each other, this one included; found without recursion.
pub(crate) fn depth(document: &Document) -> usize {
    let (mut depth, mut level) = (1, document.values().filter(|value| is_nested(value)).collect::<Vec<_>>());
    while !level.is_empty() {
        depth += 1;
        level = level.into_iter().flat_map(within).collect();
    }
    depth
}

/// Drops a document without recursion.
pub(crate) fn discard(document: Document) {
    let mut left = vec![Bson::Document(document)];
    while let Some(value) = left.pop() {
        match value {
            Bson::Array(values) => left.extend(values),
            Bson::Document(document) => left.extend(document.into_iter().map(|(_, value)| value)),
            Bson::JavaScriptCodeWithScope(code) => left.push(Bson::Document(code.scope)),
            _ => {}
        }
    }
}

/// A user's document, if it isn't too deep, and its depth.
pub(crate) fn checked(document: Document) -> Result<(Document, usize), EncodeError> {
    match depth(&document) {
        depth if depth > MOST => {
            discard(document);
            Err(too_deep())
        }
        depth => Ok((document, depth)),
    }
}

/// A value that fails to serialize where it is too deep.
pub(crate) struct Bounded<'v, T: ?Sized> {
    value: &'v T,
    /// How many levels may still follow.
    left: usize,
}

impl<'v, T: ?Sized> Bounded<'v, T> {
    pub(crate) fn new(value: &'v T) -> Self {
        Self { value, left: MOST }
    }
}

impl<T: Serialize + ?Sized> Serialize for Bounded<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Level { inner: serializer, left: self.left })
    }
}

/// A serializer, or what it makes of a list or a document, with the number of levels that may follow.
struct Level<S> {
    inner: S,
    left: usize,
}

impl<S> Level<S> {
    fn bounded<'v, T: ?Sized>(&self, value: &'v T) -> Bounded<'v, T> {
        Bounded { value, left: self.left }
    }
}

impl<S: Serializer> Level<S> {
    /// Begins a list or a document.
    fn enter<C>(self, begin: impl FnOnce(S) -> Result<C, S::Error>) -> Result<Level<C>, S::Error> {
        let left = self.left.checked_sub(1).ok_or_else(|| S::Error::custom(TOO_DEEP))?;
        Ok(Level { inner: begin(self.inner)?, left })
    }
}

macro_rules! scalars {
    ($($method:ident $ty:ty;)*) => { $(
        fn $method(self, value: $ty) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )* };
}

impl<S: Serializer> Serializer for Level<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Level<S::SerializeSeq>;
    type SerializeTuple = Level<S::SerializeTuple>;
    type SerializeTupleStruct = Level<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Level<S::SerializeTupleVariant>;
    type SerializeMap = Level<S::SerializeMap>;
    type SerializeStruct = Level<S::SerializeStruct>;
    type SerializeStructVariant = Level<S::SerializeStructVariant>;

    scalars! {
        serialize_bool bool;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_u128 u128;
        serialize_f32 f32;
        serialize_f64 f64;
        serialize_char char;
        serialize_str &str;
        serialize_bytes &[u8];
        serialize_unit_struct &'static str;
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.bounded(value);
        self.inner.serialize_some(&value)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.bounded(value);
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let Level { inner, left } = self.enter(Ok)?;
        inner.serialize_newtype_variant(name, index, variant, &Bounded { value, left })
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.enter(|inner| inner.serialize_seq(length))
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.enter(|inner| inner.serialize_tuple(length))
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.enter(|inner| inner.serialize_tuple_struct(name, length))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.enter(|inner| inner.serialize_tuple_variant(name, index, variant, length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.enter(|inner| inner.serialize_map(length))
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeStruct, S::Error> {
        if name.starts_with('$') {
            // a value of BSON itself, such as an `ObjectId`
            return Ok(Level { inner: self.inner.serialize_struct(name, length)?, left: self.left.max(1) });
        }
        self.enter(|inner| inner.serialize_struct(name, length))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.enter(|inner| inner.serialize_struct_variant(name, index, variant, length))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident;)*) => { $(
        impl<C: ser::$trait> ser::$trait for Level<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let value = self.bounded(value);
                self.inner.$method(&value)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )* };
}
lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

impl<C: ser::SerializeMap> ser::SerializeMap for Level<C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.inner.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.bounded(value);
        self.inner.serialize_value(&value)
    }

    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), C::Error> {
        let value = self.bounded(value);
        self.inner.serialize_entry(key, &value)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

macro_rules! structs {
    ($($trait:ident)*) => { $(
        impl<C: ser::$trait> ser::$trait for Level<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), C::Error> {
                let value = self.bounded(value);
                self.inner.serialize_field(name, &value)
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(name)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )* };
}
structs! { SerializeStruct SerializeStructVariant }

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, Document, doc};

    use super::{MOST, checked, depth};
    use crate::bson::{encode, encode_document};

    fn nested(levels: usize) -> Document {
        (1..levels).fold(Document::new(), |inner, n| {
            if n % 2 == 0 {
                doc! { "a": inner }
            } else {
                doc! { "b": inner }
            }
        })
    }

    #[test]
    fn a_server_s_depth_is_encoded_and_one_more_isnt() {
        let most = nested(MOST);
        assert_eq!(depth(&most), MOST);
        assert!(encode_document(&most).is_ok());
        // of the document around it, a value is one level
        assert!(encode(&nested(MOST - 1)).is_ok());
        assert!(encode_document(&nested(MOST + 1)).is_err_and(|error| !error.is_misuse()));
        assert!(encode(&nested(MOST)).is_err());
        assert!(checked(nested(MOST)).is_ok() && checked(nested(MOST + 1)).is_err());
    }

    #[test]
    fn what_is_far_too_deep_is_refused_and_dropped_without_recursion() {
        let mut deep = Bson::Null;
        for n in 0..1_000_000 {
            deep = if n % 2 == 0 { Bson::Array(vec![deep]) } else { doc! { "a": deep }.into() };
        }
        assert!(checked(doc! { "a": deep }).is_err());
        let mut deep = Bson::Null;
        for _ in 0..100_000 {
            deep = Bson::Array(vec![deep]);
        }
        let document = doc! { "a": deep };
        assert!(encode_document(&document).is_err());
        super::discard(document);
    }
}
