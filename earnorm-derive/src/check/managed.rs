//! Rules for the fields that EarnORM writes.

use crate::attr::{FieldName, Mark};
use crate::errors::Errors;
use crate::ir::{Field, Key, Model, Relation, Stored};
use crate::lower::no_such_field;

/// A managed field is stored under its own name, is not the id, and is the only one of its kind.
pub(super) fn managed_fields_are_stored(model: &mut Model, errors: &mut Errors) {
    let id = model.id;
    let mut seen: Vec<(Mark, String)> = Vec::new();
    for (index, field) in model.fields.iter_mut().enumerate() {
        let Some((mark, at)) = field.managed else { continue };
        let (name, word) = (&field.name, mark.word());
        let message = if let Some((_, other)) = seen.iter().find(|(other, _)| *other == mark) {
            format!("`{name}` is a second `{word}`, beside `{other}`; keep one")
        } else if field.embedded.is_some() {
            format!("`{name}` holds embedded documents, so it can't be `{word}`; give `{word}` a field of its own")
        } else if id == Some(index) {
            format!("`{name}` is the id, which never changes; give `{word}` a field of its own")
        } else if !matches!(field.stored, Stored::As(_)) {
            format!("`{name}` is not stored as a field, so it can't be `{word}`; remove its serde attribute")
        } else {
            seen.push((mark, name.clone()));
            continue;
        };
        errors.at(at, message);
        field.managed = None;
    }
}

/// Only whole documents are written, and have a time and a version.
pub(super) fn embedded_documents_have_no_managed_fields(model: &mut Model, errors: &mut Errors) {
    let name = &model.name;
    for field in &mut model.fields {
        if let Some((mark, at)) = field.managed.take() {
            let word = mark.word();
            errors.at(at, format!("`{name}` is an embedded document; mark `{word}` on the models that hold it"));
        }
    }
}

/// EarnORM counts related documents as they are written, and doesn't know then which of them a filter or a limit includes.
pub(super) fn counters_see_every_document(relation: &Relation, errors: &mut Errors) {
    let options = &relation.declared.attribute.options;
    let Some(resolved) = &relation.resolved else { return };
    for (word, at) in relation.declared.written(&["counter", "touch"]) {
        let message = if !resolved.kind.is_to_many() {
            let kind = resolved.kind.text();
            format!("`{word}` is an option of `one_to_many` and `many_to_many`, and this is `{kind}`; remove it")
        } else if options.filter.is_some() {
            format!("`{word}` counts writes of all related documents, and `filter` excludes some; remove one of them")
        } else if options.limit.is_some() {
            format!("`{word}` counts writes of all related documents, and `limit` excludes some; remove one of them")
        } else {
            continue;
        };
        let message = if word == "touch" { message.replace("counts writes", "sees writes") } else { message };
        errors.at(at, message);
    }
}

/// `counter` and `touch` name stored fields of the declaring model, which nothing else writes.
pub(super) fn counters_are_fields(model: &mut Model, errors: &mut Errors) {
    let mut seen: Vec<(String, String)> = Vec::new();
    let (name, fields) = (&model.name, &model.fields);
    for relation in &mut model.relations {
        let Some(resolved) = &mut relation.resolved else { continue };
        let text = resolved.name.text.clone();
        if !resolved.kind.is_to_many() || matches!(resolved.key, Key::Any(_)) {
            (resolved.counter, resolved.touch) = (None, None);
            continue;
        }
        for (option, word) in [(&mut resolved.counter, "counter"), (&mut resolved.touch, "touch")] {
            let Some(named) = option.as_ref() else { continue };
            let field = fields.iter().find(|field| field.constant == named.constant());
            let other = seen.iter().find(|(field, _)| *field == named.text()).filter(|_| word == "counter");
            let message = match (field, other) {
                (None, _) => Some(no_such_field(named, name, fields)),
                (Some(field), None) => refused(field, named, word),
                (Some(_), Some((_, other))) => Some(format!(
                    "`{}` is the counter of `{other}`, so it can't be that of `{text}`; give each its own",
                    named.text()
                )),
            };
            match message {
                Some(message) => {
                    errors.at(named.span, message);
                    *option = None;
                }
                None if word == "counter" => seen.push((named.text(), text.clone())),
                None => {}
            }
        }
    }
}

fn refused(field: &Field, named: &FieldName, word: &str) -> Option<String> {
    let name = named.text();
    match (&field.stored, field.managed) {
        (Stored::As(stored), _) if stored == "_id" => Some(format!("`{name}` is the id, so it can't be a `{word}`")),
        (Stored::As(_), Some((Mark::UpdatedAt, _))) if word == "touch" => None,
        (Stored::As(_), Some((mark, _))) => {
            Some(format!("`{name}` is `{}` already; give `{word}` a field of its own", mark.word()))
        }
        (Stored::As(_), None) if field.embedded.is_some() => {
            Some(format!("`{name}` holds embedded documents; give `{word}` a field of its own"))
        }
        (Stored::As(_), None) => None,
        _ => Some(format!("`{name}` is not stored; name a field that is")),
    }
}
