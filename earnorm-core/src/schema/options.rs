//! The options of a relation.

use super::managed::TimeField;

/// How many documents a relation has on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// One document relates to at most one.
    OneToOne,
    /// One document relates to any number.
    OneToMany,
    /// Any number of documents relate to one.
    ManyToOne,
    /// Any number of documents relate to any number.
    ManyToMany,
}

impl RelationKind {
    /// The kind as written in an attribute.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::OneToOne => "one_to_one",
            Self::OneToMany => "one_to_many",
            Self::ManyToOne => "many_to_one",
            Self::ManyToMany => "many_to_many",
        }
    }

    /// The kind of the other side.
    pub(crate) const fn reverse(self) -> Self {
        match self {
            Self::OneToMany => Self::ManyToOne,
            Self::ManyToOne => Self::OneToMany,
            other => other,
        }
    }
}

/// Where the key of a relation is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyHolder {
    /// In the model that declares the relation.
    Source,
    /// In the model that the relation leads to.
    Target,
    /// In the join model between the two.
    Through,
}

/// A delete rule: what happens to documents that refer to a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnDelete {
    /// Nothing. Their keys refer to a document that no longer exists.
    #[default]
    NoAction,
    /// They are deleted too, and the rules for documents that refer to them apply.
    Cascade,
    /// Their keys are set to null.
    SetNull,
    /// They forbid the delete.
    Restrict,
    /// The elements that hold their keys are removed from their arrays. For keys in embedded documents.
    Pull,
}

impl OnDelete {
    /// The rule as written in `on_delete`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NoAction => "no_action",
            Self::Cascade => "cascade",
            Self::SetNull => "set_null",
            Self::Restrict => "restrict",
            Self::Pull => "pull",
        }
    }
}

/// The options of a relation that don't select documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct RelationConfig {
    /// The delete rule. The default is [`OnDelete::Cascade`] with `orphan_removal`, and [`OnDelete::NoAction`] without.
    pub on_delete: OnDelete,
    /// Whether this side declares the rule. If only the other side declares one, that rule applies.
    pub on_delete_written: bool,
    /// Whether the parent owns its children: a child that is removed from the relation is deleted.
    pub orphan_removal: bool,
    /// Whether the relation is loaded only on request. If it is `false`, every query of the source loads it.
    pub lazy_load: bool,
    /// The name of the target's relation that is the other side of this one.
    pub back_populates: Option<&'static str>,
    /// Whether `ensure_indexes` makes an index for the key.
    pub index: bool,
    /// The stored name of the field in which EarnORM keeps the number of related documents.
    pub counter: Option<&'static str>,
    /// The field that writes of related documents set to the time of the write.
    #[doc(hidden)]
    pub touch: Option<TimeField>,
}

impl RelationConfig {
    #[doc(hidden)]
    pub const DEFAULT: Self = Self {
        on_delete: OnDelete::NoAction,
        on_delete_written: false,
        orphan_removal: false,
        lazy_load: true,
        back_populates: None,
        index: true,
        counter: None,
        touch: None,
    };
}
