//! The items of an enum of references.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::docs;
use crate::ir::{Reference, Variant};
use crate::names;

/// Emits the enum of documents, which the user names, and all other items inside one unnamed constant.
pub(crate) fn expand_reference(reference: &Reference) -> TokenStream {
    let Reference { ident, name, vis, krate, tag, content, variants, .. } = reference;
    let document = format_ident!("{name}Document");
    let rows: Vec<_> = variants.iter().map(|v| format_ident!("{}Row", names::text(&v.ident))).collect();
    let (idents, models): (Vec<_>, Vec<_>) = variants.iter().map(|v| (&v.ident, &v.model)).unzip();
    let tags: Vec<_> = variants.iter().map(|v| &v.tag).collect();
    let (list, row_list) = (list(&models), list(&rows));
    let constructors = idents.iter().rfold(quote!(()), |rest, variant| quote!((#document::#variant, #rest)));
    let metadata = variants.iter().map(|Variant { constant, ty, .. }| {
        // what is wrong with the model is shown there, like what is wrong with its id
        quote_spanned!(ty.span()=> Self::#constant.metadata())
    });
    let constants = variants.iter().map(|v| constant(reference, v));
    let each = variants.iter().enumerate().map(|(number, v)| variant(reference, number, v));
    let (doc, fields) = (docs::documents(reference), variants.iter().map(docs::documents_of));
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq)]
        #vis enum #document<#(#rows = #models),*> {
            #(#[doc = #fields] #idents(#rows)),*
        }
        const _: () = {
            use #krate::__private as __P;
            impl #ident {
                #(#constants)*
            }
            impl __P::Reference for #ident {
                type Models = #list;
                const TAG: &'static str = #tag;
                const CONTENT: &'static str = #content;
                const VARIANTS: &'static [__P::VariantMetadata] = &[#(#metadata),*];
            }
            #(#each)*
            impl<#(#rows: __P::Row),*> __P::Documents<#row_list> for #ident {
                type Document = #document<#(#rows),*>;
                fn constructors() -> __P::Constructors<#row_list, Self::Document> {
                    #constructors
                }
            }
            impl<#(#rows: __P::Row),*> __P::Alternatives for #document<#(__P::Arc<#rows>),*> {
                type Ref<'__a> = #document<#(&'__a #rows),*> where Self: '__a;
                fn view(&self) -> Self::Ref<'_> {
                    match self {
                        #(Self::#idents(__row) => #document::#idents(__row)),*
                    }
                }
            }
            impl<#(#rows: __P::EraseShared),*> __P::EraseDocuments for #document<#(__P::Arc<#rows>),*> {
                type Erased = #document<#(__P::Arc<#rows::Erased>),*>;
                fn erase_documents(self, __memo: &mut __P::Memo) -> Self::Erased {
                    match self {
                        #(Self::#idents(__row) => #document::#idents(__memo.share(__row))),*
                    }
                }
            }
            impl<#(#rows: __P::Serialize),*> __P::Serialize for #document<#(#rows),*> {
                fn serialize<__S: __P::Serializer>(&self, __s: __S) -> __P::Result<__S::Ok, __S::Error> {
                    match self {
                        #(Self::#idents(__row) => __P::tagged(__s, #tag, #tags, __row)),*
                    }
                }
            }
        };
    }
}

/// `(A, (B, ()))`
fn list(types: &[impl quote::ToTokens]) -> TokenStream {
    types.iter().rfold(quote!(()), |rest, one| quote!((#one, #rest)))
}

fn constant(reference: &Reference, variant: &Variant) -> TokenStream {
    let Reference { ident, vis, .. } = reference;
    let Variant { constant, model, .. } = variant;
    let doc = docs::variant(reference, variant);
    quote! {
        #[doc = #doc]
        #vis const #constant: __P::VariantOf<#ident, #model> = __P::VariantOf::new();
    }
}

fn variant(reference: &Reference, number: usize, variant: &Variant) -> TokenStream {
    let (ident, Variant { ident: variant, model, ty, tag, .. }) = (&reference.ident, variant);
    let number = Literal::usize_unsuffixed(number);
    let others = (reference.declared > 1).then(|| quote!(_ => __P::None,));
    quote! {
        impl __P::Variant<#model> for #ident {
            type Id = #ty;
            type Is = __P::Is<#number, false>;
            const TAG_VALUE: &'static str = #tag;
            fn id(&self) -> __P::Option<&#ty> {
                match self {
                    Self::#variant(__id) => __P::Some(__id),
                    #others
                }
            }
            fn refer(__id: #ty) -> Self {
                Self::#variant(__id)
            }
        }
    }
}
