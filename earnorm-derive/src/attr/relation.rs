use darling::FromMeta;
use darling::util::Flag;
use proc_macro2::Span;

use super::key_path::KeyPath;
use super::options::{Options, Receiver};
use super::value::{Count, FieldName, Filter, OnDelete, OrderBy, PathValue, Rule, Switch, Text};
use crate::names;

/// `#[relation(..)]`: on the field that holds the key, or on the struct for the side without the key.
#[derive(Default, FromMeta)]
#[darling(default)]
pub(crate) struct RelationAttr {
    /// One document to at most one. On the struct with `fk`, or on the key's field.
    pub(crate) one_to_one: Flag,
    /// One document to any number, by a key in the target. On the struct, with `fk`.
    pub(crate) one_to_many: Flag,
    /// Any number of documents to one. On the key's field.
    pub(crate) many_to_one: Flag,
    /// Any number to any number: `through` a join model, by an array of `ids` here, or by the target's (`target_ids`).
    pub(crate) many_to_many: Flag,
    /// The name of the method. Default: on a field, the field's name without `_id`; otherwise the target's name, in the
    /// plural for a to-many relation.
    pub(crate) name: Option<Text>,
    /// The other model.
    pub(crate) target: Option<PathValue>,
    /// The field of the target that holds this model's id. With `through`, a field of the join model.
    pub(crate) fk: Option<KeyPath>,
    /// With `through`: the field of the join model that holds the target's id.
    pub(crate) target_fk: Option<FieldName>,
    /// The join model of a many-to-many.
    pub(crate) through: Option<PathValue>,
    /// The field of this model that holds the target's ids.
    pub(crate) ids: Option<FieldName>,
    /// The field of the target that holds this model's ids.
    pub(crate) target_ids: Option<KeyPath>,
    /// A filter as BSON: only matching documents belong to the relation.
    pub(crate) filter: Option<Filter>,
    /// The order of the documents: fields of the target, each with 1 or -1.
    pub(crate) order_by: Option<OrderBy>,
    /// The maximum number of documents.
    pub(crate) limit: Option<Count>,
    /// Short for `on_delete = "cascade"`.
    pub(crate) cascade_delete: Flag,
    /// What a delete does to the documents that refer to the deleted one.
    pub(crate) on_delete: Option<OnDelete>,
    /// The parent owns its children: a child that is removed from the relation is deleted. Implies `cascade_delete` unless
    /// another rule is written.
    pub(crate) orphan_removal: Flag,
    /// `false`: every query of this model loads the relation.
    pub(crate) lazy_load: Option<Switch>,
    /// The relation of the target that is the other side of this one.
    pub(crate) back_populates: Option<KeyPath>,
    /// `false`: `ensure_indexes` creates no index for the key.
    pub(crate) index: Option<Switch>,
    /// The name of the method that follows the relation, which leads to its own model, as far as it leads.
    pub(crate) recursive: Option<Text>,
    /// The field of this model in which EarnORM keeps the number of related documents.
    pub(crate) counter: Option<FieldName>,
    /// The field of this model that writes of related documents set to the time of the write.
    pub(crate) touch: Option<FieldName>,
}

impl Receiver for RelationAttr {
    const OPTIONS: Options = Options {
        attribute: "relation",
        usage: r#"one_to_one; one_to_many; many_to_one; many_to_many; target = "Post"; name = "posts";
            fk = "author_id"; target_fk = "group_id"; through = "UserGroup"; ids = "club_ids"; target_ids = "club_ids";
            filter = doc! { "status": "active" }; order_by = [("likes", -1)]; limit = 10; cascade_delete;
            on_delete = "cascade"; orphan_removal; lazy_load = false; back_populates = "author"; index = false;
            recursive = "descendants"; counter = "comment_count"; touch = "active_at""#,
    };
}

/// How many documents are on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    OneToOne,
    OneToMany,
    ManyToOne,
    ManyToMany,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::OneToOne, Self::OneToMany, Self::ManyToOne, Self::ManyToMany];

    /// The kind as an attribute writes it.
    pub(crate) fn text(self) -> String {
        names::snake(&format!("{self:?}"))
    }

    pub(crate) const fn is_to_many(self) -> bool {
        matches!(self, Self::OneToMany | Self::ManyToMany)
    }
}

impl RelationAttr {
    /// The kinds that are written, with their spans.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (Kind, Span)> {
        let flags = [self.one_to_one, self.one_to_many, self.many_to_one, self.many_to_many];
        Kind::ALL.into_iter().zip(flags).filter(|(_, f)| f.is_present()).map(|(k, f)| (k, f.span()))
    }

    /// The delete rule, written as `on_delete` or as `cascade_delete`.
    pub(crate) fn rule(&self) -> Option<OnDelete> {
        let cascade = self.cascade_delete;
        let short = cascade.is_present().then(|| OnDelete { rule: Rule::Cascade, span: cascade.span() });
        self.on_delete.or(short)
    }
}
