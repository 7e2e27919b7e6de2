//! Questions about a type that generated code answers at compile time.

/// Answers questions about a type at compile time: whether it is an `Option`, however it is spelled; how to clone it, if it
/// is `Clone`; and whether it holds embedded documents with keys. The inherent constants have priority over those of the trait [`Required`].
#[doc(hidden)]
pub struct Shape<T>(std::marker::PhantomData<T>);

impl<T> Shape<Option<T>> {
    pub const NULLABLE: bool = true;
}

impl<T: Clone> Shape<T> {
    pub const COPY: Cloning<T> = Some(T::clone);
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
}

impl<T> Required for Shape<T> {
    type Of = T;
}
