//! Paths from a model to its embedded documents, as types, so that dotted names are constants.

use std::marker::PhantomData;

use super::container::{Count, EmbeddedField};
use super::record::{Embedded, Record};
use crate::schema::{Numbered, fail};

/// A field with `#[model(embedded)]`, as a type. The derive implements it for a hidden marker type.
#[doc(hidden)]
pub trait Embedding: Send + Sync + 'static {
    type Holder: Record;
    /// The type of the field. Whether it holds embedded documents is checked once, in the table of the model.
    type Field: Send + Sync + 'static;
    /// Its number among the relations and embedded fields of its struct.
    type Is: Numbered;
    /// The name of the struct that has the field. It isn't read from the struct's table, which is made of this.
    const HOLDER: &'static str;
    /// The name of the field in the struct.
    const FIELD: &'static str;
    /// The stored name of the field; empty if it is flattened.
    const NAME: &'static str;
    fn get(holder: &Self::Holder) -> &Self::Field;
    fn get_mut(holder: &mut Self::Holder) -> &mut Self::Field;
}

/// A path of any length to embedded documents: a field, or a path and a field of its embedded documents.
#[doc(hidden)]
pub trait EmbeddedPath: Send + Sync + 'static {
    type Holder: Record;
    type Record: Embedded;
    /// Whether it leads through an array.
    const MULTIPLE: bool;
    const HOLDER: &'static str;
    /// The names of the fields in their structs, with dots.
    const FIELDS: &'static str;
    /// The stored names, with dots.
    const NAME: &'static str;
    /// The stored names, with `[]` after each array.
    const PATTERN: &'static str;
    fn visit<'a>(holder: &'a Self::Holder, each: &mut dyn FnMut(&'a Self::Record));
    fn visit_mut(holder: &mut Self::Holder, each: &mut dyn FnMut(&mut Self::Record));
}

impl<I: Embedding<Field: EmbeddedField>> EmbeddedPath for I {
    type Holder = I::Holder;
    type Record = <I::Field as EmbeddedField>::Record;
    const MULTIPLE: bool = <<I::Field as EmbeddedField>::Count as Count>::MULTIPLE;
    const HOLDER: &'static str = I::HOLDER;
    const FIELDS: &'static str = I::FIELD;
    const NAME: &'static str = I::NAME;
    const PATTERN: &'static str = Pattern::<I>::TEXT.as_str();

    fn visit<'a>(holder: &'a I::Holder, each: &mut dyn FnMut(&'a Self::Record)) {
        I::get(holder).visit(each);
    }

    fn visit_mut(holder: &mut I::Holder, each: &mut dyn FnMut(&mut Self::Record)) {
        I::get_mut(holder).visit_mut(each);
    }
}

struct Pattern<I>(PhantomData<I>);

impl<I: Embedding<Field: EmbeddedField>> Pattern<I> {
    const TEXT: &'static Joined = &Joined::of([I::NAME, if <I as EmbeddedPath>::MULTIPLE { "[]" } else { "" }, ""]);
}

/// The path `A`, and a field `B` of its embedded documents that holds further ones.
#[doc(hidden)]
pub struct NestedPath<A, B>(PhantomData<fn() -> (A, B)>);

impl<A: EmbeddedPath, B: EmbeddedPath<Holder = A::Record>> NestedPath<A, B> {
    const FIELDS_TEXT: &'static Joined = &Joined::path(A::FIELDS, B::FIELDS);
    const NAME_TEXT: &'static Joined = &Joined::path(A::NAME, B::NAME);
    const PATTERN_TEXT: &'static Joined = &Joined::path(A::PATTERN, B::PATTERN);
}

impl<A: EmbeddedPath, B: EmbeddedPath<Holder = A::Record>> EmbeddedPath for NestedPath<A, B> {
    type Holder = A::Holder;
    type Record = B::Record;
    const MULTIPLE: bool = A::MULTIPLE || B::MULTIPLE;
    const HOLDER: &'static str = A::HOLDER;
    const FIELDS: &'static str = Self::FIELDS_TEXT.as_str();
    const NAME: &'static str = Self::NAME_TEXT.as_str();
    const PATTERN: &'static str = Self::PATTERN_TEXT.as_str();

    fn visit<'a>(holder: &'a A::Holder, each: &mut dyn FnMut(&'a B::Record)) {
        A::visit(holder, &mut |record| B::visit(record, each));
    }

    fn visit_mut(holder: &mut A::Holder, each: &mut dyn FnMut(&mut B::Record)) {
        A::visit_mut(holder, &mut |record| B::visit_mut(record, each));
    }
}

/// The stored name of a field of the embedded documents that a path leads to, joined at compile time.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct PathName(Joined);

impl PathName {
    #[track_caller]
    pub const fn of<P: EmbeddedPath>(field: &str) -> Self {
        let joined = Joined::path(P::NAME, field);
        check_length(joined.text());
        Self(joined)
    }

    pub const fn as_str(&'static self) -> &'static str {
        self.0.as_str()
    }
}

/// The greatest length of a joined name, in bytes.
const MAX_LENGTH: usize = 192;

/// Fails to compile if a joined name is too long.
#[track_caller]
pub(crate) const fn check_length(path: &str) {
    if path.len() > MAX_LENGTH {
        fail(&["the path `", path, "..` is longer than 192 bytes; shorten its names"]);
    }
}

/// A text that is joined at compile time from parts that may be generic. A text that is too long is cut off. It is reported
/// by [`check_length`] where the user's code is, because a message from here would point here.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub(crate) struct Joined {
    bytes: [u8; MAX_LENGTH + 1],
    length: usize,
}

impl Joined {
    /// `outer.inner`; without a dot if one of them is empty, which is the name of a flattened field.
    pub(crate) const fn path(outer: &str, inner: &str) -> Self {
        Self::of([outer, if outer.is_empty() || inner.is_empty() { "" } else { "." }, inner])
    }

    pub(crate) const fn of(parts: [&str; 3]) -> Self {
        let (mut bytes, mut length, mut part) = ([0; MAX_LENGTH + 1], 0, 0);
        while part < parts.len() {
            let (text, mut i) = (parts[part].as_bytes(), 0);
            while i < text.len() && length < bytes.len() {
                bytes[length] = text[i];
                (length, i) = (length + 1, i + 1);
            }
            part += 1;
        }
        Self { bytes, length }
    }

    pub(crate) const fn as_str(&'static self) -> &'static str {
        self.text()
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}
