//! 1. Parse: read the attributes, and keep the span of every word.

mod index;
mod items;
mod key_path;
mod kinds;
mod model;
mod options;
mod reference;
mod relation;
mod serde;
mod value;
mod view;

pub(crate) use index::{DeclaredIndex, IndexAttr, IndexKey, KeyOrder, LookupName};
pub(crate) use items::Parsed;
pub(crate) use key_path::KeyPath;
pub(crate) use kinds::{KindsInput, parse as parse_kinds};
pub(crate) use model::ModelAttr;
#[cfg(test)]
pub(crate) use options::Options;
pub(crate) use options::Receiver;
pub(crate) use reference::{ReferenceInput, VariantInput, parse as parse_reference};
pub(crate) use relation::{Kind, RelationAttr};
pub(crate) use serde::{Names, SerdeField, SerdeStruct, apply_case, apply_variant_case};
pub(crate) use value::{FieldName, OnDelete, OrderKey, Rule, Text};
pub(crate) use view::{ViewFieldInput, ViewInput, parse as parse_view};

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Fields, FieldsNamed, GenericParam, Meta, Token, Type, Visibility};

use crate::errors::Errors;
use crate::names;

/// What a struct is derived as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Model,
    Embedded,
}

/// A struct and its attributes.
pub(crate) struct Input {
    pub(crate) role: Role,
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) model: ModelAttr,
    pub(crate) serde: SerdeStruct,
    pub(crate) fields: Vec<FieldInput>,
    /// The relations of the struct, then those of its fields.
    pub(crate) relations: Vec<Declared>,
    pub(crate) indexes: Vec<DeclaredIndex>,
}

pub(crate) struct FieldInput {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The options of `#[model(..)]` on the field, with their spans.
    pub(crate) marks: Vec<(Mark, Span)>,
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
pub(crate) fn parse(input: &DeriveInput, role: Role, errors: &mut Errors) -> Option<Input> {
    let named = named_fields(input, role, errors)?;
    let model = model(input, role, errors);
    let mut relations = relations(&input.attrs, Place::Struct, errors);
    let mut fields = Vec::new();
    for field in &named.named {
        relations.extend(self::relations(&field.attrs, Place::Field(fields.len()), errors));
        let marks = marks(&field.attrs, errors);
        misplaced_index(field, role, errors);
        fields.push(FieldInput {
            ident: field.ident.clone()?,
            ty: field.ty.clone(),
            marks,
            serde: SerdeField::parse(&field.attrs),
        });
    }
    Some(Input {
        role,
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        model,
        serde: SerdeStruct::parse(&input.attrs),
        fields,
        relations,
        indexes: indexes(input, named, role, errors),
    })
}

/// The indexes of a model. An embedded document has no collection that could have one.
fn indexes(input: &DeriveInput, named: &FieldsNamed, role: Role, errors: &mut Errors) -> Vec<DeclaredIndex> {
    let attributes = named_attributes(&input.attrs, "index");
    if role == Role::Embedded {
        for attribute in attributes {
            let name = &input.ident;
            let message = format!(
                "`{name}` is an embedded document; declare its indexes on the models that hold it, as in `#[index(lines.sku)]`"
            );
            errors.at(attribute.path().span(), message);
        }
        return Vec::new();
    }
    let fields: Vec<_> = named.named.iter().filter_map(|field| field.ident.as_ref().map(names::text)).collect();
    index::parse(attributes, &fields, errors)
}

fn misplaced_index(field: &Field, role: Role, errors: &mut Errors) {
    for attribute in named_attributes(&field.attrs, "index") {
        let name = field.ident.as_ref().map(names::text).unwrap_or_default();
        let message = match role {
            Role::Model => format!("`index` belongs on the struct; write `#[index({name})]` above it"),
            Role::Embedded => {
                format!(
                    "`index` belongs on the models that hold this; write a path there, as in `#[index(lines.{name})]`"
                )
            }
        };
        errors.at(attribute.path().span(), message);
    }
}

/// The options of `#[model(..)]` on the struct. An embedded document has only `crate`.
fn model(input: &DeriveInput, role: Role, errors: &mut Errors) -> ModelAttr {
    let Parsed { options, words, .. }: Parsed<ModelAttr> =
        items::parse(named_attributes(&input.attrs, "model"), RelationAttr::OPTIONS, errors);
    if role == Role::Model {
        return options;
    }
    for (word, at) in words.into_iter().filter(|(word, _)| *word != "crate") {
        let name = &input.ident;
        errors.at(at, format!("`{word}` is an option of a model, and `{name}` is an embedded document; leave it out"));
    }
    ModelAttr { krate: options.krate, ..ModelAttr::default() }
}

/// What EarnORM does with a field, or what its type is: `#[model(..)]` on the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The field holds embedded documents.
    Embedded,
    /// The field is set when a document is inserted.
    CreatedAt,
    /// The field is set by each write of a document.
    UpdatedAt,
    /// Each write of a document increments the field.
    Version,
    /// A delete marks the document in this field.
    SoftDelete,
}

