//! What the derive of a view asks of the constants of its model's fields.

use std::collections::VecDeque;
use std::marker::PhantomData;

use crate::embedded::{Embeds, Flattened};
use crate::field::Field;
use crate::relation::{
    ManyToAny, ManyToMany, ManyToManyByIds, ManyToManyInElements, ManyToManyInIds, ManyToOne, OneToMany, OneToOne,
    ReferenceField,
};
use crate::schema::{FieldMetadata, fail, str_eq};

/// The field of a view as it is declared.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Declared {
    /// The name of the view.
    pub view: &'static str,
    /// The name of the field.
    pub field: &'static str,
    /// The name from which serde reads it.
    pub stored: &'static str,
    /// Whether a function of serde's `with` or `deserialize_with` reads it.
    pub decoded: bool,
}

impl Declared {
    #[track_caller]
    const fn check_name(self, stored: &str) {
        let Self { view, field, stored: read, .. } = self;
        if !str_eq(stored, read) {
            fail(&[
                "`",
                view,
                "::",
                field,
                "` is read from `",
                read,
                "`, but the model stores it as `",
                stored,
                "`; write `#[serde(rename = \"",
                stored,
                "\")]` on it",
            ]);
        }
    }
}

/// Replaces the constant of a field that the model doesn't have. A constant of the model would hide it.
#[doc(hidden)]
pub struct Lacking;

/// How many fields of a model the message for a misspelt one lists.
const MOST: usize = 12;

impl Lacking {
    #[track_caller]
    pub const fn viewed(&self, model: &str, fields: &[FieldMetadata], of: Declared) {
        let mut words = [""; 8 + 3 * MOST];
        (words[0], words[1], words[2], words[3]) = ("`", model, "` has no field `", of.field);
        words[4] = "`; it has ";
        let mut n = 0;
        while n < fields.len() && n < MOST {
            words[5 + 3 * n] = if n == 0 { "`" } else { ", `" };
            words[6 + 3 * n] = fields[n].name;
            words[7 + 3 * n] = "`";
            n += 1;
        }
        fail(&words);
    }
}

impl<M, T> Field<M, T> {
    #[doc(hidden)]
    #[track_caller]
    pub const fn viewed(&self, _: &str, _: &[FieldMetadata], of: Declared) {
        if !self.is_plain() && !of.decoded {
            fail(&[
                "the model stores `",
                of.field,
                "` by a function of serde's `with`; write that attribute on `",
                of.view,
                "::",
                of.field,
                "` too",
            ]);
        }
        of.check_name(self.name());
    }
}

impl<M, T, I> Embeds<M, T, I> {
    #[doc(hidden)]
    #[track_caller]
    pub const fn viewed(&self, _: &str, _: &[FieldMetadata], of: Declared) {
        of.check_name(self.name());
    }
}

impl<M, T, I> Flattened<M, T, I> {
    #[doc(hidden)]
    #[track_caller]
    pub const fn viewed(&self, _: &str, _: &[FieldMetadata], of: Declared) {
        fail(&["the fields of `", of.field, "` are flattened into the model; a view can't read them"]);
    }
}

impl<S, K: 'static, R: ReferenceField<Source = S, Key = K>> ManyToAny<S, K, R> {
    #[doc(hidden)]
    #[track_caller]
    pub const fn viewed(&self, _: &str, _: &[FieldMetadata], of: Declared) {
        if R::FLAT {
            fail(&["the fields of `", of.field, "` are flattened into the model; a view can't read them"]);
        }
        of.check_name(R::FIELD.name());
    }
}

macro_rules! relations {
    ($($kind:ident $(<$join:ident>)?)*) => { $(
        impl<S: 'static, T: 'static, R $(, $join: 'static)?> $kind<S, T, R $(, $join)?> {
            #[doc(hidden)]
            #[track_caller]
            pub const fn viewed(&self, model: &str, _: &[FieldMetadata], of: Declared) {
                fail(&[
                    "`",
                    of.field,
                    "` is a relation of `",
                    model,
                    "`, and a view has fields only; load the relation in the query: `.view::<",
                    of.view,
                    ">().with(..)`",
                ]);
            }
        }

        impl<S: 'static, T: 'static, R $(, $join: 'static)?> FieldOf for $kind<S, T, R $(, $join)?> {
            type Type = Anything;
        }
    )* };
}
relations!(OneToMany OneToOne ManyToOne ManyToMany<J> ManyToManyByIds ManyToManyInIds ManyToManyInElements);

/// The constant of a field, with the type of the field.
#[doc(hidden)]
pub trait FieldOf {
    type Type;
}

impl<M, T> FieldOf for Field<M, T> {
    type Type = T;
}

impl<M, T, I> FieldOf for Embeds<M, T, I> {
    type Type = T;
}

impl<M, T, I> FieldOf for Flattened<M, T, I> {
    type Type = Anything;
}

impl<S: 'static, K: 'static, R> FieldOf for ManyToAny<S, K, R> {
    type Type = K;
}

/// The type of a field about which another error is reported.
#[doc(hidden)]
pub struct Anything;

impl FieldOf for Lacking {
    type Type = Anything;
}

/// The type `V` of a view's field, for a field of type `T`.
#[doc(hidden)]
pub struct Viewed<V, T>(PhantomData<fn() -> (V, T)>);

impl<V, T> Viewed<V, T> {
    pub const fn of<F: FieldOf<Type = T>>(_: &F) -> Self {
        Self(PhantomData)
    }
}

impl<Same> Viewed<Same, Same> {
    pub fn fits(self, at: &str, stored: &str, names: &mut Vec<String>) {
        names.push(format!("{at}{stored}"));
    }
}

/// For two different types. An inherent `fits` hides this one.
#[doc(hidden)]
pub trait Fits<V, T>: Sized {
    fn fits(self, at: &str, stored: &str, names: &mut Vec<String>)
    where
        V: PartOf<T>;
}

impl<V, T> Fits<V, T> for Viewed<V, T> {
    fn fits(self, at: &str, stored: &str, names: &mut Vec<String>)
    where
        V: PartOf<T>,
    {
        V::fields(&format!("{at}{stored}."), names);
    }
}

/// A view of a `T`, as the type of a field.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` can't be read as a `{Self}`",
    label = "in the model this field is a `{T}`",
    note = "a field of a view has the type of the model's field; for embedded documents, it can also be a view of them, as in `#[view(of = Line)]`"
)]
pub trait PartOf<T> {
    fn fields(at: &str, names: &mut Vec<String>);
}

#[diagnostic::do_not_recommend]
impl<V> PartOf<Anything> for V {
    fn fields(_: &str, _: &mut Vec<String>) {}
}

#[diagnostic::do_not_recommend]
impl<V: PartOf<T>, T> PartOf<Option<T>> for Option<V> {
    fn fields(at: &str, names: &mut Vec<String>) {
        V::fields(at, names);
    }
}

#[diagnostic::do_not_recommend]
impl<V: PartOf<T>, T> PartOf<Vec<T>> for Vec<V> {
    fn fields(at: &str, names: &mut Vec<String>) {
        V::fields(at, names);
    }
}

#[diagnostic::do_not_recommend]
impl<V: PartOf<T>, T> PartOf<VecDeque<T>> for VecDeque<V> {
    fn fields(at: &str, names: &mut Vec<String>) {
        V::fields(at, names);
    }
}
