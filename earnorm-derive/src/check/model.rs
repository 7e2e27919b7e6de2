use std::collections::HashMap;
use std::mem;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;

use crate::errors::Errors;
use crate::ir::{Model, Stored};
use crate::lower::no_such_field;

/// `#[serde(into = "..")]`, `remote` and `transparent` don't store the struct's fields.
pub(super) fn fields_are_what_is_stored(model: &Model, errors: &mut Errors) {
    for (span, word) in &model.opaque {
        errors.at(
            *span,
            format!("with `{word}`, serde doesn't store this struct's fields; remove it, or derive `Model` for the type that is stored"),
        );
    }
}

/// Two fields can't share a constant (their names may differ only in case) or a stored name.
pub(super) fn names_differ(model: &mut Model, errors: &mut Errors) {
    let (mut constants, mut places) = (HashMap::new(), HashMap::new());
    for field in &mut model.fields {
        let (name, constant) = (field.name.clone(), field.constant.to_string());
        let message = if let Some(other) = constants.insert(constant.clone(), name.clone()) {
            format!("`{name}` and `{other}` would both be the constant `{constant}`; rename one of them")
        } else if let Stored::As(stored) = &field.stored
            && let Some(other) = places.insert(stored.clone(), name.clone())
        {
            match stored.as_str() {
                "_id" => format!("`{name}` is a second `_id`, beside `{other}`; store it under another name"),
                _ => format!("`{other}` and `{name}` would both be stored as `{stored}`; rename one of them"),
            }
        } else {
            continue;
        };
        errors.at(field.ident.span(), message);
        field.stored = Stored::Skipped;
    }
}

/// The id is the field that serde writes as `_id`. If there is none, the field that was probably meant becomes the id.
pub(super) fn an_id_is_stored(model: &mut Model, errors: &mut Errors) {
    if model.id.is_some() || !model.opaque.is_empty() {
        return;
    }
    let is_meant = |name: &str| matches!(name, "id" | "_id");
    let Some(index) = model.fields.iter().position(|f| is_meant(&f.name)) else {
        let message =
            format!("`{}` has no id; write `#[serde(rename = \"_id\")]` on the field that is unique", model.name);
        return errors.at(model.ident.span(), message);
    };
    let Some(field) = model.fields.get_mut(index) else { return };
    let (is, instead) = match &field.stored {
        Stored::As(stored) => (format!("stored as `{stored}`, but an id has to be stored as `_id`"), ""),
        Stored::Flattened => {
            ("flattened, but an id has to be a field of this struct".to_owned(), " in place of `flatten`")
        }
        Stored::Skipped => {
            ("not stored, but an id has to be".to_owned(), " in place of its `skip` or `skip_serializing`")
        }
    };
    let message = format!("`{}` is {is}; write `#[serde(rename = \"_id\")]` on it{instead}", field.name);
    errors.at(field.ident.span(), message);
    // a flattened field is a struct, whose type isn't that of an id
    if !matches!(field.stored, Stored::Flattened) {
        field.stored = Stored::As("_id".to_owned());
        model.id = Some(index);
    }
}

/// `User::ID` is the constant of the id, whatever the id's field is called.
pub(super) fn no_other_id(model: &mut Model, errors: &mut Errors) {
    let Some(id) = model.id.and_then(|i| model.fields.get(i)) else { return };
    let (model_name, id) = (&model.name, id.name.clone());
    for field in model.fields.iter_mut().filter(|f| f.constant == "ID" && f.name != id) {
        if matches!(field.stored, Stored::As(_)) {
            let name = &field.name;
            let message = format!(
                "`{name}` is not the id of `{model_name}`, which is `{id}`; rename it, since `{model_name}::ID` is the id"
            );
            errors.at(field.ident.span(), message);
            field.stored = Stored::Skipped;
        }
    }
}

pub(super) fn the_guard_is_a_field(model: &Model, errors: &mut Errors) {
    let Some(guard) = &model.guard else { return };
    match model.field(guard).map(|f| &f.stored) {
        Some(Stored::As(_)) => {}
        None => errors.at(guard.span, no_such_field(guard, &model.name, &model.fields)),
        Some(_) => {
            let name = guard.text();
            errors.at(guard.span, format!("`{name}` is not stored; name a field that is"));
        }
    }
}

/// An embedded document that contains itself would have paths without end.
pub(super) fn embedded_documents_end(model: &mut Model, errors: &mut Errors) {
    fn names(tokens: TokenStream, ident: &Ident) -> bool {
        let mut in_path = false;
        tokens.into_iter().any(|token| {
            // `other::Comment` is another struct
            let in_path =
                mem::replace(&mut in_path, matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':'));
            match token {
                TokenTree::Ident(one) => one == *ident && !in_path,
                TokenTree::Group(group) => names(group.stream(), ident),
                _ => false,
            }
        })
    }
    let name = &model.name;
    for field in model.fields.iter_mut().filter(|field| field.embedded.is_some()) {
        if names(field.ty.to_token_stream(), &model.ident) {
            let message = format!(
                "`{}` embeds a `{name}` in a `{name}`, whose keys would have paths without end; remove `embedded`, and hold \
                 ids instead",
                field.name
            );
            errors.at(field.ident.span(), message);
            field.embedded = None;
        }
    }
}
