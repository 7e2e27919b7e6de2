//! What calls of a query take: traits of their own over `Into`, so that a mistake is told in words about models.

use super::{Filter, Sort, Update};

macro_rules! conversions {
    ($($(#[$meta:meta])* $name:ident $method:ident $whole:ident;)*) => { $(
        $(#[$meta])*
        pub trait $name<M> {
            #[doc(hidden)]
            fn $method(self) -> $whole<M>;
        }

        #[diagnostic::do_not_recommend]
        impl<M, T: Into<$whole<M>>> $name<M> for T {
            fn $method(self) -> $whole<M> {
                self.into()
            }
        }
    )* };
}

conversions! {
    /// A filter of documents of `M`: anything that converts into a [`Filter<M>`], such as a
    /// [`Document`](mongodb::bson::Document).
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not a filter of `{M}`",
        label = "not a filter of `{M}`",
        note = "write a condition on a field of `{M}` (`{M}::ID.eq(id)`), `.any()`, `.none()` or `.every(..)` of a relation that `{M}` declares, or a document (`doc! {{ \"name\": \"Ada\" }}`); join several by `&`"
    )]
    IntoFilter into_filter Filter;

    /// An order of documents of `M`: what converts into a [`Sort<M>`].
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an order of `{M}`",
        label = "not an order of `{M}`",
        note = "write a field of `{M}` with a direction, as `{M}::ID.asc()`, several in a tuple, or a document"
    )]
    IntoSort into_sort Sort;

    /// A change to documents of `M`: what converts into an [`Update<M>`].
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an update of `{M}`",
        label = "not an update of `{M}`",
        note = "write a change to a field of `{M}`, as `.set(..)` or `.inc(..)` of its constant, several in a tuple, or a document; a whole document is stored by `save`"
    )]
    IntoUpdate into_update Update;
}
