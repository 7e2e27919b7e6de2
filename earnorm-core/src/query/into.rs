//! Traits for the arguments of a query's methods. They wrap `Into`, so that the compiler's messages are about models.

macro_rules! conversion {
    ($(#[$meta:meta])* $name:ident $method:ident $whole:ident;) => {
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
    };
}
pub(super) use conversion;
