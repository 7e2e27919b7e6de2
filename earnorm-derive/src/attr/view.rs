//! A view and its attributes.

use darling::FromMeta;
use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, FieldsNamed, Path, Type};

use super::serde::{SerdeField, SerdeStruct};
use super::value::{FieldName, PathValue};
use crate::errors::Errors;
use crate::names;

/// A view and its attributes.
pub(crate) struct ViewInput {
    pub(crate) ident: Ident,
    /// The model or the embedded document in `#[view(of = ..)]`.
    pub(crate) of: Path,
    /// The path in `#[view(crate = ..)]`.
    pub(crate) krate: Option<Path>,
    pub(crate) serde: SerdeStruct,
    pub(crate) fields: Vec<ViewFieldInput>,
}

pub(crate) struct ViewFieldInput {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) serde: SerdeField,
    /// The field of the model in `#[view(field = ..)]`, if it has another name.
    pub(crate) field: Option<FieldName>,
}

/// Parses a view. Returns `None`, after an error, for a type that can't be one.
pub(crate) fn parse(input: &DeriveInput, errors: &mut Errors) -> Option<ViewInput> {
    let (of, krate) = options(input, errors);
    let named = named_fields(input, errors);
    let (of, named) = (of?, named?);
    let mut fields = Vec::new();
    for field in &named.named {
        let (ident, serde) = (field.ident.clone()?, SerdeField::parse(&field.attrs));
        let model_field = of_field(&field.attrs, errors);
        if serde.flattened {
            let name = names::text(&ident);
            let message = format!(
                "`{name}` is flattened, so it isn't known which fields of the model it reads; write these fields in the view itself"
            );
            errors.at(ident.span(), message);
        } else if !serde.unread {
            fields.push(ViewFieldInput { ident, ty: field.ty.clone(), serde, field: model_field });
        }
    }
    Some(ViewInput { ident: input.ident.clone(), of, krate, serde: SerdeStruct::parse(&input.attrs), fields })
}

/// The options of `#[view(..)]` on the struct: `of` and `crate`.
fn options(input: &DeriveInput, errors: &mut Errors) -> (Option<Path>, Option<Path>) {
    let (mut of, mut krate, mut failed) = (None, None, false);
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("view")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let path = if meta.path.is_ident("of") {
                &mut of
            } else if meta.path.is_ident("crate") {
                &mut krate
            } else {
                return Err(
                    meta.error("on a struct, `view` has the options `of` and `crate`; write `#[view(of = User)]`")
                );
            };
            if path.is_some() {
                return Err(meta.error("this option is written twice; keep one"));
            }
            *path = Some(PathValue::from_expr(&meta.value()?.parse()?)?.0);
            Ok(())
        });
        if let Err(error) = parsed {
            failed = true;
            errors.push(error);
        }
    }
    if of.is_none() && !failed {
        let message = format!(
            "`{}` doesn't say which model it is a view of; write `#[view(of = User)]` above the struct",
            input.ident
        );
        errors.at(input.ident.span(), message);
    }
    (of, krate)
}

/// The field in `#[view(field = ..)]`.
fn of_field(attributes: &[Attribute], errors: &mut Errors) -> Option<FieldName> {
    let mut field = None;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("view")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("field") {
                return Err(meta.error("on a field, `view` has one option; write `#[view(field = name)]`"));
            }
            field = Some(FieldName::from_expr(&meta.value()?.parse()?)?);
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
    field
}

fn named_fields<'i>(input: &'i DeriveInput, errors: &mut Errors) -> Option<&'i FieldsNamed> {
    let name = &input.ident;
    if !input.generics.params.is_empty() {
        let message = format!(
            "`{name}` can't be generic: a view is read from the reply of a server, so it has all of its values and their types"
        );
        errors.at(input.generics.span(), message);
        return None;
    }
    if let Data::Struct(data) = &input.data
        && let Fields::Named(named) = &data.fields
    {
        return Some(named);
    }
    let message =
        format!("`{name}` is not a struct with named fields; a view has fields with the names of its model's");
    errors.at(name.span(), message);
    None
}
