//! The fields that EarnORM writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, Type};

use crate::attr::Mark;
use crate::ir::{Field, Model, Resolved};

/// The entries of the model's configuration.
pub(super) fn config(model: &Model) -> TokenStream {
    let entry = |mark: Mark| {
        let field = model.managed(mark)?;
        let (name, value) = (Ident::new(mark.word(), Span::call_site()), named(model, mark, field));
        Some(quote!(#name: __P::Some(#value),))
    };
    [Mark::CreatedAt, Mark::UpdatedAt, Mark::Version, Mark::SoftDelete].into_iter().filter_map(entry).collect()
}

fn named(model: &Model, mark: Mark, field: &Field) -> TokenStream {
    let (ident, constant) = (&model.ident, &field.constant);
    // what is wrong with the type is shown there
    let at = Span::call_site().located_at(field.ty.span());
    match mark {
        Mark::Version => quote_spanned!(at=> __P::version(#ident::#constant)),
        Mark::SoftDelete => quote_spanned!(at=> __P::soft_delete(#ident::#constant)),
        _ => {
            let time = time(model, field);
            quote!(const { &#time }.table())
        }
    }
}

/// A field as one that holds a time.
fn time(model: &Model, field: &Field) -> TokenStream {
    let (ident, constant) = (&model.ident, &field.constant);
    let (function, at) = match inside_option(&field.ty) {
        Some(inner) => ("optional_time", inner.span()),
        None => ("time", field.ty.span()),
    };
    let function = Ident::new(function, Span::call_site().located_at(at));
    quote!(__P::#function(#ident::#constant))
}

/// The `T` of `Option<T>`.
fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

/// The function that sets these fields in memory.
pub(super) fn stamp(model: &Model) -> Option<TokenStream> {
    let call = |mark: Mark| {
        let field = model.managed(mark)?;
        let (ident, constant, method) = (&model.ident, &field.constant, Ident::new(mark.word(), Span::call_site()));
        let value = if mark == Mark::Version { quote!(#ident::#constant) } else { time(model, field) };
        Some(quote!(__stamp.#method(__self, &#value);))
    };
    let calls: Vec<_> = [Mark::CreatedAt, Mark::UpdatedAt, Mark::Version].into_iter().filter_map(call).collect();
    (!calls.is_empty()).then(|| quote!(const STAMP: __P::StampOf<Self> = |__self, __stamp| { #(#calls)* };))
}

/// The counter and the time that writes of related documents change, as calls on the table of the relation.
pub(super) fn of_relation(model: &Model, relation: &Resolved) -> Option<TokenStream> {
    let counter = relation.counter.as_ref().and_then(|name| model.field(name)).map(|field| {
        let (ident, constant) = (&model.ident, &field.constant);
        let function = Ident::new("counter", Span::call_site().located_at(field.ty.span()));
        quote!(.counter(__P::#function(#ident::#constant)))
    });
    let touch = relation.touch.as_ref().and_then(|name| model.field(name)).map(|field| {
        let time = time(model, field);
        quote!(.touch(const { &#time }.table()))
    });
    (counter.is_some() || touch.is_some()).then(|| quote!(#counter #touch))
}

/// The queries for deleted documents, of a model that marks them.
pub(super) fn queries(model: &Model, relations: &[&Resolved]) -> Option<TokenStream> {
    model.managed(Mark::SoftDelete)?;
    let Model { ident, vis, .. } = model;
    // the same plan as that of the other queries
    let (ty, plan) = if relations.iter().any(|relation| !relation.lazy_load) {
        (quote!(__P::Query<#ident, __Plan>), quote!(__PLAN))
    } else {
        (quote!(__P::Query<#ident>), quote!(()))
    };
    Some(quote! {
        #[automatically_derived]
        impl __P::SoftDelete for #ident {}
        impl #ident {
            /// A query for the deleted documents.
            #vis fn deleted() -> #ty {
                __P::find_deleted(#plan)
            }
            /// A query for all documents, deleted or not.
            #vis fn with_deleted() -> #ty {
                __P::find_with_deleted(#plan)
            }
        }
    })
}
