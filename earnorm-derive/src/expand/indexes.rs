//! The declared indexes: an entry of the table for each, and checks of the fields with dates.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::docs;
use super::embedded::{PathType, path_type};
use crate::attr::{DeclaredIndex, IndexAttr, IndexKey};
use crate::ir::{Field, Lookup, Model, Stored};

/// The entry of an index in the table: its fields, and the written options.
pub(super) fn table(model: &Model, index: &DeclaredIndex) -> TokenStream {
    let keys = index.keys.iter().map(|key| self::key(model, key));
    let IndexAttr { unique, name, sparse, hidden, partial, collation, expire_after, .. } = &index.attribute.options;
    let written = [
        unique.is_present().then(|| quote!(.unique())),
        name.as_ref().map(|name| {
            let name = &name.0;
            quote!(.name(#name))
        }),
        sparse.is_present().then(|| quote!(.sparse())),
        hidden.is_present().then(|| quote!(.hidden())),
        partial.as_ref().map(|partial| {
            let partial = &partial.0;
            quote!(.partial(|| #partial))
        }),
        collation.as_ref().map(|collation| {
            let collation = &collation.0;
            quote!(.collation(|| #collation))
        }),
        expire_after.as_ref().map(|seconds| {
            let seconds = &seconds.0;
            quote!(.expire_after(#seconds))
        }),
    ];
    let written = written.into_iter().flatten();
    quote!(__P::IndexMetadata::on(&[#(#keys),*]) #(#written)*)
}

/// `__P::IndexKey::ascending(User::EMAIL.name())`. The compiler reports an unknown field of an embedded document.
fn key(model: &Model, key: &IndexKey) -> TokenStream {
    let IndexKey { path, order, .. } = key;
    let (order, last) = (format!("{order:?}").to_lowercase(), &path.last);
    let order = Ident::new(&order, Span::call_site());
    let (span, constant) = (last.span, last.constant());
    let mut me = model.ident.clone();
    me.set_span(span);
    let name = match path_type(&model.ident.clone().into(), &path.outer) {
        Some(PathType { items, path, record }) => {
            let name = quote_spanned!(span=> <#record>::#constant.name());
            quote!({ #items const { &__P::PathName::of::<#path>(#name) }.as_str() })
        }
        None => match model.field(last) {
            // the constant of a reference to several models is its relation's
            Some(field)
                if model
                    .relations
                    .iter()
                    .any(|r| r.resolved.as_ref().is_some_and(|r| r.is_by(&constant.to_string()))) =>
            {
                let stored = if let Stored::As(stored) = &field.stored { stored.as_str() } else { "" };
                quote!(#stored)
            }
            _ => quote_spanned!(span=> #me::#constant.name()),
        },
    };
    quote!(__P::IndexKey::#order(#name))
}

/// Checks of the indexes with `expire_after`: that the field can be a date, and that a server takes the number. They are items
/// of their own, since a message in the table would be repeated wherever the table is read. Nothing is known of a field with
/// an encoder, or of a field of an embedded document.
pub(super) fn checks(model: &Model) -> Vec<TokenStream> {
    let each = model.indexes.iter().filter(|index| index.attribute.complete).filter_map(|index| {
        let (at, seconds) = (index.attribute.at("expire_after")?, &index.attribute.options.expire_after.as_ref()?.0);
        // other fields are a mistake that is reported
        let [key] = index.keys.as_slice() else { return None };
        let own = model.field(&key.path.last).filter(|_| key.path.outer.is_empty());
        let own = own.filter(|field| field.encoder.is_none() && matches!(&field.stored, Stored::As(s) if s != "_id"));
        let (name, never) = match own {
            Some(Field { name, ty, .. }) => (name.clone(), quote!(__P::Shape::<#ty>::NOT_A_DATE)),
            None => (key.path.text(), quote!(__P::None)),
        };
        Some(quote_spanned!(at=> const _: () = __P::expiring(#name, #never, #seconds);))
    });
    each.collect()
}

/// The functions that look up a document by a unique index.
pub(super) fn lookups(model: &Model) -> Vec<TokenStream> {
    let (vis, ident) = (&model.vis, &model.ident);
    let each = model.lookups.iter().map(|Lookup { index, name, fields }| {
        let doc = docs::lookup(model, fields);
        let arguments: Vec<_> = fields.iter().map(|field| format_ident!("__{}", field.text().to_lowercase())).collect();
        let (constants, types): (Vec<_>, Vec<_>) =
            fields.iter().filter_map(|name| model.field(name)).map(|field| (&field.constant, &field.ty)).unzip();
        quote! {
            #[doc = #doc]
            #vis fn #name(#(#arguments: impl __P::Operand<#types>),*) -> __P::ByKey<#ident> {
                __P::ByKey::new(#index) #(.by(Self::#constants, #arguments))*
            }
        }
    });
    each.collect()
}
