//! The functions by which the derive fills in the table of a relation.

use mongodb::bson::Document;

use super::field::str_eq;
use super::key_path::KeyPath;
use super::managed::TimeField;
use super::options::{KeyHolder, OnDelete, RelationConfig, RelationKind};
use super::stored::Stored;
use super::tables::{KeyTag, ModelMetadata, RelationMetadata, Target, ThroughMetadata};

impl RelationMetadata {
    pub(crate) const fn new(
        name: &'static str,
        kind: RelationKind,
        target: Target,
        (foreign_key, path, tag, stored): (&'static str, KeyPath, Option<KeyTag>, Stored),
        holder: KeyHolder,
    ) -> Self {
        Self {
            name,
            kind,
            target,
            foreign_key,
            tag,
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

    /// The same relation, for the variant with this tag alone.
    pub(crate) const fn narrowed(self, tag: &'static str, model: fn() -> &'static ModelMetadata) -> Self {
        let narrow = match self.tag {
            Some(all) => Some(all.of(tag)),
            None => None,
        };
        Self { target: Target::One(model), tag: narrow, ..self }
    }

    /// The name of the tag beside the key and that of the sub-document that has both; each may be empty.
    pub(crate) const fn tag_names(&self) -> (&'static str, &'static str) {
        match self.tag {
            None => ("", ""),
            Some(KeyTag { field, whole: None, .. }) => (field, ""),
            Some(KeyTag { field, whole: Some(whole), .. }) => (field, whole),
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

    #[doc(hidden)]
    pub const fn counter(mut self, counter: &'static str) -> Self {
        self.config.counter = Some(counter);
        self
    }

    #[doc(hidden)]
    pub const fn touch(mut self, touch: TimeField) -> Self {
        self.config.touch = Some(touch);
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
