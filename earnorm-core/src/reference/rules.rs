//! Which keys refer to a model, and what becomes of the documents that hold them when what they refer to is deleted.
//!
//! Worked out once from the tables of all linked models. A key that several relations declare is one here, with the rule
//! that is written on any of them.

use std::sync::OnceLock;

use mongodb::bson::{Bson, Document, doc};

use super::declared::{KeyShape, keys};
use crate::error::RelationName;
use crate::schema::{ModelMetadata, OnDelete, RelationKind, RelationMetadata, models, same_model};
use crate::schema::{Stored, emptied};
use crate::store::{among, single_among};
use crate::{Error, Result};

type Table = &'static ModelMetadata;

/// What becomes of a document whose key refers to a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is deleted as well.
    Delete,
    /// Its key is emptied.
    Empty,
    /// The id is taken out of its array.
    Pull,
    /// It forbids the delete.
    Forbid,
    /// Nothing.
    Nothing,
}

/// A key: a field of one model that holds ids of another.
#[derive(Debug)]
pub(crate) struct Edge {
    /// The model that the key refers to.
    pub(crate) parent: Table,
    /// The model that holds it.
    pub(crate) holder: Table,
    pub(crate) key: &'static str,
    pub(crate) action: Action,
    /// The relation that says so; of several, the first.
    pub(crate) by: RelationName,
    /// The holder is a link between two documents, and no more.
    pub(crate) links: bool,
    /// A holder that no longer refers to its parent is deleted.
    pub(crate) orphans: bool,
    stored: Stored,
    written: bool,
    /// A relation that says something else.
    against: Option<(RelationName, Action)>,
}

impl Edge {
    /// What the holders of these stored ids have under their key.
    pub(crate) fn keys(&self, mut ids: Vec<Bson>) -> Vec<Bson> {
        // no key refers to a null
        ids.retain(|id| *id != Bson::Null);
        if self.stored.alike { ids } else { ids.iter().map(|id| self.stored.key(id)).collect() }
    }

    /// The documents that refer to any of these, by their keys. An array where one key should be refers to nothing: it
    /// must not cost a document, nor lose what it holds.
    pub(crate) fn holders_of(&self, keys: &[Bson]) -> Document {
        if self.action == Action::Pull { among(self.key, keys) } else { single_among(self.key, keys) }
    }

    /// The update that takes the reference away.
    pub(crate) fn release(&self, keys: &[Bson]) -> Document {
        match self.action {
            Action::Pull => doc! { "$pullAll": { self.key: keys } },
            _ => emptied(self.key, self.holder),
        }
    }

    /// The rule, or the two that contradict each other.
    pub(crate) fn checked(&self) -> Result<&Self> {
        let Some((other, action)) = self.against else { return Ok(self) };
        let side = |by: RelationName, action| format!("`{}::{}` says `{}`", by.model, by.relation, word(action));
        Err(Error::RuleConflict {
            model: self.holder.name,
            field: self.key,
            reason: format!("{}, and {}", side(self.by, self.action), side(other, action)),
        })
    }

    /// Another relation that goes by the same key. A rule that is written counts, then that of a parent which owns its
    /// children, then none.
    fn join(&mut self, other: &Self) {
        if !self.written && (other.written || self.action == Action::Nothing) {
            (self.action, self.by) = (other.action, other.by);
        } else if self.written && other.written && self.action != other.action && self.against.is_none() {
            self.against = Some((other.by, other.action));
        }
        self.written |= other.written;
        self.links |= other.links;
        self.orphans |= other.orphans;
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Delete => OnDelete::Cascade.word(),
        Action::Empty => OnDelete::SetNull.word(),
        Action::Pull => "cascade",
        Action::Forbid => OnDelete::Restrict.word(),
        Action::Nothing => OnDelete::NoAction.word(),
    }
}

/// The keys that refer to a model, except those by which nothing happens.
pub(crate) fn edges_to(model: Table) -> impl Iterator<Item = &'static Edge> {
    all().iter().filter(move |edge| edge.acts() && same_model(edge.parent, model))
}

/// Whether documents of a model are deleted as links between others.
pub(crate) fn are_links(model: Table) -> bool {
    all().iter().any(|edge| edge.links && edge.action == Action::Delete && same_model(edge.holder, model))
}

/// Whether a holder that is taken out of its parent by this key is to be deleted.
pub(crate) fn removes_orphans(holder: Table, key: &str) -> bool {
    all().iter().any(|edge| edge.orphans && edge.key == key && same_model(edge.holder, holder))
}

impl Edge {
    fn acts(&self) -> bool {
        self.action != Action::Nothing || self.against.is_some()
    }
}

fn all() -> &'static [Edge] {
    static ALL: OnceLock<Vec<Edge>> = OnceLock::new();
    ALL.get_or_init(|| collect(models()))
}

fn collect(models: impl Iterator<Item = Table>) -> Vec<Edge> {
    let mut all: Vec<Edge> = Vec::new();
    for source in models {
        for edge in source.relations.iter().flat_map(|relation| of_relation(source, relation)) {
            let same = |other: &&mut Edge| {
                other.key == edge.key && same_model(other.holder, edge.holder) && same_model(other.parent, edge.parent)
            };
            match all.iter_mut().find(same) {
                Some(other) => other.join(&edge),
                None => all.push(edge),
            }
        }
    }
    all
}

/// The keys of a relation, with what it says of them.
fn of_relation(source: Table, relation: &'static RelationMetadata) -> impl Iterator<Item = Edge> {
    keys(source, relation).map(move |key| Edge {
        parent: key.parent,
        holder: key.holder,
        key: key.field,
        action: action(relation, key.shape),
        by: RelationName { model: source.name, relation: relation.name },
        links: relation.kind == RelationKind::ManyToMany,
        orphans: relation.config.orphan_removal,
        stored: key.stored,
        written: relation.config.on_delete_written,
        against: None,
    })
}

fn action(relation: &RelationMetadata, shape: KeyShape) -> Action {
    match (shape, relation.config.on_delete, relation.config.on_delete_written) {
        // links go with either end, unless it is written that they stay
        (KeyShape::Array | KeyShape::End, OnDelete::NoAction, true) => Action::Nothing,
        (KeyShape::Array, ..) => Action::Pull,
        (KeyShape::End, ..) | (_, OnDelete::Cascade, _) => Action::Delete,
        (_, OnDelete::NoAction, _) => Action::Nothing,
        (_, OnDelete::SetNull, _) => Action::Empty,
        (_, OnDelete::Restrict, _) => Action::Forbid,
    }
}
