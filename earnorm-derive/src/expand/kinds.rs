//! The items of an enum of models that share a collection.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::docs;
use crate::ir::{Kind, Kinds};
use crate::names;

pub(crate) fn expand_kinds(kinds: &Kinds) -> TokenStream {
    let Kinds { ident, name, vis, krate, variants: all, mistakes } = kinds;
    let Some(Kind { ty: first, .. }) = all.first() else { return TokenStream::new() };
    let (variants, models): (Vec<_>, Vec<_>) = all.iter().map(|kind| (&kind.ident, &kind.ty)).unzip();
    let (singular, plural) = names::in_messages(name);
    let (doc, methods) =
        (docs::id_of_kinds(kinds), all.iter().enumerate().filter_map(|(number, kind)| method(kinds, number, kind)));
    // what is wrong with a type is shown there; few calls name it, because each of them causes a message
    let of = models.iter().map(|ty| quote_spanned!(at(ty)=> __P::kind_of::<#ty, Self>()));
    let each = |call: &str| -> Vec<_> { models.iter().map(|ty| borrowed(ty, call)).collect() };
    let (kind, kind_mut) = (each("kind"), each("kind_mut"));
    let checks = models.iter().enumerate().map(|(number, model)| {
        let number = Literal::usize_unsuffixed(number);
        quote_spanned!(at(model)=> const _: () = __P::check_kind::<#ident>(#number);)
    });
    let number = Literal::usize_unsuffixed(models.len());
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
            impl __P::SoftDelete for #ident {}
            impl __P::Kinds for #ident {
                const KINDS: &'static [__P::KindOf<Self>] = &[#(#of),*];
                fn kind(&self) -> &dyn __P::Kind<<#first as __P::Model>::Id> {
                    match self {
                        #(Self::#variants(__kind) => #kind,)*
                        #others
                    }
                }
                fn kind_mut(&mut self) -> &mut dyn __P::Kind<<#first as __P::Model>::Id> {
                    match self {
                        #(Self::#variants(__kind) => #kind_mut,)*
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
                config: __P::ModelConfig::of_kinds(const { &__P::models_of_kinds::<#ident, #number>() }),
            };
            #(#checks)*
            impl __P::Model for #ident {
                type Id = <#first as __P::Model>::Id;
                const ID: __P::Field<#ident, Self::Id> = #ident::ID;
                type Relations = ();
                type Embeddings = ();
                const METADATA: &'static __P::ModelMetadata = __TABLE;
                const COPY: __P::Cloning<Self> = __P::Shape::<#ident>::COPY;
                const MODEL_OF: fn(&Self) -> &'static __P::ModelMetadata = __P::model_of_kind;
                const KEEP: __P::Keep<Self> = __P::keep_kind;
                const STAMP: __P::StampOf<Self> = __P::stamp_kind;
                const HOOKS: __P::HookTable = const { &__P::KindHooks::<#ident>::new(__P::Shape::<#ident>::COPY) }.table();
            }
            __P::inventory::submit!(__P::Registration(__TABLE));
        };
    }
}

/// The place of a type, for messages. With the span itself, lints would take generated code for the user's.
fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// The document of a variant, without its type.
fn borrowed(ty: &Type, function: &str) -> TokenStream {
    let function = Ident::new(function, at(ty));
    quote_spanned!(at(ty)=> __P::#function::<<Self as __P::Model>::Id, _>(__kind))
}

/// The condition on the documents of one model.
fn method(kinds: &Kinds, number: usize, kind: &Kind) -> Option<TokenStream> {
    let (Kinds { ident, vis, .. }, Kind { method, ty, .. }) = (kinds, kind);
    let (method, doc) = (method.as_ref()?, docs::kind(kind));
    let number = Literal::usize_unsuffixed(number);
    Some(quote! {
        #[doc = #doc]
        #vis fn #method(__filter: impl __P::IntoFilter<#ty>) -> __P::Filter<#ident> {
            __P::of_kind(__filter, #number)
        }
    })
}
