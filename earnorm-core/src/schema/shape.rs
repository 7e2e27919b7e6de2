//! Questions about a type that generated code answers at compile time.

use mongodb::bson::oid::ObjectId;

/// Answers questions about a type at compile time: whether it is an `Option`, however it is spelled; how to clone it, if it
/// is `Clone`; whether it holds embedded documents with keys; and whether it can be a date. The inherent constants have priority over those of the trait [`Required`].
#[doc(hidden)]
pub struct Shape<T>(std::marker::PhantomData<T>);

impl<T> Shape<Option<T>> {
    pub const NULLABLE: bool = true;
}

impl<T: Clone> Shape<T> {
    pub const COPY: Cloning<T> = Some(T::clone);
}

macro_rules! never_dates {
    ($($name:literal: $($ty:ty)+;)*) => { $($(
        impl Shape<$ty> {
            pub const NOT_A_DATE: Option<&'static str> = Some($name);
        }

        impl Shape<Option<$ty>> {
            pub const NOT_A_DATE: Option<&'static str> = Some($name);
        }
    )+)* };
}
never_dates! {
    "text": String char;
    "a number": i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    "a boolean": bool;
    "an id": ObjectId;
}

/// The function that clones a value; `None` if the type isn't `Clone`.
#[doc(hidden)]
pub type Cloning<T> = Option<fn(&T) -> T>;

#[doc(hidden)]
pub trait Required {
    type Of;
    const NULLABLE: bool = false;
    const HAS_KEYS: bool = false;
    const COPY: Cloning<Self::Of> = None;
    /// What the values are stored as, if they are never stored as dates.
    const NOT_A_DATE: Option<&'static str> = None;
}

impl<T> Required for Shape<T> {
    type Of = T;
}
