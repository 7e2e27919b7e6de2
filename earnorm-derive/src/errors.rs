//! The mistakes in a struct, collected until all passes have run.

use proc_macro2::{Span, TokenStream};

/// The mistakes found so far. Each message says what is wrong and what to write instead.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.extend(error);
    }

    /// The errors as items, without duplicates, in the order of the source.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut errors = self.0;
        let place = |error: &syn::Error| {
            let start = error.span().start();
            (start.line, start.column, error.to_string())
        };
        errors.sort_by_key(place);
        errors.dedup_by_key(|e| place(e));
        errors.iter().map(syn::Error::to_compile_error).collect()
    }
}
