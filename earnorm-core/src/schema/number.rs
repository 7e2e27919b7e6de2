//! The number of a relation among those of its model, as a type.

use std::marker::PhantomData;

/// The number of a relation among those of its model, and whether documents can be removed from it.
#[doc(hidden)]
pub struct Is<const NUMBER: usize, const UNLINKS: bool>;

/// The relation's number, counted from `Zero` with `Next`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "a model can have at most 64 relations", label = "one of them is the 65th")]
pub trait Numbered {
    type Place;
}

macro_rules! numbered {
    ($place:ty;) => {};
    ($place:ty; $number:literal $($rest:literal)*) => {
        impl<const UNLINKS: bool> Numbered for Is<$number, UNLINKS> {
            type Place = $place;
        }
        numbered!(Next<$place>; $($rest)*);
    };
}
numbered! {
    Zero;
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
}

/// The number of a model's first relation.
#[doc(hidden)]
pub struct Zero;

/// The place of a part of the relation at the place `N`, like one variant of a relation to several models. `V` distinguishes
/// the parts.
#[doc(hidden)]
pub struct PartAt<N, V>(PhantomData<(N, V)>);

/// The number after `N`.
#[doc(hidden)]
pub struct Next<N>(PhantomData<N>);
