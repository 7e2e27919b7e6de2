//! Mistakes in an enum of models, found while a program is compiled.

use super::traits::Kinds;
use crate::schema::{ModelMetadata, TimeField, fail, str_eq};

/// Fails to compile if the documents of a model of an enum can't be distinguished from those of the models before it.
/// `number` is its place among them.
#[doc(hidden)]
#[track_caller]
pub const fn check_kind<E: Kinds>(number: usize) {
    let (of, model) = (E::METADATA, E::KINDS[number].model);
    let Some(tag) = model.config.tag else {
        fail(&[
            "`",
            model.name,
            "` has no tag by which `",
            of.name,
            "` could recognize its documents; write `#[serde(tag = \"kind\", rename = \"..\")]` on it",
        ]);
        return;
    };
    if !E::KINDS[number].plain_id {
        fail(&[
            "the id of `",
            model.name,
            "` is stored by a function, but `",
            of.name,
            "` has to compare ids without knowing the model; remove `with` or `serialize_with`",
        ]);
    }
    if !str_eq(model.collection, of.collection) {
        fail(&[
            "`",
            model.name,
            "` is stored in `",
            model.collection,
            "`, and `",
            of.config.kinds[0].name,
            "` in `",
            of.collection,
            "`, but `",
            of.name,
            "` is one collection; write `#[model(collection = \"",
            of.collection,
            "\")]` on `",
            model.name,
            "`",
        ]);
    }
    check_managed(of, model);
    let mut i = 0;
    while i < number {
        let other = of.config.kinds[i];
        if let Some(other_tag) = other.config.tag {
            if !str_eq(other_tag.field, tag.field) {
                fail(&[
                    "the tag of `",
                    model.name,
                    "` is in `",
                    tag.field,
                    "`, and that of `",
                    other.name,
                    "` in `",
                    other_tag.field,
                    "`; write `tag = \"",
                    other_tag.field,
                    "\"` on both",
                ]);
            } else if str_eq(other_tag.value, tag.value) {
                fail(&[
                    "`",
                    other.name,
                    "` and `",
                    model.name,
                    "` have the same tag `",
                    tag.value,
                    "`; give one of them another `rename`",
                ]);
            } else if equal_without_case(other_tag.value, tag.value) {
                fail(&[
                    "the tags `",
                    other_tag.value,
                    "` of `",
                    other.name,
                    "` and `",
                    tag.value,
                    "` of `",
                    model.name,
                    "` differ only in case, which a collation can ignore; give one of them another `rename`",
                ]);
            }
        }
        i += 1;
    }
}

/// An update of documents of several kinds sets their managed fields without knowing the kind of each.
const fn check_managed(of: &ModelMetadata, model: &ModelMetadata) {
    let (first, config) = (of.config.kinds[0], model.config);
    let fields = [
        ("created_at", time(first.config.created_at), time(config.created_at)),
        ("updated_at", time(first.config.updated_at), time(config.updated_at)),
        ("version", name(first.config.version), name(config.version)),
        ("soft_delete", name(first.config.soft_delete), name(config.soft_delete)),
    ];
    let mut i = 0;
    while i < fields.len() {
        let (word, expected, found) = fields[i];
        let (with, without, field) =
            if expected.is_empty() { (model.name, first.name, found) } else { (first.name, model.name, expected) };
        if !str_eq(expected, found) {
            fail(&[
                "`",
                with,
                "` has a field `",
                field,
                "` with `",
                word,
                "`, and `",
                without,
                "` has none of this name, but an update of a `",
                of.name,
                "` writes it into both; give both the same",
            ]);
        }
        i += 1;
    }
}

const fn time(field: Option<TimeField>) -> &'static str {
    match field {
        Some(field) => field.name(),
        None => "",
    }
}

const fn name(field: Option<&'static str>) -> &'static str {
    match field {
        Some(name) => name,
        None => "",
    }
}

const fn equal_without_case(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if !a[i].eq_ignore_ascii_case(&b[i]) {
            return false;
        }
        i += 1;
    }
    true
}
