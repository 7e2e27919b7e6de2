//! 5. Or apologise: every mistake, each once, and something for the rest of the program to go on with.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Visibility};

use crate::attr::{Input, ModelAttr, SerdeStruct};
use crate::errors::Errors;
use crate::expand::expand;
use crate::lower::lower;

/// The expansion, and before it what is wrong.
pub(crate) fn with_errors(expansion: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#errors #expansion)
}

/// A model with nothing in it, in place of something that can't be one: what uses it has nothing to add.
pub(crate) fn stub(input: &DeriveInput) -> TokenStream {
    // with parameters there is no one type to stand in for, and serde derives nothing for a union
    if !input.generics.params.is_empty() || matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    let (ident, vis, relations) = (input.ident.clone(), Visibility::Inherited, Vec::new());
    let (model, serde) = (ModelAttr::default(), SerdeStruct::default());
    let nothing = Input { ident, vis, model, serde, fields: Vec::new(), relations };
    expand(&lower(nothing, &mut Errors::default()))
}
