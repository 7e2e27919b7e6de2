//! The `Model` impl and its entry in the registry.

use proc_macro2::TokenStream;
use quote::quote;

use super::paths;
use crate::ir::{Field, Meaning, Model, Stored};

pub(super) fn implementation<'a>(model: &Model, relations: impl Iterator<Item = &'a Meaning>) -> TokenStream {
    let p = paths::private(model);
    let Model { ident, name, collection, .. } = model;
    let id = match model.id.and_then(|i| model.fields.get(i)) {
        Some(Field { ty, .. }) => quote! {
            type Id = #ty;
            const ID: #p::Field<#ident, #ty> = #ident::ID;
        },
        // its lack is reported; what uses the model has nothing to add
        None => quote! {
            type Id = #p::ObjectId;
            const ID: #p::Field<Self, #p::ObjectId> = #p::stub_id();
        },
    };
    let fields = model.fields.iter().filter_map(|f| field(&p, f));
    let markers = relations.map(|r| &r.name.marker);
    let config = config(model);
    quote! {
        #[automatically_derived]
        impl #p::Model for #ident {
            #id
            const METADATA: &'static #p::ModelMetadata = &#p::ModelMetadata {
                name: #name,
                module: ::core::module_path!(),
                collection: #collection,
                fields: &[#(#fields),*],
                relations: &[#(<#markers as #p::Relation>::META),*],
                config: #config,
            };
        }
    }
}

fn field(p: &TokenStream, field: &Field) -> Option<TokenStream> {
    let (name, Stored::As(stored)) = (&field.name, &field.stored) else {
        return None;
    };
    let omittable = field.omittable.then(|| quote!(.omittable()));
    Some(quote!(#p::FieldMetadata::new(#name, #stored) #omittable))
}

fn config(model: &Model) -> TokenStream {
    let p = paths::private(model);
    let mut entries = TokenStream::new();
    if model.hooks {
        entries.extend(quote!(hooks: true,));
    }
    if model.check_references {
        entries.extend(quote!(check_references: true,));
    }
    if let Some(Stored::As(guard)) = model.guard.as_ref().and_then(|g| model.field(g)).map(|f| &f.stored) {
        entries.extend(quote!(guard: #p::Some(#guard),));
    }
    if entries.is_empty() {
        quote!(#p::ModelConfig::DEFAULT)
    } else {
        quote!(#p::ModelConfig { #entries ..#p::ModelConfig::DEFAULT })
    }
}

pub(super) fn registration(model: &Model) -> TokenStream {
    let p = paths::private(model);
    let ident = &model.ident;
    quote! {
        #p::inventory::submit! { #p::Registration(<#ident as #p::Model>::METADATA) }
    }
}
