//! 1. Parse: read the attributes, and keep the span of every word.

mod items;
mod model;
mod options;
mod relation;
mod serde;
mod value;

pub(crate) use items::Parsed;
pub(crate) use model::ModelAttr;
#[cfg(test)]
pub(crate) use options::Options;
pub(crate) use options::Receiver;
pub(crate) use relation::{Kind, RelationAttr};
pub(crate) use serde::{Names, SerdeField, SerdeStruct, apply_case};
pub(crate) use value::{FieldName, OnDelete, OrderKey, Rule, Text};

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, FieldsNamed, GenericParam, Type, Visibility};

use crate::errors::Errors;

/// A struct and its attributes.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) model: ModelAttr,
    pub(crate) serde: SerdeStruct,
    pub(crate) fields: Vec<FieldInput>,
    /// The relations of the struct, then those of its fields.
    pub(crate) relations: Vec<Declared>,
}

pub(crate) struct FieldInput {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) serde: SerdeField,
}

/// A `#[relation(..)]`.
pub(crate) struct Declared {
    pub(crate) place: Place,
    /// The word `relation`.
    pub(crate) span: Span,
    pub(crate) attribute: Parsed<RelationAttr>,
}

impl Declared {
    /// The options among `words` that are written, with their spans.
    pub(crate) fn written(&self, words: &[&'static str]) -> Vec<(&'static str, Span)> {
        words.iter().filter_map(|word| Some((*word, self.attribute.at(word)?))).collect()
    }

    /// The options that say where the links of a many-to-many are stored.
    pub(crate) fn links(&self) -> Vec<(&'static str, Span)> {
        self.written(&["through", "ids", "target_ids"])
    }
}

/// The item that an attribute belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Struct,
    /// The field at this index.
    Field(usize),
}

/// Parses a struct. Returns `None`, after an error, for a type that can't be a model.
pub(crate) fn parse(input: &DeriveInput, errors: &mut Errors) -> Option<Input> {
    let named = named_fields(input, errors)?;
    let model = items::parse(named_attributes(&input.attrs, "model"), RelationAttr::OPTIONS, errors).options;
    let mut relations = relations(&input.attrs, Place::Struct, errors);
    let mut fields = Vec::new();
    for field in &named.named {
        relations.extend(self::relations(&field.attrs, Place::Field(fields.len()), errors));
        for misplaced in named_attributes(&field.attrs, "model") {
            let advice = match misplaced.parse_args::<Ident>() {
                Ok(word) => options::elsewhere(&word.to_string()),
                Err(_) => None,
            };
            let advice = advice.unwrap_or("`model` belongs on the struct; move it above `struct`");
            errors.at(misplaced.path().span(), advice);
        }
        fields.push(FieldInput {
            ident: field.ident.clone()?,
            ty: field.ty.clone(),
            serde: SerdeField::parse(&field.attrs),
        });
    }
    Some(Input {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        model,
        serde: SerdeStruct::parse(&input.attrs),
        fields,
        relations,
    })
}

fn relations(attributes: &[Attribute], place: Place, errors: &mut Errors) -> Vec<Declared> {
    named_attributes(attributes, "relation")
        .map(|attribute| Declared {
            place,
            span: attribute.path().span(),
            attribute: items::parse([attribute], ModelAttr::OPTIONS, errors),
        })
        .collect()
}

fn named_attributes<'a>(attributes: &'a [Attribute], name: &'static str) -> impl Iterator<Item = &'a Attribute> {
    attributes.iter().filter(move |a| a.path().is_ident(name))
}

fn named_fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a FieldsNamed> {
    let name = &input.ident;
    if let Some(parameter) = input.generics.params.first() {
        let message = match parameter {
            GenericParam::Lifetime(_) => format!(
                "a model owns its data, so `{name}` can't have a lifetime; write owned types like `String` for `&str`"
            ),
            _ => format!(
                "a model is one collection, so `{name}` can't be generic; write the type into a field, as in `payload: Payload<Login>`"
            ),
        };
        errors.at(input.generics.span(), message);
        return None;
    }
    let found = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => return Some(named),
            Fields::Unnamed(_) => "a tuple struct",
            Fields::Unit => "a unit struct",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    errors.at(
        name.span(),
        format!("`{name}` is {found}; a model is a struct with named fields, as in `struct {name} {{ #[serde(rename = \"_id\")] id: ObjectId }}`"),
    );
    None
}
