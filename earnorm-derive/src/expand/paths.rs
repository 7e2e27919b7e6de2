//! The one path by which generated code reaches the runtime.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::ir::Model;

/// `::earnorm::__private`.
pub(super) fn private(model: &Model) -> TokenStream {
    let krate = &model.krate;
    quote!(#krate::__private)
}

/// The same where a mistake shows itself: an error has the span of the whole call, its path included.
pub(super) fn private_at(model: &Model, span: Span) -> TokenStream {
    respanned(private(model), span)
}

pub(super) fn respanned(tokens: impl ToTokens, span: Span) -> TokenStream {
    let at = |token| match token {
        TokenTree::Group(group) => {
            let stream = respanned(group.stream(), span);
            let mut group = Group::new(group.delimiter(), stream);
            group.set_span(span);
            TokenTree::Group(group)
        }
        mut other => {
            other.set_span(span);
            other
        }
    };
    tokens.into_token_stream().into_iter().map(at).collect()
}
