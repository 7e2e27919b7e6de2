//! 4. Expand: emit the items of a model. This pass can't fail, and it emits no branch.

mod docs;
mod eager;
mod embedded;
mod fields;
mod indexes;
mod kinds;
mod managed;
mod metadata;
mod model;
mod reference;
mod relations;
mod view;

pub(crate) use kinds::expand_kinds;
pub(crate) use reference::expand_reference;
pub(crate) use view::expand_view;

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::Model;

/// Emits all items inside one unnamed constant, so that they add no name to the user's module. `__P` is the hidden module of
/// the runtime.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let relations: Vec<_> = model.relations.iter().filter_map(|r| r.resolved.as_ref()).collect();
    let markers = relations.iter().enumerate().map(|(place, r)| metadata::marker(model, r, place));
    let sides = relations.iter().filter_map(|r| relations::sides(model, r));
    let default_keys = relations.iter().filter_map(|r| relations::default_keys(r));
    let fields = fields::constants(model, &relations);
    let (embeddings, mut checks) = (embedded::markers(model, &relations), embedded::checks(model));
    checks.extend(indexes::checks(model));
    let accessors = relations.iter().map(|r| relations::accessor(model, r));
    let move_to = relations::move_to(model);
    let lookups = indexes::lookups(model);
    let (queries, of_deleted) = (eager::queries(model, &relations), managed::queries(model, &relations));
    let implementation = model::implementation(model, &relations);
    let Model { ident, krate, .. } = model;
    quote! {
        const _: () = {
            use #krate::__private::{self as __P, Required as _};
            impl #ident {
                #fields
                #(#accessors)*
                #move_to
                #(#lookups)*
            }
            #(#default_keys)*
            #(#markers)*
            #(#embeddings)*
            #(#sides)*
            #(#checks)*
            #queries
            #of_deleted
            #implementation
        };
    }
}
