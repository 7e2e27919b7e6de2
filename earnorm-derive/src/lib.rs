//! The derive macro of EarnORM. Users import it from the crate `earnorm`, together with the trait of the same name.
//! **[`Model`](macro@Model) documents all options.** This page shows what models expand to.
#![doc = include_str!("../expansion/REFERENCE.md")]

mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod ir;
mod lower;
mod names;
mod plural;
#[cfg(test)]
#[path = "../expansion/tests.rs"]
mod tests;

use syn::{DeriveInput, parse_macro_input};

use crate::attr::Role;

#[doc = include_str!("../expansion/OPTIONS.md")]
#[proc_macro_derive(Model, attributes(model, relation, index))]
pub fn model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input as DeriveInput), Role::Model).into()
}

#[doc = include_str!("../expansion/EMBEDDED.md")]
#[proc_macro_derive(Embedded, attributes(model, relation, index))]
pub fn embedded(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input as DeriveInput), Role::Embedded).into()
}

#[doc = include_str!("../expansion/REFERENCES.md")]
#[proc_macro_derive(Reference, attributes(reference))]
pub fn reference(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_reference(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../expansion/VIEWS.md")]
#[proc_macro_derive(View, attributes(view))]
pub fn view(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_view(&parse_macro_input!(input as DeriveInput)).into()
}

/// Does the same as [`derive`] for a view.
fn derive_view(input: &DeriveInput) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    let expansion = attr::parse_view(input, &mut errors).map(|parsed| expand::expand_view(&lower::lower_view(parsed)));
    fallback::with_errors(&expansion.unwrap_or_default(), errors)
}

/// Does the same as [`derive`] for an enum of references.
fn derive_reference(input: &DeriveInput) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    let expansion = attr::parse_reference(input, &mut errors)
        .map(|parsed| expand::expand_reference(&lower::lower_reference(parsed, &mut errors)));
    fallback::with_errors(&expansion.unwrap_or_default(), errors)
}

/// Parses, lowers, checks and expands a struct. The mistakes of all passes are reported together.
fn derive(input: &DeriveInput, role: Role) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    if let (Role::Model, Some(parsed)) = (role, attr::parse_kinds(input, &mut errors)) {
        return fallback::with_errors(&expand::expand_kinds(&lower::lower_kinds(parsed, &mut errors)), errors);
    }
    let expansion = match attr::parse(input, role, &mut errors) {
        Some(parsed) => {
            let mut model = lower::lower(parsed, &mut errors);
            check::check(&mut model, &mut errors);
            expand::expand(&model)
        }
        None => fallback::stub(input, role),
    };
    fallback::with_errors(&expansion, errors)
}
