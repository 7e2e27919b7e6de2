//! 5. Fall back: report the mistakes, and emit a model that the rest of the program can use.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Visibility};

use crate::attr::{Input, ModelAttr, Role, SerdeStruct};
use crate::errors::Errors;
use crate::expand::expand;
use crate::lower::lower;

/// The expansion, with the errors before it.
pub(crate) fn with_errors(expansion: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#errors #expansion)
}

/// An empty model or embedded document in place of a type that can't be one, so that code which uses it causes no further errors.
pub(crate) fn stub(input: &DeriveInput, role: Role) -> TokenStream {
    // no impl fits a type with parameters, and serde can't derive its traits for a union
    if !input.generics.params.is_empty() || matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    let (ident, vis) = (input.ident.clone(), Visibility::Inherited);
    let (model, serde) = (ModelAttr::default(), SerdeStruct::default());
    let (fields, relations, indexes) = (Vec::new(), Vec::new(), Vec::new());
    let empty = Input { role, ident, vis, model, serde, fields, relations, indexes };
    expand(&lower(empty, &mut Errors::default()))
}
