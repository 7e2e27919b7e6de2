//! The documentation of generated items.

use syn::Path;

use crate::attr::{FieldName, Kind, Rule};
use crate::ir::{Field, Key, Kind as ModelKind, Kinds, Model, Reference, Resolved, Stored, Target, Variant};
use crate::names;

pub(super) fn id(model: &Model) -> String {
    format!(" The id of [`{}`], stored as `_id`.", model.name)
}

/// The id of an enum of models.
pub(super) fn id_of_kinds(kinds: &Kinds) -> String {
    format!(" The id of each document of [`{}`], stored as `_id`.", kinds.name)
}

/// The condition on the documents of one model of an enum.
pub(super) fn kind(kind: &ModelKind) -> String {
    format!(" Matches the documents of the variant `{}` that match the filter.", names::text(&kind.ident))
}

pub(super) fn field(model: &Model, field: &Field) -> String {
    let Field { name, stored, .. } = field;
    let other = match stored {
        Stored::As(stored) if stored != name => format!(", stored as `{stored}`"),
        _ => String::new(),
    };
    format!(" The field `{name}` of [`{}`]{other}.", model.name)
}

/// The target, the key, the selected documents, the rules and the number of commands.
pub(super) fn relation(model: &Model, relation: &Resolved) -> String {
    let mut parts = vec![what(relation)];
    parts.extend(choice(relation));
    parts.extend(rule(relation).map(str::to_owned));
    if relation.orphan_removal {
        parts.push("deleted when removed from the relation".to_owned());
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

/// The enum of the documents that a reference refers to.
pub(super) fn documents(reference: &Reference) -> String {
    format!(
        " The document that a [`{}`] refers to, with what was loaded of it: a variant for each model.",
        reference.name
    )
}

pub(super) fn documents_of(variant: &Variant) -> String {
    format!(" Of {}.", link_to(&variant.model))
}

/// The constant of a variant.
pub(super) fn variant(reference: &Reference, variant: &Variant) -> String {
    let (name, model, tag) = (&reference.name, link_to(&variant.model), &variant.tag);
    format!(" The variant of [`{name}`] that refers to {model}, stored with the tag `{tag}`.")
}

/// The relations that every query loads.
pub(super) fn loaded(eager: &[&Resolved]) -> String {
    let names = eager.iter().map(|r| format!("[`{}`](Self::{})", r.name.text, r.name.constant));
    names.collect::<Vec<_>>().join(" and ")
}

pub(super) fn accessor(relation: &Resolved) -> String {
    let Resolved { name, .. } = relation;
    format!(" This document's [`{}`](Self::{}).", name.text, name.constant)
}

/// The function that looks up a document by a unique index.
pub(super) fn lookup(model: &Model, fields: &[FieldName]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| format!("`{}`", field.text())).collect();
    format!(" The [`{}`] with this {}. One command to read.", model.name, fields.join(" and "))
}

/// The method that follows a relation as far as it leads.
pub(super) fn recursive(relation: &Resolved) -> String {
    let Resolved { name, .. } = relation;
    format!(
        " Everything that [`{}`](Self::{}) leads to, directly or through others, as a tree.",
        name.text, name.constant
    )
}

pub(super) fn move_to(relation: &Resolved) -> String {
    let Resolved { name, .. } = relation;
    format!(
        " Changes this document's [`{}`](Self::{}), or empties it, unless this would close a cycle.",
        name.text, name.constant
    )
}

/// The constant of the field of a relation to several models that has another name.
pub(super) fn reference(relation: &Resolved) -> String {
    format!(" The key of [`{}`](Self::{}), as other models name it.", relation.name.text, relation.name.constant)
}

fn what(relation: &Resolved) -> String {
    let (target, holder) = (link(&relation.target), &relation.target.name);
    if let Key::Any(field) = &relation.key {
        return format!("The document that `{}` refers to, of one of several models", field.text());
    }
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
        Key::Any(_) | Key::Unknown => "by a key that has a mistake".to_owned(),
    };
    format!("{number} {target}, {by}")
}

fn link(target: &Target) -> String {
    link_to(&target.path)
}

/// A link to a model, by its name.
fn link_to(path: &Path) -> String {
    let name = path.segments.last().map(|segment| names::text(&segment.ident)).unwrap_or_default();
    if path.get_ident().is_some() {
        format!("[`{name}`]")
    } else {
        let path = quote::quote!(#path).to_string().replace(' ', "");
        format!("[`{name}`]({path})")
    }
}

/// The filter, the order and the limit.
fn choice(relation: &Resolved) -> Vec<String> {
    let mut parts = Vec::new();
    if relation.filter.is_some() {
        parts.push("only those that match its filter".to_owned());
    }
    let keys: Vec<_> = relation
        .order_by
        .iter()
        .map(|key| {
            let head = key.field.as_ref().map_or_else(|| "_id".to_owned(), FieldName::text);
            let descending = if key.direction < 0 { " (descending)" } else { "" };
            format!("`{head}{}`{descending}", key.rest)
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

fn rule(relation: &Resolved) -> Option<&'static str> {
    let owned = relation.orphan_removal.then_some(Rule::Cascade);
    let rule = relation.on_delete.map(|o| o.rule).or(owned)?;
    Some(match (&relation.key, rule) {
        (Key::InTarget(_), Rule::Cascade) => "deleted with this document",
        (Key::InTarget(_), Rule::SetNull) => "unlinked when this document is deleted",
        (Key::InTarget(_), Rule::Restrict) => "this document can't be deleted while there are any",
        (Key::InTarget(_), Rule::NoAction) => "not changed when this document is deleted",
        (Key::InSource(_) | Key::Any(_), Rule::Cascade) => "this document is deleted with it",
        (Key::InSource(_) | Key::Any(_), Rule::SetNull) => "unlinked when it is deleted",
        (Key::InSource(_) | Key::Any(_), Rule::Restrict) => "it can't be deleted while this document refers to it",
        (Key::InSource(_) | Key::Any(_), Rule::NoAction) => "this document isn't changed when it is deleted",
        (_, Rule::NoAction) => "the links are kept when either end is deleted",
        (Key::InTarget(_) | Key::InSource(_) | Key::Any(_) | Key::InIds(_), Rule::Pull) => {
            "the elements that refer to a deleted document are removed from their arrays"
        }
        (Key::InIds(path), _) if !path.outer.is_empty() => "a delete applies to the documents with such an element",
        _ => "the links are deleted with either end",
    })
}
