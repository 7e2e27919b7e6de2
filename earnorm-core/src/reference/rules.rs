//! The delete rules: which keys refer to a model, and what happens to the documents with these keys when a referenced
//! document is deleted.
//!
//! The rules are computed once, from the metadata of all linked models. If several relations declare the same key, it is
//! listed once, with the rule that any of them declares.

use std::collections::HashSet;
use std::sync::OnceLock;

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::unlink::{arrays_of, clear, pull_elements, pull_ids};
use crate::bson::{self, Identity};
use crate::error::RelationName;
use crate::field::each_value;
use crate::schema::{
    DeclaredKey, KeyPath, KeyShape, KeyTag, Kinds, ModelMetadata, OnDelete, RelationMetadata, Stored, is_nullable,
    is_same_variant, models, same_model,
};
use crate::store::{Change, among, single_among};
use crate::{Error, Result};

type Table = &'static ModelMetadata;

/// What happens to a document whose key refers to a deleted document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// It is deleted too.
    Delete,
    /// Its key is cleared.
    Empty,
    /// The id is removed from its array.
    Pull,
    /// The element that holds the key is removed from its array.
    PullElement,
    /// It forbids the delete.
    Forbid,
    /// It is not changed.
    Nothing,
}

/// What a delete has to do for an [`Action`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Delete the documents, and what depends on them.
    Delete,
    /// Send [`Edge::unlink_update`].
    Update,
    /// Write nothing at all.
    Block,
    /// Leave the documents alone.
    Nothing,
}

/// A key with its delete rule.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    /// The model that the key refers to.
    pub(crate) parent: Table,
    /// The model that has the key.
    pub(crate) holder: Table,
    pub(crate) key: &'static str,
    path: KeyPath,
    tag: Option<KeyTag>,
    action: Action,
    /// The relation that declares the rule. If there are several, the first.
    pub(crate) by: RelationName,
    /// Whether the holder is a join model.
    pub(crate) links: bool,
    /// Whether a document is deleted when it is removed from its parent.
    pub(crate) orphans: bool,
    stored: Stored,
    /// Whether the rule is declared, and not the default.
    declared: bool,
    /// A relation that declares a different rule.
    conflict: Option<(RelationName, Action)>,
}

impl Edge {
    /// The stored keys that refer to these stored ids.
    pub(crate) fn keys(&self, mut ids: Vec<Bson>) -> Vec<Bson> {
        // a null key is not a reference
        ids.retain(|id| *id != Bson::Null);
        if self.stored.alike { ids } else { ids.iter().map(|id| self.stored.key(id)).collect() }
    }

    /// The condition for documents with one of these keys. It doesn't match an array in a single key, and a value other
    /// than an array where the key is in an array. Neither is a reference: the document must be neither deleted nor
    /// changed.
    pub(crate) fn holders_of(&self, keys: &[Bson]) -> Document {
        let holds = |key: &str| match self.action {
            Action::Pull => among(key, keys),
            _ if self.path.is_in_array() => among(key, keys),
            _ => single_among(key, keys),
        };
        let arrays = arrays_of(self.path);
        match &self.tag {
            // both name the outermost array
            Some(tag) if !arrays.is_empty() => doc! { "$and": [tag.beside(self.path, holds), arrays] },
            Some(tag) => tag.beside(self.path, holds),
            None => {
                let mut filter = holds(self.key);
                filter.extend(arrays);
                filter
            }
        }
    }

    pub(crate) fn effect(&self) -> Effect {
        match self.action {
            Action::Delete => Effect::Delete,
            Action::Empty | Action::Pull | Action::PullElement => Effect::Update,
            Action::Forbid => Effect::Block,
            Action::Nothing => Effect::Nothing,
        }
    }

