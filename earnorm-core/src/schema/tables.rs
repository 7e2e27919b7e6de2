//! The tables of models and relations. Each refers to the other.

use mongodb::bson::Document;

use super::embedded::EmbeddedMetadata;
use super::field::{FieldMetadata, str_eq};
use super::key_path::KeyPath;
use super::options::{KeyHolder, OnDelete, RelationConfig, RelationKind};
use super::stored::Stored;
use crate::text::Noun;

/// The metadata of a model or of an embedded document: its collection, its fields, its relations.
///
/// ```
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[serde(rename = "fullName")]
///     name: String,
/// }
///
/// let user = User::metadata();
/// assert_eq!(user.collection, "users");
/// assert_eq!(user.fields[1].name, "name");
/// assert_eq!(user.fields[1].bson_name, "fullName");
/// ```
#[derive(Debug)]
pub struct ModelMetadata {
    /// The struct's name.
    pub name: &'static str,
    /// The module that declares it, which distinguishes models with the same name.
    pub module: &'static str,
    /// The name of its collection; empty for an embedded document.
    pub collection: &'static str,
    /// The name of one document in messages, such as `blog post`.
    pub singular: &'static str,
    /// The name of several documents in messages, such as `blog posts`.
    pub plural: &'static str,
    /// The stored fields, in the order of the struct.
    pub fields: &'static [FieldMetadata],
    /// The relations, in the order of their declaration: those of the struct, then those of its fields.
    pub relations: &'static [&'static RelationMetadata],
    /// The fields with `#[model(embedded)]`, in the order of the struct.
    pub embedded: &'static [EmbeddedMetadata],
    /// The other options of `#[model(..)]`.
    pub config: ModelConfig,
}

/// The options of `#[model(..)]` that change the behaviour of calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelConfig {
    /// Whether writes check that the documents they refer to exist.
    pub check_references: bool,
    /// The stored name of the counter that checked writes of children increment.
    pub guard: Option<&'static str>,
    /// Whether its documents may have members that aren't in `fields`: those of a flattened field, or a tag.
    #[doc(hidden)]
    pub open: bool,
}

impl ModelConfig {
    #[doc(hidden)]
    pub const DEFAULT: Self = Self { check_references: false, guard: None, open: false };
}

impl ModelMetadata {
    /// For a model that is unknown because of a mistake in a struct.
    pub(crate) const UNKNOWN: Self = Self {
        name: "",
        module: "",
        collection: "",
        singular: "",
        plural: "",
        fields: &[],
        relations: &[],
        embedded: &[],
        config: ModelConfig::DEFAULT,
    };

    /// The name of its documents in messages.
    pub(crate) const fn noun(&self) -> Noun {
        Noun { singular: self.singular, plural: self.plural }
    }

    /// The relations of the model, followed by those of its embedded documents as relations of the model: their names and
    /// keys are paths, like `lines.product` and `lines.product_id`.
    pub fn all_relations(&self) -> impl Iterator<Item = &'static RelationMetadata> {
        let embedded = self.embedded.iter().flat_map(EmbeddedMetadata::relations);
        self.relations.iter().copied().chain(embedded)
    }

    /// The field at a path of stored names, which may lead into embedded documents.
    pub(crate) fn field_at(&self, path: &str) -> Option<&'static FieldMetadata> {
        self.field(path).or_else(|| {
            self.embedded.iter().find_map(|embedded| {
                let inner = match embedded.bson_name {
                    "" => Some(path),
                    name => path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')),
                };
                (embedded.record)().field_at(inner?)
            })
        })
    }

    /// The arrays on a path of stored names, each with a dot at its end. An array at the end of the path is one of them.
    pub(crate) fn arrays_on(&self, path: &str) -> Vec<String> {
        if self.field(path).is_some_and(FieldMetadata::is_array) {
            return vec![format!("{path}.")];
        }
        for embedded in self.embedded {
            let outer = if embedded.bson_name.is_empty() { String::new() } else { format!("{}.", embedded.bson_name) };
            let Some(rest) = path.strip_prefix(outer.as_str()) else { continue };
            let inner = (embedded.record)().arrays_on(rest);
            let own = embedded.is_array.then(|| outer.clone());
            if own.is_some() || !inner.is_empty() {
                return own.into_iter().chain(inner.into_iter().map(|inner| format!("{outer}{inner}"))).collect();
            }
        }
        Vec::new()
    }

    /// The field with this stored name.
    pub const fn field(&self, bson_name: &str) -> Option<&'static FieldMetadata> {
        let mut i = 0;
        while i < self.fields.len() {
            if str_eq(self.fields[i].bson_name, bson_name) {
                return Some(&self.fields[i]);
            }
            i += 1;
        }
        None
    }
}

