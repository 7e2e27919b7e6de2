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
    match mark {
        Mark::Version => {
            let version = version(model, field);
            quote!(#version.table())
        }
        Mark::SoftDelete => call("soft_delete", model, field, field.ty.span()),
        _ => {
            let time = time(model, field);
            quote!(const { &#time }.table())
        }
    }
}

/// A field as one that holds a time.
fn time(model: &Model, field: &Field) -> TokenStream {
    match inside_option(&field.ty) {
        Some(inner) => call("optional_time", model, field, inner.span()),
        None => call("time", model, field, field.ty.span()),
    }
}

/// A field as one that holds a version.
fn version(model: &Model, field: &Field) -> TokenStream {
    call("version", model, field, field.ty.span())
}

/// A call of this function with a field. All of it is at the field's type, where the compiler shows what is wrong with it.
fn call(function: &str, model: &Model, field: &Field, at: Span) -> TokenStream {
    let function = Ident::new(function, Span::call_site().located_at(at));
    let [model, field] = [&model.ident, &field.constant].map(|ident| {
        let mut ident = ident.clone();
        ident.set_span(ident.span().located_at(at));
        ident
    });
    quote_spanned!(Span::call_site().located_at(at)=> __P::#function(#model::#field))
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
        let at = Span::call_site().located_at(field.ty.span());
        let method = Ident::new(mark.word(), at);
        // the same call as in the configuration, so that a wrong type is one message
        let value = if mark == Mark::Version { version(model, field) } else { time(model, field) };
        Some(quote_spanned!(at=> __stamp.#method(__self, &#value);))
    };
    let calls: Vec<_> = [Mark::CreatedAt, Mark::UpdatedAt, Mark::Version].into_iter().filter_map(call).collect();
    (!calls.is_empty()).then(|| quote!(const STAMP: __P::StampOf<Self> = |__self, __stamp| { #(#calls)* };))
}

/// The counter and the time that writes of related documents change, as calls on the table of the relation.
pub(super) fn of_relation(model: &Model, relation: &Resolved) -> Option<TokenStream> {
    let counter = relation.counter.as_ref().and_then(|name| model.field(name)).map(|field| {
        let counter = call("counter", model, field, field.ty.span());
        quote!(.counter(#counter))
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