    /// The action in the digest of a plan.
    pub(crate) fn digest_word(&self) -> &'static str {
        match self.action {
            Action::Delete => "delete",
            Action::Empty => "empty",
            Action::Pull => "pull",
            Action::PullElement => "pull element",
            Action::Forbid | Action::Nothing => "keep",
        }
    }

    /// Whether the references in a document count as one.
    pub(crate) fn is_single(&self) -> bool {
        self.action != Action::Pull
    }

    /// The projection for [`count_in`](Self::count_in), which keeps the `_id`.
    pub(crate) fn projection(&self) -> Document {
        doc! { if self.is_single() { "_id" } else { self.key }: 1 }
    }

    /// How many references to these stored keys [`unlink_update`](Self::unlink_update) removes from a document that the
    /// server found by them.
    pub(crate) fn count_in(&self, document: &RawDocument, keys: &HashSet<Identity>) -> Result<u64> {
        if self.is_single() {
            return Ok(1);
        }
        let mut count = 0;
        each_value(document, self.key, &mut |value| {
            for id in value.as_array().into_iter().flatten() {
                let id = id.map_err(mongodb::error::Error::from)?;
                count += u64::from(keys.contains(&bson::raw_identity(id).map_err(Error::other)?));
            }
            Ok(())
        })?;
        // the server matched at least one element, perhaps by the default collation of the collection
        Ok(count.max(1))
    }

    /// The update that removes the references with these keys.
    pub(crate) fn unlink_update(&self, keys: &[Bson]) -> Change {
        match self.action {
            Action::Pull => pull_ids(self.path, keys),
            Action::PullElement => pull_elements((self.path, self.tag), keys),
            _ => clear(self.holder, self.key, (self.path, self.tag), keys),
        }
    }

    /// The innermost array of embedded documents that hold the key, as messages name it.
    pub(crate) fn array(&self) -> Option<String> {
        self.path.arrays().pop()
    }

    /// This rule; [`Error::RuleConflict`] if two relations declare different rules.
    pub(crate) fn without_conflict(&self) -> Result<&Self> {
        let Some((other, action)) = self.conflict else { return Ok(self) };
        let side = |by: RelationName, action| format!("`{}::{}` says `{}`", by.model, by.relation, word(action));
        Err(Error::RuleConflict {
            model: self.holder.name,
            field: self.key,
            reason: format!("{}, and {}", side(self.by, self.action), side(other, action)),
        })
    }

    /// Merges the rule of another relation with the same key. A declared rule has priority, then that of `orphan_removal`,
    /// then the default.
    fn merge(&mut self, other: &Self) {
        if !self.declared && (other.declared || self.action == Action::Nothing) {
            (self.action, self.by) = (other.action, other.by);
        } else if self.declared && other.declared && self.action != other.action && self.conflict.is_none() {
            self.conflict = Some((other.by, other.action));
        }
        self.declared |= other.declared;
        self.links |= other.links;
        self.orphans |= other.orphans;
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Delete => OnDelete::Cascade.word(),
        Action::Empty => OnDelete::SetNull.word(),
        Action::Pull => "cascade",
        Action::PullElement => OnDelete::Pull.word(),
        Action::Forbid => OnDelete::Restrict.word(),
        Action::Nothing => OnDelete::NoAction.word(),
    }
}

/// The keys that refer to the documents of a model, without those that have the rule `no_action`. For a model without a
/// tag, these are the documents in its collection that are of no kind.
pub(crate) fn edges_to(model: Table) -> impl Iterator<Item = &'static Edge> {
    all().iter().filter(move |edge| edge.has_effect() && same_model(edge.parent, model))
}

/// Whether a model is a join model whose documents are deleted as links.
pub(crate) fn are_links(model: Table) -> bool {
    all().iter().any(|edge| edge.links && edge.action == Action::Delete && same_model(edge.holder, model))
}

/// Whether a document that is removed from its parent by this key is deleted.
pub(crate) fn removes_orphans(holder: Table, key: &str, tag: Option<&KeyTag>) -> bool {
    all().iter().any(|edge| edge.orphans && edge.is_of(key, tag) && same_model(edge.holder, holder))
}

