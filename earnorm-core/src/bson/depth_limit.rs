//! A serializer that refuses values which are nested too deeply.

use std::fmt::Display;

use serde::ser::{self, Error as _, Serialize, Serializer};

use super::nesting::{MAX_DEPTH, TOO_DEEP};

/// A value that fails to serialize if it is nested too deeply.
pub(crate) struct DepthLimited<'v, T: ?Sized> {
    value: &'v T,
    /// How many more levels are allowed.
    left: usize,
}

impl<'v, T: ?Sized> DepthLimited<'v, T> {
    pub(crate) fn new(value: &'v T) -> Self {
        Self { value, left: MAX_DEPTH }
    }
}

impl<T: Serialize + ?Sized> Serialize for DepthLimited<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Level { inner: serializer, left: self.left })
    }
}

/// A serializer, or the state of a sequence, a map or a struct, with the number of levels that are still allowed.
struct Level<S> {
    inner: S,
    left: usize,
}

impl<S> Level<S> {
    /// A value at this level.
    fn limit<'v, T: ?Sized>(&self, value: &'v T) -> DepthLimited<'v, T> {
        DepthLimited { value, left: self.left }
    }
}

impl<S: Serializer> Level<S> {
    /// Begins an array or a document, which is one level.
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
        let value = self.limit(value);
        self.inner.serialize_some(&value)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.limit(value);
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
        inner.serialize_newtype_variant(name, index, variant, &DepthLimited { value, left })
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
            // a BSON type, such as `ObjectId`, and not a document
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
                let value = self.limit(value);
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
        let value = self.limit(value);
        self.inner.serialize_value(&value)
    }

    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), C::Error> {
        let value = self.limit(value);
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
                let value = self.limit(value);
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
