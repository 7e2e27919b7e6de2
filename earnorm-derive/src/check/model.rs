use std::collections::HashMap;

use crate::errors::Errors;
use crate::ir::{Model, Stored};
use crate::lower::no_such_field;

/// `#[serde(into = "..")]` and its like store something else than the struct's fields.
pub(super) fn fields_are_what_is_stored(model: &Model, errors: &mut Errors) {
    let name = &model.name;
    for (span, word) in &model.opaque {
        errors.at(*span, format!("with `{word}` serde doesn't store the fields of `{name}`; take it away, or derive `Model` for the struct that is stored"));
    }
}

/// Two fields of one spelling but for its case would have one constant.
pub(super) fn constants_differ(model: &mut Model, errors: &mut Errors) {
    let mut first: HashMap<String, String> = HashMap::new();
    let taken: Vec<bool> = model
        .fields
        .iter()
        .map(|field| {
            let constant = field.constant.to_string();
            if let Some(other) = first.get(&constant) {
                errors.at(field.ident.span(), format!("`{}` and `{other}` would have the same constant `{constant}`; rename one of them", field.name));
                return true;
            }
            first.insert(constant, field.name.clone());
            false
        })
        .collect();
    for (field, taken) in model.fields.iter_mut().zip(taken) {
        if taken {
            field.stored = Stored::Skipped;
        }
    }
}

/// The id is the field that serde writes as `_id`. Where there is none, the one that was probably meant takes its place.
pub(super) fn an_id_is_stored(model: &mut Model, errors: &mut Errors) {
    if model.id.is_some() || !model.opaque.is_empty() {
        return;
    }
    let name = &model.name;
    let meant = model
        .fields
        .iter()
        .position(|f| f.name == "id" || f.name == "_id");
    let Some(field) = meant.and_then(|i| model.fields.get(i)) else {
        errors.at(
            model.ident.span(),
            format!("`{name}` has no id; write a field with `#[serde(rename = \"_id\")]`, as in `#[serde(rename = \"_id\")] id: ObjectId`"),
        );
        return;
    };
    let message = match &field.stored {
        Stored::As(stored) => format!(
            "`{}` is stored as `{stored}`, and an id is stored as `_id`; write `#[serde(rename = \"_id\")]` on it",
            field.name
        ),
        Stored::Flattened => format!(
            "`{}` is flattened, and an id is a field of the document itself; write `#[serde(rename = \"_id\")]` for `flatten`",
            field.name
        ),
        Stored::Skipped => format!(
            "`{}` is not stored, and a model needs its id; write `#[serde(rename = \"_id\")]` for the `skip`",
            field.name
        ),
    };
    errors.at(field.ident.span(), message);
    if let Some(field) = meant.and_then(|i| model.fields.get_mut(i)) {
        field.stored = Stored::As("_id".to_owned());
    }
    model.id = meant;
}

/// `User::ID` is the id's, whatever its field is called.
pub(super) fn no_other_id(model: &mut Model, errors: &mut Errors) {
    let Some(id) = model.id else { return };
    let id_name = model
        .fields
        .get(id)
        .map(|f| f.name.clone())
        .unwrap_or_default();
    for (index, field) in model.fields.iter_mut().enumerate() {
        if index != id
            && field.constant == "ID"
            && !matches!(field.stored, Stored::Skipped | Stored::Flattened)
        {
            errors.at(
                field.ident.span(),
                format!("`{}` is not the id of `{}`, which is `{id_name}`; rename it, since `{1}::ID` is always the id", field.name, model.name),
            );
            field.stored = Stored::Skipped;
        }
    }
}

pub(super) fn the_guard_is_a_field(model: &Model, errors: &mut Errors) {
    let Some(guard) = &model.guard else { return };
    match model.field(guard).map(|f| &f.stored) {
        Some(Stored::As(_)) => {}
        Some(_) => errors.at(
            guard.span,
            format!(
                "`{}` is not stored, so it can't be a guard; take away its `skip` or `flatten`",
                guard.text()
            ),
        ),
        None => errors.at(guard.span, no_such_field(guard, &model.name, &model.fields)),
    }
}
