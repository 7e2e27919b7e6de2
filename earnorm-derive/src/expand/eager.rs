//! Relations that load by themselves: their model's queries begin with a plan of them. The queries are the struct's own and
//! hide the trait's: as an associated type, the plan could not name a target that is less visible than the struct.

use proc_macro2::TokenStream;
use quote::quote;

use super::{docs, relations};
use crate::ir::{Meaning, Model};

pub(super) fn queries(model: &Model, relations: &[&Meaning]) -> Option<TokenStream> {
    let eager: Vec<_> = relations.iter().copied().filter(|r| !r.lazy_load).collect();
    let Model { ident, vis, .. } = model;
    let (mut ty, mut plan) = (quote!(()), quote!(()));
    for relation in &eager {
        let (descriptor, constant) = (relations::descriptor(model, relation), &relation.name.constant);
        ty = quote!((#ty, __P::Eager<#descriptor>));
        plan = quote!((#plan, __P::Eager(#ident::#constant)));
    }
    let names = docs::loaded(&eager);
    let some = format!(" A query for documents that fulfil a condition; it loads {names} with them.");
    let all = format!(" A query for every document; it loads {names} with them.");
    let query = quote!(__P::Query<#ident, __Plan>);
    (!eager.is_empty()).then(|| {
        quote! {
            type __Plan = #ty;
            const __PLAN: __Plan = #plan;
            impl #ident {
                #[doc = #some]
                #vis fn find(__filter: impl __P::IntoFilter<#ident>) -> #query {
                    __P::find(__filter, __PLAN)
                }
                #[doc = #all]
                #vis fn find_all() -> #query {
                    __P::find_all(__PLAN)
                }
            }
        }
    })
}
