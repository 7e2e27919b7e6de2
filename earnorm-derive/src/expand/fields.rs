//! A typed constant for each stored field.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::docs;
use crate::ir::{Field, Model, Resolved, Stored};

pub(super) fn constants(model: &Model, relations: &[&Resolved]) -> TokenStream {
    let id = model.id.and_then(|i| model.fields.get(i));
    // every model has `ID`, whatever the id's field is called
    let always = id.filter(|f| f.constant != "ID").map(|field| {
        let name = Ident::new("ID", Span::call_site());
        constant(model, field, &name, &docs::id(model))
    });
    // the constant of a reference to several models is its relation's
    let own =
        model.fields.iter().enumerate().filter(|(_, f)| !relations.iter().any(|r| r.is_by(&f.constant.to_string())));
    let each = own.map(|(index, field)| {
        let doc = if model.id == Some(index) { docs::id(model) } else { docs::field(model, field) };
        constant(model, field, &field.constant, &doc)
    });
    always.into_iter().chain(each).collect()
}

fn constant(model: &Model, field: &Field, name: &Ident, doc: &str) -> TokenStream {
    let Model { ident, vis, .. } = model;
    let Field { ty, .. } = field;
    let stored = match (&field.stored, &field.embedded) {
        (Stored::As(stored), _) => stored,
        (Stored::Flattened, Some(marker)) => {
            return quote! {
                #[doc = #doc]
                #vis const #name: __P::Flattened<#ident, #ty, #marker> = __P::Flattened::NEW;
            };
        }
        _ => return TokenStream::new(),
    };
    let value = value(field, stored);
    let value = match decoder(field) {
        Some(decode) => quote!(__P::Field::decoded(#value, #decode)),
        None => value,
    };
    let (ty, value) = if let Some(marker) = &field.embedded {
        (quote!(__P::Embeds<#ident, #ty, #marker>), quote!(__P::Embeds::new(#value)))
    } else {
        (quote!(__P::Field<#ident, #ty>), value)
    };
    quote! {
        #[doc = #doc]
        #vis const #name: #ty = #value;
    }
}

/// The `Field` that is stored under a name.
pub(super) fn value(field: &Field, stored: &str) -> TokenStream {
    let member = &field.ident;
    let value = match encoder(field) {
        None => quote!(new(#stored, |__self| &__self.#member, |__self| &mut __self.#member)),
        Some(encode) => {
            quote!(encoded(#stored, |__self| &__self.#member, |__self| &mut __self.#member, #encode))
        }
    };
    let value = quote!(__P::Field::#value);
    let omitting = field.omitted_if.as_ref().map(|omitted| quote!(__P::Field::omitting(#value, |__v| #omitted(__v))));
    omitting.unwrap_or(value)
}

/// A function that decodes a value of the field as serde reads the field.
fn decoder(field: &Field) -> Option<TokenStream> {
    let (decoder, ty) = (field.decoder.as_ref()?, &field.ty);
    Some(quote! {
        |__v| {
            struct __As(#ty);
            impl<'__de> __P::Deserialize<'__de> for __As {
                fn deserialize<__D: __P::Deserializer<'__de>>(__d: __D) -> __P::Result<Self, __D::Error> {
                    #decoder(__d).map(__As)
                }
            }
            __P::decode::<__As>(__v).map(|__v| __v.0)
        }
    })
}

/// A function that encodes a value of the field as serde writes the field.
fn encoder(field: &Field) -> Option<TokenStream> {
    let (encoder, ty) = (field.encoder.as_ref()?, &field.ty);
    Some(quote! {
        |__v| {
            struct __As<'__a>(&'__a #ty);
            impl __P::Serialize for __As<'_> {
                fn serialize<__S: __P::Serializer>(&self, __s: __S) -> __P::Result<__S::Ok, __S::Error> {
                    #encoder(self.0, __s)
                }
            }
            __P::encode(&__As(__v))
        }
    })
}
