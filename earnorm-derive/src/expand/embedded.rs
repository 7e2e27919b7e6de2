//! The hidden types of fields with `#[model(embedded)]`, and paths through them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Visibility};

use crate::attr::{FieldName, Role};
use crate::ir::{Model, Resolved, Stored};

/// `struct Order_lines;` and its `Embedding` impl, for each field. Their numbers follow those of the relations.
pub(super) fn markers(model: &Model, relations: &[&Resolved]) -> Vec<TokenStream> {
    let Model { ident, name: holder, .. } = model;
    let marked = model.fields.iter().filter_map(|field| Some((field, field.embedded.as_ref()?)));
    let each = marked.enumerate().map(|(number, (field, marker))| {
        let (member, name, ty) = (&field.ident, &field.name, &field.ty);
        let stored = if let Stored::As(stored) = &field.stored { stored.as_str() } else { "" };
        let number = Literal::usize_unsuffixed(relations.len() + number);
        // with the span of the user's `pub`, lints about public items would be shown to the user
        let vis = match &model.vis {
            Visibility::Public(_) => quote_spanned!(marker.span()=> pub),
            restricted => quote!(#restricted),
        };
        let definition = quote_spanned!(marker.span()=> #vis struct #marker;);
        quote! {
            #definition
            impl __P::Embedding for #marker {
                type Holder = #ident;
                type Field = #ty;
                type Is = __P::Is<#number, true>;
                const HOLDER: &'static str = #holder;
                const FIELD: &'static str = #name;
                const NAME: &'static str = #stored;
                fn get(__h: &#ident) -> &#ty {
                    &__h.#member
                }
                fn get_mut(__h: &mut #ident) -> &mut #ty {
                    &mut __h.#member
                }
            }
        }
    });
    each.collect()
}

/// The list of the types of all fields with `#[model(embedded)]`, and the list of their metadata.
pub(super) fn lists(model: &Model) -> (TokenStream, TokenStream) {
    let marked: Vec<_> = model.fields.iter().filter_map(|field| Some((field, field.embedded.as_ref()?))).collect();
    let types = marked.iter().rfold(quote!(()), |rest, (_, marker)| quote!((#marker, #rest)));
    // the relations of embedded documents are listed by the models that hold them
    let function =
        Ident::new(if model.role == Role::Model { "embedding" } else { "nested_embedding" }, Span::call_site());
    let tables = marked.iter().map(|(field, marker)| {
        // what is wrong with the type of the field is shown there
        let (mut function, mut marker) = (function.clone(), (*marker).clone());
        function.set_span(field.ty.span());
        marker.set_span(field.ty.span());
        quote_spanned!(field.ty.span()=> __P::#function::<#marker>())
    });
    (types, quote!(&[#(#tables),*]))
}

/// The type of a path through the fields of a model, as items that define it and its name, and the type of the embedded
/// document at its end. The fields are found by their names, so their types needn't be known.
pub(super) struct PathType {
    pub(super) items: TokenStream,
    pub(super) path: Ident,
    pub(super) record: TokenStream,
}

pub(super) fn path_type(model: &Path, fields: &[FieldName]) -> Option<PathType> {
    let mut found: Option<PathType> = None;
    for (number, field) in fields.iter().enumerate() {
        let (name, span) = (field.text(), field.span);
        let path = format_ident!("__Path{number}", span = span);
        let (mut items, outer, holder) = match found {
            None => (TokenStream::new(), None, quote!(#model)),
            Some(PathType { items, path, record }) => (items, Some(path), record),
        };
        let here = quote_spanned!(span=> __P::EmbeddingOf<#holder, { __P::field_number::<#holder>(#name) }>);
        items.extend(match outer {
            None => quote_spanned!(span=> type #path = #here;),
            Some(outer) => quote_spanned!(span=> type #path = __P::NestedPath<#outer, #here>;),
        });
        let record = quote_spanned!(span=> <#path as __P::EmbeddedPath>::Record);
        found = Some(PathType { items, path, record });
    }
    found
}
