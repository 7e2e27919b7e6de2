//! An enum of references and its attributes.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Path, Token, Type, Variant, Visibility};

use super::serde::{SerdeStruct, SerdeVariant};
use crate::errors::Errors;
use crate::names;

/// An enum of references and its attributes.
pub(crate) struct ReferenceInput {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// The path in `#[reference(crate = ..)]`.
    pub(crate) krate: Option<Path>,
    pub(crate) serde: SerdeStruct,
    /// The number of variants of the enum. Some of them may have mistakes.
    pub(crate) declared: usize,
    pub(crate) variants: Vec<VariantInput>,
}

pub(crate) struct VariantInput {
    pub(crate) ident: Ident,
    /// The type of the id.
    pub(crate) ty: Type,
    /// The path in `#[reference(..)]`.
    pub(crate) model: Option<Path>,
    pub(crate) serde: SerdeVariant,
}

/// Parses an enum of references. Returns `None`, after an error, for a type that can't be one.
pub(crate) fn parse(input: &DeriveInput, errors: &mut Errors) -> Option<ReferenceInput> {
    let name = &input.ident;
    if !input.generics.params.is_empty() {
        let message = format!(
            "a reference has the same models wherever it is stored, so `{name}` can't be generic; write one enum for each set of models"
        );
        errors.at(input.generics.span(), message);
        return None;
    }
    let Data::Enum(data) = &input.data else {
        let message = format!(
            "`{name}` is not an enum; a reference has a variant for each model, as in `enum {name} {{ Post(ObjectId), Photo(ObjectId) }}`"
        );
        errors.at(name.span(), message);
        return None;
    };
    if data.variants.is_empty() {
        errors
            .at(name.span(), format!("`{name}` refers to no model; write a variant for each, as in `Post(ObjectId)`"));
        return None;
    }
    let krate = attribute(&input.attrs, errors, |input| {
        input.parse::<Token![crate]>().and_then(|_| input.parse::<Token![=]>()).map_err(|error| {
            syn::Error::new(error.span(), "on an enum, `reference` has one option; write `#[reference(crate = path)]`")
        })?;
        input.call(Path::parse_mod_style)
    });
    Some(ReferenceInput {
        ident: name.clone(),
        vis: input.vis.clone(),
        krate,
        serde: SerdeStruct::parse(&input.attrs),
        declared: data.variants.len(),
        variants: data.variants.iter().filter_map(|v| variant(v, errors)).collect(),
    })
}

fn variant(variant: &Variant, errors: &mut Errors) -> Option<VariantInput> {
    let name = names::text(&variant.ident);
    let model = attribute(&variant.attrs, errors, |input| {
        let at = input.span();
        input.call(Path::parse_mod_style).map_err(|_| {
            syn::Error::new(at, format!("`reference` on a variant names its model; write `#[reference({name})]`"))
        })
    });
    let mut held = variant.fields.iter();
    let (Fields::Unnamed(_), Some(id), None) = (&variant.fields, held.next(), held.next()) else {
        let message = format!("`{name}` has to hold one id; write `{name}(ObjectId)`, with the type of the model's id");
        errors.at(variant.ident.span(), message);
        return None;
    };
    for attribute in id.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        let message = "a reference stores an id as the type of the id serializes itself; remove this attribute";
        errors.at(attribute.path().span(), message);
    }
    Some(VariantInput {
        ident: variant.ident.clone(),
        ty: id.ty.clone(),
        model,
        serde: SerdeVariant::parse(&variant.attrs),
    })
}

/// What is in `#[reference(..)]`.
fn attribute(
    attributes: &[Attribute],
    errors: &mut Errors,
    parse: impl Fn(ParseStream<'_>) -> syn::Result<Path>,
) -> Option<Path> {
    let mut found = None;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("reference")) {
        match attribute.parse_args_with(&parse) {
            Ok(path) if found.is_some() => errors.at(path.span(), "`reference` is written twice; keep one"),
            Ok(path) => found = Some(path),
            Err(error) => errors.push(error),
        }
    }
    found
}
