//! The derive macro of EarnORM; users find it in the crate `earnorm`, beside the trait of the same name. **All options are
//! in the documentation of [`Model`](macro@Model).** What follows is what models expand to.
#![doc = include_str!("../expansion/REFERENCE.md")]

mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod ir;
mod lower;
mod names;
#[cfg(test)]
#[path = "../expansion/tests.rs"]
mod tests;

use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("../expansion/OPTIONS.md")]
#[proc_macro_derive(Model, attributes(model, relation))]
pub fn model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Read, mean, judge, write; what was found on the way is reported in the end.
fn derive(input: &DeriveInput) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    let expansion = match attr::read(input, &mut errors) {
        Some(read) => {
            let mut model = lower::lower(read, &mut errors);
            check::check(&mut model, &mut errors);
            expand::expand(&model)
        }
        None => fallback::stub(input),
    };
    fallback::with_errors(&expansion, errors)
}
