//! The deserializer that reads ids and dates from strings.

use std::any::type_name;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::oid::ObjectId;
use serde::de::{DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::bytes::BytesVisitor;
use super::meant::Meant;
use super::scalar::{explain, invalid_id, meanings};

/// The string that a value of any type was read from.
type Text = RefCell<Option<String>>;

/// Reads a value.
///
/// `bson` reads most of its types as values of any type: it accepts a string first, and then says that it isn't a date. A
/// deserializer can't know which type reads from it, also because a newtype or a function of serde's `with` may be in
/// between. So if the type doesn't accept the string, it is read again from what the string may stand for.
pub(super) fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = Text::default();
    let error = match T::deserialize(WebDeserializer { inner: deserializer, text: &text }) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Some(text) = text.take() else { return Err(error) };
    let value = meanings(&text).find_map(|meaning| T::deserialize(Meant::<D::Error>::new(meaning)).ok());
    value.ok_or_else(|| explain(&error.to_string(), &text).map_or(error, D::Error::custom))
}

/// Reads a value of this type.
struct Typed<T>(PhantomData<T>);

impl<T> Typed<T> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Typed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        read(deserializer)
    }
}

/// Reads by a seed of somebody else, which works only once.
struct Seeded<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seeded<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(WebDeserializer { inner: deserializer, text: &Text::default() })
    }
}

/// Passes everything on to another deserializer, and remembers the string if a value of any type is read from one.
struct WebDeserializer<'t, D> {
    inner: D,
    text: &'t Text,
}

macro_rules! hints {
    ($($method:ident($($argument:ident: $ty:ty),*);)*) => { $(
        fn $method<V: Visitor<'de>>(self, $($argument: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* WebVisitor { inner: visitor, text: self.text, is_any: false })
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WebDeserializer<'_, D> {
    type Error = D::Error;

    hints! {
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(WebVisitor { inner: visitor, text: self.text, is_any: true })
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if self.inner.is_human_readable() {
            return self.inner.deserialize_any(BytesVisitor(visitor));
        }
        self.inner.deserialize_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if self.inner.is_human_readable() {
            return self.inner.deserialize_any(BytesVisitor(visitor));
        }
        self.inner.deserialize_byte_buf(visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Passes values on to another visitor, and wraps what they contain.
struct WebVisitor<'t, V> {
    inner: V,
    text: &'t Text,
    /// Whether the value may have any type, and not only the one that the deserializer was asked for.
    is_any: bool,
}

impl<'de, V: Visitor<'de>> WebVisitor<'_, V> {
    /// Remembers the string. An id is checked here, for a better message than that of `bson`.
    fn see<E: Error>(&self, text: &str) -> Result<(), E> {
        if self.is_any {
            if type_name::<V::Value>() == type_name::<ObjectId>() && ObjectId::parse_str(text).is_err() {
                return Err(E::custom(invalid_id(text)));
            }
            *self.text.borrow_mut() = Some(text.to_owned());
        }
        Ok(())
    }
}

macro_rules! passed_on {
    ($($method:ident($($ty:ty)?);)*) => { $(
        passed_on!(@ $method $($ty)?);
    )* };
    (@ $method:ident $ty:ty) => {
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    };
    (@ $method:ident) => {
        fn $method<E: Error>(self) -> Result<V::Value, E> {
            self.inner.$method()
        }
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WebVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    passed_on! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
        visit_none();
        visit_unit();
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        self.see(text)?;
        self.inner.visit_str(text)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.see(text)?;
        self.inner.visit_borrowed_str(text)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<V::Value, E> {
        self.see(&text)?;
        self.inner.visit_string(text)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(WebDeserializer { inner: deserializer, text: self.text })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(WebDeserializer { inner: deserializer, text: self.text })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Access(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Access(access))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Access(access))
    }
}

/// Passes on the elements of another sequence, map or enum.
///
/// The methods without a seed are provided by serde. They are implemented here, because only a type can be read twice.
struct Access<A>(A);

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Access<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Seeded(seed))
    }

    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, A::Error> {
        self.0.next_element_seed(Typed::new())
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Access<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Seeded(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Seeded(seed))
    }

    fn next_key<K: Deserialize<'de>>(&mut self) -> Result<Option<K>, A::Error> {
        self.0.next_key_seed(Typed::new())
    }

    fn next_value<V: Deserialize<'de>>(&mut self) -> Result<V, A::Error> {
        self.0.next_value_seed(Typed::new())
    }

    fn next_entry<K: Deserialize<'de>, V: Deserialize<'de>>(&mut self) -> Result<Option<(K, V)>, A::Error> {
        self.0.next_entry_seed(Typed::new(), Typed::new())
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Access<A> {
    type Error = A::Error;
    type Variant = Access<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        // the name of the variant
        self.0.variant_seed(seed).map(|(name, access)| (name, Access(access)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Access<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Seeded(seed))
    }

    fn newtype_variant<T: Deserialize<'de>>(self) -> Result<T, A::Error> {
        self.0.newtype_variant_seed(Typed::new())
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = WebVisitor { inner: visitor, text: &Text::default(), is_any: false };
        self.0.tuple_variant(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = WebVisitor { inner: visitor, text: &Text::default(), is_any: false };
        self.0.struct_variant(fields, visitor)
    }
}