impl Mark {
    pub(crate) const ALL: [Self; 5] =
        [Self::Embedded, Self::CreatedAt, Self::UpdatedAt, Self::Version, Self::SoftDelete];

    /// The mark as an attribute writes it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Version => "version",
            Self::SoftDelete => "soft_delete",
        }
    }
}

/// The marks of a field, each with its span. A word that was probably meant for a mark counts as it.
fn marks(attributes: &[Attribute], errors: &mut Errors) -> Vec<(Mark, Span)> {
    let mut marks: Vec<(Mark, Span)> = Vec::new();
    for attribute in named_attributes(attributes, "model") {
        let Ok(words) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
            let all = names::list(Mark::ALL.map(|mark| mark.word().to_owned()));
            let message = format!("`model` on a field takes one of {all}, as in `#[model(embedded)]`");
            errors.at(attribute.path().span(), message);
            continue;
        };
        for meta in words {
            let (at, word) = (meta.path().span(), meta.path().to_token_stream().to_string());
            let exact = Mark::ALL.into_iter().find(|mark| mark.word() == word);
            let meant = exact.or_else(|| {
                let meant = names::did_you_mean(&word, Mark::ALL.map(Mark::word))?;
                Mark::ALL.into_iter().find(|mark| mark.word() == meant)
            });
            let twice = meant.is_some_and(|mark| marks.iter().any(|(other, _)| *other == mark));
            if let (Some(mark), false) = (meant, twice) {
                marks.push((mark, at));
            }
            let message = match (&meta, meant) {
                (Meta::Path(_), Some(_)) if exact.is_some() && twice => format!("`{word}` is written twice; keep one"),
                (Meta::Path(_), _) if exact.is_some() => continue,
                (_, Some(_)) if exact.is_some() => format!("`{word}` takes no value; write `{word}` alone"),
                (_, Some(mark)) => {
                    format!("`{word}` is not an option of `model` on a field; did you mean `{}`?", mark.word())
                }
                _ if ModelAttr::OPTIONS.usages().any(|usage| options::word(usage) == word) => {
                    format!("`{word}` belongs on the struct; move it above `struct`")
                }
                _ => options::elsewhere(&word).map_or_else(
                    || {
                        let all = names::list(Mark::ALL.map(|mark| mark.word().to_owned()));
                        format!("`{word}` is not an option of `model` on a field; write one of {all}")
                    },
                    str::to_owned,
                ),
            };
            errors.at(at, message);
        }
    }
    marks
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

fn named_fields<'a>(input: &'a DeriveInput, role: Role, errors: &mut Errors) -> Option<&'a FieldsNamed> {
    let name = &input.ident;
    if let Some(parameter) = input.generics.params.first() {
        let message = match parameter {
            GenericParam::Lifetime(_) => format!(
                "a model owns its data, so `{name}` can't have a lifetime; write owned types like `String` for `&str`"
            ),
            _ if role == Role::Embedded => format!(
                "an embedded document has the same keys wherever it is, so `{name}` can't be generic; write one struct for each type"
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
        Data::Enum(_) if role == Role::Embedded => {
            let message = format!(
                "`{name}` is an enum, whose variants have different fields; derive `Embedded` for a struct with an `Option` for each variant"
            );
            errors.at(name.span(), message);
            return None;
        }
        Data::Enum(_) => {
            let message = format!(
                "`{name}` is an enum; a model is a struct with named fields, or an enum of such structs that share a collection, as in `enum {name} {{ Car(Car), Truck(Truck) }}`"
            );
            errors.at(name.span(), message);
            return None;
        }
        Data::Union(_) => "a union",
    };
    if role == Role::Embedded {
        let message = format!(
            "`{name}` is {found}; an embedded document is a struct with named fields, as in `struct {name} {{ quantity: i32 }}`"
        );
        errors.at(name.span(), message);
        return None;
    }
    errors.at(
        name.span(),
        format!("`{name}` is {found}; a model is a struct with named fields, as in `struct {name} {{ #[serde(rename = \"_id\")] id: ObjectId }}`"),
    );
    None
}
