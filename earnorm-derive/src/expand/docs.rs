//! The sentences on generated items.

use crate::attr::{FieldName, Kind, Rule};
use crate::ir::{Field, Key, Meaning, Model, Stored, Target};

pub(super) fn id(model: &Model) -> String {
    format!(" The id of [`{}`], stored as `_id`.", model.name)
}

pub(super) fn field(model: &Model, field: &Field) -> String {
    let Field { name, stored, .. } = field;
    let other = match stored {
        Stored::As(stored) if stored != name => format!(", stored as `{stored}`"),
        _ => String::new(),
    };
    format!(" The field `{name}` of [`{}`]{other}.", model.name)
}

/// Target, key, what is chosen, rules, number of commands.
pub(super) fn relation(model: &Model, relation: &Meaning) -> String {
    let mut parts = vec![what(relation)];
    parts.extend(choice(relation));
    parts.extend(rule(relation).map(str::to_owned));
    if relation.orphan_removal {
        parts.push("deleted when taken out".to_owned());
    }
    if !relation.lazy_load {
        parts.push(format!("loaded with every query of [`{}`]", model.name));
    }
    let commands = match relation.key {
        Key::Through { .. } => "Two commands",
        _ => "One command",
    };
    format!(" {}. {commands} to read.", parts.join("; "))
}

/// The relations that load by themselves.
pub(super) fn loaded(eager: &[&Meaning]) -> String {
    let names = eager.iter().map(|r| format!("[`{}`](Self::{})", r.name.text, r.name.constant));
    names.collect::<Vec<_>>().join(" and ")
}

pub(super) fn accessor(relation: &Meaning) -> String {
    let Meaning { name, .. } = relation;
    format!(" This document's [`{}`](Self::{}).", name.text, name.constant)
}

fn what(relation: &Meaning) -> String {
    let (target, holder) = (link(&relation.target), &relation.target.name);
    let number = match relation.kind {
        Kind::OneToOne => "At most one",
        Kind::ManyToOne => "The",
        _ => "Any number of",
    };
    let by = match &relation.key {
        Key::InTarget(fk) => format!("by `{holder}::{}`", fk.text()),
        Key::InSource(fk) => format!("by the id in `{}`", fk.text()),
        Key::Ids(fk) => format!("by the ids in `{}`", fk.text()),
        Key::InIds(fk) => format!("by the ids in `{holder}::{}`", fk.text()),
        Key::Through { join, source, target, .. } => {
            let (source, target) = (source.text(), target.text());
            format!("through {}, by its `{source}` and `{target}`", link(join))
        }
        Key::Unknown => "by a key that has a mistake".to_owned(),
    };
    format!("{number} {target}, {by}")
}

fn link(target: &Target) -> String {
    let (name, path) = (&target.name, &target.path);
    if path.get_ident().is_some() {
        format!("[`{name}`]")
    } else {
        let path = quote::quote!(#path).to_string().replace(' ', "");
        format!("[`{name}`]({path})")
    }
}

/// Which documents, in which order, how many.
fn choice(relation: &Meaning) -> Vec<String> {
    let mut parts = Vec::new();
    if relation.filter.is_some() {
        parts.push("those that its filter lets through".to_owned());
    }
    let keys: Vec<_> = relation
        .order_by
        .iter()
        .map(|key| {
            let head = key.field.as_ref().map_or_else(|| "_id".to_owned(), FieldName::text);
            let falling = if key.direction < 0 { " (descending)" } else { "" };
            format!("`{head}{}`{falling}", key.rest)
        })
        .collect();
    if !keys.is_empty() {
        parts.push(format!("ordered by {}", keys.join(", ")));
    }
    if let Some(limit) = &relation.limit {
        parts.push(format!("the first {}", limit.base10_digits()));
    }
    parts
}

fn rule(relation: &Meaning) -> Option<&'static str> {
    let owned = relation.orphan_removal.then_some(Rule::Cascade);
    let rule = relation.on_delete.map(|o| o.rule).or(owned)?;
    Some(match (&relation.key, rule) {
        (Key::InTarget(_), Rule::Cascade) => "deleted with this document",
        (Key::InTarget(_), Rule::SetNull) => "unlinked when this document is deleted",
        (Key::InTarget(_), Rule::Restrict) => "while there are any, this document can't be deleted",
        (Key::InTarget(_), Rule::NoAction) => "left as they are when this document is deleted",
        (Key::InSource(_), Rule::Cascade) => "this document is deleted with it",
        (Key::InSource(_), Rule::SetNull) => "unlinked when it is deleted",
        (Key::InSource(_), Rule::Restrict) => "it can't be deleted while this document points at it",
        (Key::InSource(_), Rule::NoAction) => "this document stays as it is when that is deleted",
        (_, Rule::NoAction) => "the links stay when either end is deleted",
        _ => "the links go when either end is deleted",
    })
}
