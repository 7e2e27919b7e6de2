use std::collections::{HashMap, HashSet};

use proc_macro2::Span;

use crate::attr::{Declared, Kind, Place, Rule};
use crate::errors::Errors;
use crate::ir::{Key, Meaning, Model, Stored};

/// The methods that every model has: an accessor of one of these names would hide it. In step with the trait `Model`.
const METHODS_OF_MODEL: &[&str] = &[
    "metadata",
    "collection",
    "insert",
    "insert_many",
    "insert_checked",
    "insert_many_checked",
    "get",
    "get_many",
    "find",
    "find_all",
    "query",
    "save",
    "save_checked",
    "update",
    "update_by_id",
    "delete",
    "plan_delete",
    "ensure_indexes",
    "check_indexes",
    "validate_references",
    "id",
    "clone",
];

/// A word, and where it is written.
type Word = (&'static str, Option<Span>);

/// The options that say how a many-to-many is stored.
fn links(declared: &Declared) -> [Word; 3] {
    let options = &declared.options;
    [
        ("through", options.through.as_ref().map(|o| o.word)),
        ("ids", options.ids.as_ref().map(|o| o.word)),
        ("target_ids", options.target_ids.as_ref().map(|o| o.word)),
    ]
}

fn first_kind(declared: &Declared) -> Option<Kind> {
    declared.options.kinds().first().map(|(kind, _)| *kind)
}

/// On a field, the field is the key.
pub(super) fn a_field_is_its_own_key(declared: &Declared, errors: &mut Errors) {
    // `one_to_many` belongs on the struct, where `fk` is right
    if matches!(declared.place, Place::Struct) || first_kind(declared) == Some(Kind::OneToMany) {
        return;
    }
    let fk = ("fk", declared.options.fk.as_ref().map(|o| o.word));
    let target_fk = (
        "target_fk",
        declared.options.target_fk.as_ref().map(|o| o.word),
    );
    let many_to_many = first_kind(declared) == Some(Kind::ManyToMany);
    // for another kind these three have a rule of their own
    let links = links(declared).into_iter().filter(|_| many_to_many);
    for (word, span) in [fk, target_fk].into_iter().chain(links) {
        if let Some(span) = span {
            errors.at(
                span,
                format!("the field that the relation stands on is its key; leave out `{word}`"),
            );
        }
    }
}

pub(super) fn links_are_many_to_many(declared: &Declared, errors: &mut Errors) {
    let Some(kind) = first_kind(declared).filter(|k| *k != Kind::ManyToMany) else {
        return;
    };
    for (word, span) in links(declared) {
        if let Some(span) = span {
            errors.at(
                span,
                format!(
                    "`{word}` is for `many_to_many`, and this relation is a `{}`; leave it out",
                    kind.text()
                ),
            );
        }
    }
}

/// By a join model, by an array here or by one in the target, but not by two of them.
pub(super) fn links_are_stored_once(declared: &Declared, errors: &mut Errors) {
    if first_kind(declared) != Some(Kind::ManyToMany) || matches!(declared.place, Place::Field(_)) {
        return;
    }
    let written: Vec<_> = links(declared)
        .into_iter()
        .filter_map(|(w, s)| Some((w, s?)))
        .collect();
    if let [(first, _), rest @ ..] = written.as_slice() {
        for (word, span) in rest {
            errors.at(
                *span,
                format!("`{word}` and `{first}` are two ways to store one relation; keep one"),
            );
        }
    }
}

/// `fk` and `target_fk` name fields of the join model; an array needs neither.
pub(super) fn links_have_the_keys_they_need(declared: &Declared, errors: &mut Errors) {
    let options = &declared.options;
    if options.through.is_some() || matches!(declared.place, Place::Field(_)) {
        return;
    }
    if let Some(target_fk) = &options.target_fk {
        errors.at(target_fk.word, "`target_fk` names a key of a join model; write `through = \"..\"` beside it, or leave it out");
    }
    if let (Some(fk), true) = (
        &options.fk,
        options.ids.is_some() || options.target_ids.is_some(),
    ) {
        errors.at(
            fk.word,
            "`fk` is for a single key, and this relation goes by an array of ids; leave it out",
        );
    }
}

/// `cascade_delete` is short for a rule; it can't stand beside another.
pub(super) fn delete_rules_agree(declared: &Declared, errors: &mut Errors) {
    let options = &declared.options;
    if let (true, Some(on_delete)) = (options.cascade_delete.is_present(), &options.on_delete) {
        let rule = on_delete.value.rule;
        if rule != Rule::Cascade {
            errors.at(
                on_delete.value.span,
                format!(
                    "`on_delete = \"{}\"` contradicts `cascade_delete`; keep one",
                    rule.text()
                ),
            );
        }
    }
}

/// A rule that saw only a part of the documents would leave the others with keys that point nowhere.
pub(super) fn delete_rules_see_every_document(
    declared: &Declared,
    meaning: &Meaning,
    errors: &mut Errors,
) {
    let options = &declared.options;
    let part = match (&options.filter, &options.limit) {
        (Some(_), _) => "filter",
        (None, Some(_)) => "limit",
        (None, None) => return,
    };
    let Some(on_delete) = meaning.on_delete.filter(|o| o.rule != Rule::NoAction) else {
        return;
    };
    errors.at(
        on_delete.span,
        format!("a delete rule covers every document, and this relation has a `{part}`; write the rule on a relation without one"),
    );
}

/// The links of a many-to-many are there or not; they have no key that could be null, and block nothing.
pub(super) fn links_have_no_key_to_null(meaning: &Meaning, errors: &mut Errors) {
    let Some(on_delete) = meaning
        .on_delete
        .filter(|_| meaning.kind == Kind::ManyToMany)
    else {
        return;
    };
    if matches!(on_delete.rule, Rule::SetNull | Rule::Restrict) {
        errors.at(
            on_delete.span,
            format!("the links of a `many_to_many` can't be `{}`; they go with either end, or stay with `no_action`", on_delete.rule.text()),
        );
    }
}

pub(super) fn orphans_are_children(declared: &Declared, meaning: &Meaning, errors: &mut Errors) {
    if meaning.orphan_removal && !matches!(meaning.key, Key::InTarget(_)) {
        errors.at(
            declared.options.orphan_removal.span(),
            "`orphan_removal` deletes children, which hold the key; write it on the `one_to_one` or `one_to_many` of the parent",
        );
    }
}

pub(super) fn one_document_has_no_limit(
    declared: &Declared,
    meaning: &Meaning,
    errors: &mut Errors,
) {
    if let (Some(limit), false) = (&declared.options.limit, meaning.kind.is_to_many()) {
        errors.at(
            limit.word,
            format!(
                "a `{}` leads to one document; leave out `limit`",
                meaning.kind.text()
            ),
        );
    }
}

/// From the key's side there is one document; from the other there could be several, of which the order chooses.
pub(super) fn one_document_has_no_order(
    declared: &Declared,
    meaning: &Meaning,
    errors: &mut Errors,
) {
    if let (Some(order), Key::InSource(_)) = (&declared.options.order_by, &meaning.key) {
        errors.at(
            order.word,
            "a key points at one document; leave out `order_by`",
        );
    }
}

/// A relation's name is a method and a constant. One that is taken is left out of the expansion.
pub(super) fn names_are_free(model: &mut Model, errors: &mut Errors) {
    let name = &model.name;
    let stored = model
        .fields
        .iter()
        .filter(|f| matches!(f.stored, Stored::As(_)));
    let fields: HashMap<_, _> = stored
        .map(|f| (f.constant.to_string(), f.name.clone()))
        .collect();
    let mut relations = HashSet::new();
    for relation in &mut model.relations {
        let Some(meaning) = &relation.meaning else {
            continue;
        };
        let text = &meaning.name.text;
        let constant = meaning.name.constant.to_string();
        let problem = if METHODS_OF_MODEL.contains(&text.as_str()) {
            format!(
                "`{text}` is a method of every model, so no relation can be called so; write another `name`"
            )
        } else if let Some(field) = fields.get(&constant) {
            format!(
                "the relation `{text}` and the field `{field}` would both be `{name}::{constant}`; write another `name`"
            )
        } else if !relations.insert(constant) {
            format!("`{name}` has two relations called `{text}`; write another `name` for this one")
        } else {
            continue;
        };
        errors.at(meaning.name.method.span(), problem);
        relation.meaning = None;
    }
}