/// The metadata of a relation.
#[derive(Debug, Clone, Copy)]
pub struct RelationMetadata {
    /// The name of the relation, which is also that of its method.
    pub name: &'static str,
    /// How many documents it has on each side.
    pub kind: RelationKind,
    /// The model that it leads to.
    pub target: fn() -> &'static ModelMetadata,
    /// The stored name of the key, which is a field of the model in `holder`, or a path with dots to a field of an
    /// embedded document.
    pub foreign_key: &'static str,
    /// The model that has the key.
    pub holder: KeyHolder,
    /// The join model of a many-to-many relation, with its key to the target.
    pub through: Option<ThroughMetadata>,
    /// The condition that documents of the target have to match.
    pub filter: Option<fn() -> Document>,
    /// The order of the related documents: stored names, each with 1 or -1.
    pub order_by: &'static [(&'static str, i32)],
    /// The largest number of related documents.
    pub limit: Option<u64>,
    /// The remaining options.
    pub config: RelationConfig,
    /// Where the key is.
    pub(crate) path: KeyPath,
    /// How ids and keys are stored.
    pub(crate) stored: Stored,
}

impl RelationMetadata {
    pub(crate) const fn new(
        name: &'static str,
        kind: RelationKind,
        target: fn() -> &'static ModelMetadata,
        (foreign_key, path, stored): (&'static str, KeyPath, Stored),
        holder: KeyHolder,
    ) -> Self {
        Self {
            name,
            kind,
            target,
            foreign_key,
            holder,
            through: None,
            filter: None,
            order_by: &[],
            limit: None,
            config: RelationConfig::DEFAULT,
            path,
            stored,
        }
    }

    #[doc(hidden)]
    pub const fn one_to_one(self) -> Self {
        Self { kind: RelationKind::OneToOne, ..self }
    }

    #[doc(hidden)]
    pub const fn through(self, join: ThroughMetadata) -> Self {
        Self { through: Some(join), ..self }
    }

    #[doc(hidden)]
    pub const fn filter(self, filter: fn() -> Document) -> Self {
        Self { filter: Some(filter), ..self }
    }

    #[doc(hidden)]
    pub const fn order_by(self, order_by: &'static [(&'static str, i32)]) -> Self {
        Self { order_by, ..self }
    }

    #[doc(hidden)]
    pub const fn limit(self, limit: u64) -> Self {
        Self { limit: Some(limit), ..self }
    }

    #[doc(hidden)]
    pub const fn on_delete(mut self, on_delete: OnDelete) -> Self {
        self.config.on_delete = on_delete;
        self.config.on_delete_written = true;
        self
    }

    #[doc(hidden)]
    pub const fn orphan_removal(mut self) -> Self {
        self.config.orphan_removal = true;
        if !self.config.on_delete_written {
            self.config.on_delete = OnDelete::Cascade;
        }
        self
    }

    #[doc(hidden)]
    pub const fn lazy_load(mut self, lazy_load: bool) -> Self {
        self.config.lazy_load = lazy_load;
        self
    }

    #[doc(hidden)]
    pub const fn back_populates(mut self, other: &'static str) -> Self {
        self.config.back_populates = Some(other);
        self
    }

    #[doc(hidden)]
    pub const fn index(mut self, index: bool) -> Self {
        self.config.index = index;
        self
    }

    /// Whether the key is unknown because of a mistake, which is reported elsewhere.
    pub(crate) const fn is_unknown(&self) -> bool {
        self.foreign_key.is_empty()
    }

    /// Whether the other relation goes the opposite way, by the same keys. That the two lead to each other's model isn't
    /// checked.
    pub(crate) const fn is_reverse_of(&self, other: &Self) -> bool {
        match (self.holder, &self.through, other.holder, &other.through) {
            (KeyHolder::Source, None, KeyHolder::Target, None) | (KeyHolder::Target, None, KeyHolder::Source, None) => {
                str_eq(self.foreign_key, other.foreign_key)
            }
            (KeyHolder::Through, Some(a), KeyHolder::Through, Some(b)) => {
                str_eq(self.foreign_key, b.target_key) && str_eq(a.target_key, other.foreign_key)
            }
            _ => false,
        }
    }

    /// Whether the relation leads to at most one document.
    pub const fn is_to_one(&self) -> bool {
        matches!(self.kind, RelationKind::OneToOne | RelationKind::ManyToOne)
    }
}

/// The metadata of a relation, as its marker refers to it.
#[doc(hidden)]
pub type Meta = &'static RelationMetadata;

/// The metadata of the join model of a many-to-many relation.
#[derive(Debug, Clone, Copy)]
pub struct ThroughMetadata {
    /// The join model.
    pub model: fn() -> &'static ModelMetadata,
    /// The stored name of its key to the target. [`RelationMetadata::foreign_key`] is its key to the source.
    pub target_key: &'static str,
    pub(crate) stored: Stored,
}
