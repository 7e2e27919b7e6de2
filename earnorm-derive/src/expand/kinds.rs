//! The items of an enum of models that share a collection.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::docs;
use crate::ir::{Kind, Kinds};
use crate::names;

pub(crate) fn expand_kinds(kinds: &Kinds) -> TokenStream {
    let Kinds { ident, name, vis, krate, kinds: all, mistakes } = kinds;
    let Some(Kind { ty: first, .. }) = all.first() else { return TokenStream::new() };
    let (variants, models): (Vec<_>, Vec<_>) = all.iter().map(|kind| (&kind.ident, &kind.ty)).unzip();
    let (singular, plural) = names::in_messages(name);
    let (doc, methods) = (docs::id_of_kinds(kinds), all.iter().filter_map(|kind| method(kinds, kind)));
    let checks = models.iter().enumerate().map(|(number, model)| {
        let number = Literal::usize_unsuffixed(number);
        quote_spanned!(model.span()=> const _: () = __P::check_kind::<#model>(__TABLE, #number);)
    });
    // a `match` has to name every variant
    let others = quote!(#(Self::#mistakes { .. } => __P::no_kind(),)*);
    quote! {
        const _: () = {
            use #krate::__private::{self as __P, Required as _};
            impl #ident {
                #[doc = #doc]
                #vis const ID: __P::Field<#ident, <#first as __P::Model>::Id> = __P::id_of_kinds();
                #(#methods)*
            }
            #(impl ::core::convert::From<#models> for #ident {
                fn from(__kind: #models) -> Self {
                    Self::#variants(__kind)
                }
            })*
            impl __P::Kinds for #ident {
                const KINDS: &'static [__P::KindOf<Self>] = &[#(__P::KindOf::of::<#models>()),*];
                fn kind(&self) -> &dyn __P::Kind<<#first as __P::Model>::Id> {
                    match self {
                        #(Self::#variants(__kind) => __kind,)*
                        #others
                    }
                }
                fn kind_mut(&mut self) -> &mut dyn __P::Kind<<#first as __P::Model>::Id> {
                    match self {
                        #(Self::#variants(__kind) => __kind,)*
                        #others
                    }
                }
            }
            impl __P::Serialize for #ident {
                fn serialize<__S: __P::Serializer>(&self, __s: __S) -> __P::Result<__S::Ok, __S::Error> {
                    match self {
                        #(Self::#variants(__kind) => __P::Serialize::serialize(__kind, __s),)*
                        #others
                    }
                }
            }
            impl<'__de> __P::Deserialize<'__de> for #ident {
                fn deserialize<__D: __P::Deserializer<'__de>>(__d: __D) -> __P::Result<Self, __D::Error> {
                    __P::deserialize_kind(__d)
                }
            }
            const __TABLE: &__P::ModelMetadata = &__P::ModelMetadata {
                name: #name,
                module: ::core::module_path!(),
                collection: <#first as __P::Model>::METADATA.collection,
                singular: #singular,
                plural: #plural,
                fields: &[__P::id_field::<#first>()],
                relations: &[],
                embedded: &[],
                config: __P::ModelConfig::of_kinds(&[#(<#models as __P::Model>::METADATA),*]),
            };
            #(#checks)*
            impl __P::Model for #ident {
                type Id = <#first as __P::Model>::Id;
                const ID: __P::Field<#ident, Self::Id> = #ident::ID;
                type Relations = ();
                type Embeddings = ();
                const METADATA: &'static __P::ModelMetadata = __TABLE;
                const MODEL_OF: fn(&Self) -> &'static __P::ModelMetadata = __P::model_of_kind;
                const KEEP: __P::Keep<Self> = __P::keep_kind;
                const HOOKS: __P::HookTable = const { &__P::KindHooks::<#ident>::new(__P::Shape::<#ident>::COPY) }.table();
            }
            __P::inventory::submit!(__P::Registration(__TABLE));
        };
    }
}

/// The condition on the documents of one model.
fn method(kinds: &Kinds, kind: &Kind) -> Option<TokenStream> {
    let (Kinds { ident, vis, .. }, Kind { method, ty, .. }) = (kinds, kind);
    let (method, doc) = (method.as_ref()?, docs::kind(kind));
    Some(quote! {
        #[doc = #doc]
        #vis fn #method(__filter: impl __P::IntoFilter<#ty>) -> __P::Filter<#ident> {
            __P::of_kind(__filter)
        }
    })
}