/// The filter and the update that remove the references with these keys from arrays of documents of `holder`, by the delete
/// rule of the key. `None` if the rule keeps the elements, and their keys can't be null.
pub(crate) fn unlink_elements(
    holder: Table,
    (key, tag): (&str, Option<KeyTag>),
    parent: Table,
    keys: &[Bson],
) -> Option<(Document, Change)> {
    let is_key = |edge: &&Edge| edge.is_of(key, tag.as_ref()) && edge.holder.documents().overlaps(holder.documents());
    let edge = all().iter().filter(is_key).find(|edge| edge.parent.documents().overlaps(parent.documents()))?;
    let path = edge.path;
    let change = if edge.action == Action::PullElement {
        pull_elements((path, tag), keys)
    } else if path.is_array {
        pull_ids(path, keys)
    } else if is_nullable(key, tag.as_ref(), holder) {
        clear(holder, key, (path, tag), keys)
    } else {
        return None;
    };
    let mut arrays = arrays_of(path);
    if path.is_array {
        arrays.insert(key, doc! { "$type": "array" });
    }
    Some((arrays, change))
}

impl Edge {
    /// A key that refers to a model without a tag refers to documents of each kind in its collection. Each has its own rule.
    fn for_each_kind(self) -> impl Iterator<Item = Self> {
        let kinds: Vec<Table> = Kinds::of(self.parent).each().collect();
        kinds.into_iter().map(move |parent| Self { parent, ..self.clone() })
    }

    fn is_of(&self, key: &str, tag: Option<&KeyTag>) -> bool {
        self.key == key && is_same_variant(self.tag.as_ref(), tag)
    }

    fn has_effect(&self) -> bool {
        self.action != Action::Nothing || self.conflict.is_some()
    }
}

fn all() -> &'static [Edge] {
    static ALL: OnceLock<Vec<Edge>> = OnceLock::new();
    ALL.get_or_init(|| collect(models()))
}

fn collect(models: impl Iterator<Item = Table>) -> Vec<Edge> {
    let mut all: Vec<Edge> = Vec::new();
    for source in models {
        let edges = source.all_relations().flat_map(|relation| edges(source, relation));
        for edge in edges.flat_map(Edge::for_each_kind) {
            let same = |other: &&mut Edge| {
                other.is_of(edge.key, edge.tag.as_ref())
                    && same_model(other.holder, edge.holder)
                    && same_model(other.parent, edge.parent)
            };
            match all.iter_mut().find(same) {
                Some(other) => other.merge(&edge),
                None => all.push(edge),
            }
        }
    }
    all
}

/// The keys of a relation, with its rule.
fn edges(source: Table, relation: &'static RelationMetadata) -> impl Iterator<Item = Edge> {
    let keys = relation.hops(source).flatten().map(|hop| hop.key);
    keys.map(move |key: DeclaredKey| Edge {
        parent: key.parent,
        holder: key.holder,
        key: key.field,
        path: key.path,
        tag: key.tag,
        action: action(relation, key.shape),
        by: RelationName { model: source.name, relation: relation.name },
        links: is_link(relation, key.shape),
        orphans: relation.config.orphan_removal,
        stored: key.stored,
        declared: relation.config.on_delete_written,
        conflict: None,
    })
}

/// Whether a reference counts as a link: a document of a join model, or an id in an array.
fn is_link(relation: &RelationMetadata, shape: KeyShape) -> bool {
    shape == KeyShape::End || shape == KeyShape::Array && action(relation, shape) != Action::PullElement
}

fn action(relation: &RelationMetadata, shape: KeyShape) -> Action {
    match (shape, relation.config.on_delete, relation.config.on_delete_written) {
        // a link is deleted with either of its documents, unless the rule is `no_action`
        (KeyShape::Array | KeyShape::End, OnDelete::NoAction, true) => Action::Nothing,
        (KeyShape::Array, OnDelete::Pull, _) if relation.path.is_in_array() => Action::PullElement,
        (KeyShape::Array, ..) => Action::Pull,
        (KeyShape::End, ..) | (_, OnDelete::Cascade, _) => Action::Delete,
        (_, OnDelete::NoAction, _) => Action::Nothing,
        (_, OnDelete::SetNull, _) => Action::Empty,
        (_, OnDelete::Restrict, _) => Action::Forbid,
        (_, OnDelete::Pull, _) => Action::PullElement,
    }
}
