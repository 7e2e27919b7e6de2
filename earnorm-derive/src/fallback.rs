//! 5. Or apologise: every mistake, each once, and something for the rest of the program to go on with.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

pub(crate) fn with_errors(expansion: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#errors #expansion)
}
