//! An enum of models that share a collection.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Path, Type, Variant, Visibility};

use super::items;
use super::{ModelAttr, Parsed, Receiver, RelationAttr, named_attributes};
use crate::errors::Errors;
use crate::names;

/// An enum of models that share a collection.
pub(crate) struct KindsInput {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// The path in `#[model(crate = ..)]`.
    pub(crate) krate: Option<Path>,
    /// Each variant with the model that it holds. At least one.
    pub(crate) kinds: Vec<(Ident, Type)>,
    /// The variants that have a mistake.
    pub(crate) mistakes: Vec<Ident>,
}

/// Parses an enum. Returns `None` for an enum without models, and for any other type.
pub(crate) fn parse(input: &DeriveInput, errors: &mut Errors) -> Option<KindsInput> {
    let Data::Enum(data) = &input.data else { return None };
    let has_models = data.variants.iter().any(|variant| held(variant).is_some());
    if !input.generics.params.is_empty() || !has_models {
        return None;
    }
    let (mut kinds, mut mistakes) = (Vec::new(), Vec::new());
    for variant in &data.variants {
        if let Some(model) = held(variant) {
            kinds.push((variant.ident.clone(), model.clone()));
            continue;
        }
        let name = names::text(&variant.ident);
        let message = format!("`{name}` has to hold one model in parentheses, as in `Car(Car)`");
        errors.at(variant.ident.span(), message);
        mistakes.push(variant.ident.clone());
    }
    let attributes = || named_attributes(&input.attrs, "model");
    let Parsed { options, words, .. }: Parsed<ModelAttr> = items::parse(attributes(), RelationAttr::OPTIONS, errors);
    for (word, at) in words.into_iter().filter(|(word, _)| *word != "crate") {
        let name = &input.ident;
        errors.at(
            at,
            format!("`{word}` is an option of a model, and `{name}` is an enum of models; write it on each model"),
        );
    }
    let fields = data.variants.iter().flat_map(|variant| &variant.fields);
    let inner = data.variants.iter().map(|variant| &variant.attrs).chain(fields.map(|field| &field.attrs));
    for attributes in std::iter::once(&input.attrs).chain(inner) {
        for attribute in named_attributes(attributes, "relation") {
            let message =
                format!("`{}` is an enum of models, which have the relations; write this on each of them", input.ident);
            errors.at(attribute.path().span(), message);
        }
        for attribute in named_attributes(attributes, "index") {
            let message =
                format!("`{}` is an enum of models, which have the indexes; write this on each of them", input.ident);
            errors.at(attribute.path().span(), message);
        }
    }
    Some(KindsInput {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        krate: options.krate.map(|krate| krate.0),
        kinds,
        mistakes,
    })
}

/// The type that a variant holds, if it is one.
fn held(variant: &Variant) -> Option<&Type> {
    let mut fields = variant.fields.iter();
    match (&variant.fields, fields.next(), fields.next()) {
        (Fields::Unnamed(_), Some(one), None) => Some(&one.ty),
        _ => None,
    }
}
