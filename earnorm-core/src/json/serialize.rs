//! The serializer that turns ids and dates into strings.

use std::fmt::Display;

use mongodb::bson::Bson;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};

use super::scalar::{bytes_to_text, is_string, to_text};
use crate::bson::encode;

/// A value that serializes for the web.
pub(super) struct Web<'v, T: ?Sized>(pub(super) &'v T);

impl<T: Serialize + ?Sized> Serialize for Web<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(WebSerializer(serializer))
    }
}

/// Passes everything on to another serializer, except for the structs as which `bson` serializes its types.
struct WebSerializer<S>(S);

macro_rules! passed_on {
    ($($method:ident($($argument:ident: $ty:ty),*);)*) => { $(
        fn $method(self $(, $argument: $ty)*) -> Result<S::Ok, S::Error> {
            self.0.$method($($argument),*)
        }
    )* };
}

macro_rules! begun {
    ($($method:ident($($argument:ident: $ty:ty),*) -> $state:ident;)*) => { $(
        fn $method(self $(, $argument: $ty)*) -> Result<Self::$state, S::Error> {
            self.0.$method($($argument),*).map(Compound)
        }
    )* };
}

impl<S: Serializer> Serializer for WebSerializer<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<S::SerializeSeq>;
    type SerializeTuple = Compound<S::SerializeTuple>;
    type SerializeTupleStruct = Compound<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<S::SerializeTupleVariant>;
    type SerializeMap = Compound<S::SerializeMap>;
    type SerializeStruct = Struct<S>;
    type SerializeStructVariant = Compound<S::SerializeStructVariant>;

    passed_on! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    begun! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeStructVariant;
    }

    /// The generic subtype of binary values serializes as bytes too.
    fn serialize_bytes(self, value: &[u8]) -> Result<S::Ok, S::Error> {
        self.0.serialize_str(&bytes_to_text(value))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Web(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Web(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Web(value))
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Struct<S>, S::Error> {
        if is_string(name) {
            return Ok(Struct::Type { serializer: self.0, name, content: None });
        }
        let state = self.0.serialize_struct(name, length)?;
        // what is inside of Extended JSON is Extended JSON
        Ok(if name.starts_with('$') { Struct::Extended(state) } else { Struct::Plain(state) })
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    /// JSON is text. The types of `bson` serialize as structs only for such formats.
    fn is_human_readable(&self) -> bool {
        true
    }
}

/// Passes its elements on to another sequence or map.
struct Compound<C>(C);

macro_rules! elements {
    ($($name:ident::$method:ident;)*) => { $(
        impl<C: $name> $name for Compound<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                self.0.$method(&Web(value))
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.0.end()
            }
        }
    )* };
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

impl<C: SerializeMap> SerializeMap for Compound<C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.0.serialize_key(&Web(key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        self.0.serialize_value(&Web(value))
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), C::Error> {
        self.0.serialize_entry(&Web(key), &Web(value))
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.0.end()
    }
}

impl<C: SerializeStructVariant> SerializeStructVariant for Compound<C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), C::Error> {
        self.0.serialize_field(key, &Web(value))
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.0.end()
    }
}

/// A struct, or a type of `bson` that serializes as one.
enum Struct<S: Serializer> {
    Plain(S::SerializeStruct),
    /// A type of `bson` that stays Extended JSON.
    Extended(S::SerializeStruct),
    /// A type of `bson` that may become a string, with the value of its only field.
    Type {
        serializer: S,
        name: &'static str,
        content: Option<(&'static str, Bson)>,
    },
}

impl<S: Serializer> SerializeStruct for Struct<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        match self {
            Self::Plain(state) => state.serialize_field(key, &Web(value)),
            Self::Extended(state) => state.serialize_field(key, value),
            Self::Type { content, .. } => {
                *content = Some((key, encode(value).map_err(S::Error::custom)?));
                Ok(())
            }
        }
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        match self {
            Self::Plain(state) | Self::Extended(state) => state.skip_field(key),
            Self::Type { .. } => Ok(()),
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(state) | Self::Extended(state) => state.end(),
            Self::Type { serializer, name, content } => {
                if let Some(text) = content.as_ref().and_then(|(_, content)| to_text(name, content)) {
                    return serializer.serialize_str(&text);
                }
                let mut state = serializer.serialize_struct(name, usize::from(content.is_some()))?;
                if let Some((key, content)) = content {
                    state.serialize_field(key, &content)?;
                }
                state.end()
            }
        }
    }
}
