//! Relations with `lazy_load = false`: the queries of their model load them. These queries are inherent functions, which
//! hide those of the trait `Model`. An associated type of the trait couldn't hold the plan, since it can't name a target
//! that is less visible than the struct.

use proc_macro2::TokenStream;
use quote::quote;

use super::{docs, relations};
use crate::ir::{Model, Resolved};

pub(super) fn queries(model: &Model, relations: &[&Resolved]) -> Option<TokenStream> {
    let eager: Vec<_> = relations.iter().copied().filter(|r| !r.lazy_load).collect();
    let Model { ident, vis, .. } = model;
    let (mut ty, mut plan) = (quote!(()), quote!(()));
    for relation in &eager {
        let (descriptor, constant) = (relations::descriptor(model, relation), &relation.name.constant);
        ty = quote!((#ty, __P::Eager<#descriptor>));
        plan = quote!((#plan, __P::Eager(#ident::#constant)));
    }
    let names = docs::loaded(&eager);
    let some = format!(" A query for the documents that match a filter. It also loads {names}.");
    let all = format!(" A query for all documents. It also loads {names}.");
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
