//! An enum of models: the names of its methods.

use std::collections::HashMap;

use crate::attr::KindsInput;
use crate::errors::Errors;
use crate::ir::{Kind, Kinds};
use crate::names;

pub(crate) fn lower_kinds(input: KindsInput, errors: &mut Errors) -> Kinds {
    let KindsInput { ident, vis, krate, kinds, mistakes } = input;
    let mut methods = HashMap::new();
    let kinds = kinds.into_iter().map(|(ident, ty)| {
        let name = names::text(&ident);
        let method = names::snake(&name);
        let taken = if names::METHODS_OF_MODEL.split(' ').any(|taken| taken == method) {
            Some(format!("`{method}` is a method of every model; rename `{name}`"))
        } else if !names::is_identifier(&method) {
            Some(format!("`{method}` can't be the name of a method; rename `{name}`"))
        } else {
            let other = methods.insert(method.clone(), name.clone());
            other.map(|other| {
                format!("`{other}` and `{name}` would both have the method `{method}`; rename one of them")
            })
        };
        let method = taken.is_none().then(|| names::ident(&method, ident.span()));
        if let Some(message) = taken {
            errors.at(ident.span(), message);
        }
        Kind { ident, method, ty }
    });
    Kinds {
        variants: kinds.collect(),
        krate: krate.unwrap_or_else(|| syn::parse_quote!(::earnorm)),
        name: names::text(&ident),
        ident,
        vis,
        mistakes,
    }
}
