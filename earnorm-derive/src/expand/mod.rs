//! 4. Write: from what a struct means to tokens. Nothing fails here, and nothing here has a branch at run time.

mod docs;
mod eager;
mod fields;
mod metadata;
mod model;
mod relations;

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::Model;

/// One unnamed constant with everything in it, so that no name but the user's own gets into the user's module. The runtime
/// goes by the name `__P` there.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let relations: Vec<_> = model.relations.iter().filter_map(|r| r.meaning.as_ref()).collect();
    let markers = relations.iter().enumerate().map(|(place, r)| metadata::marker(model, r, place));
    let sides = relations.iter().filter_map(|r| relations::sides(model, r));
    let stand_ins = relations.iter().filter_map(|r| relations::stand_ins(r));
    let fields = fields::constants(model);
    let accessors = relations.iter().map(|r| relations::accessor(model, r));
    let queries = eager::queries(model, &relations);
    let implementation = model::implementation(model, &relations);
    let Model { ident, krate, .. } = model;
    quote! {
        const _: () = {
            use #krate::__private::{self as __P, Required as _};
            impl #ident {
                #fields
                #(#accessors)*
            }
            #(#stand_ins)*
            #(#markers)*
            #(#sides)*
            #queries
            #implementation
        };
    }
}
