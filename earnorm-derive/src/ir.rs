//! A struct after lowering: every default is filled in, every name inferred.

use proc_macro2::{Ident, Span};
use syn::{Expr, ExprPath, LitInt, Path, Type, Visibility};

use crate::attr::{Declared, DeclaredIndex, FieldName, KeyPath, Kind as RelationKind, Mark, OnDelete, Role};

pub(crate) struct Model {
    pub(crate) role: Role,
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// `::earnorm`, or the path in `#[model(crate = ..)]`.
    pub(crate) krate: Path,
    pub(crate) collection: String,
    /// The span of `hooks`, if it is written.
    pub(crate) hooks: Option<Span>,
    pub(crate) check_references: bool,
    pub(crate) guard: Option<FieldName>,
    /// The documents may have fields that the struct doesn't declare.
    pub(crate) open: bool,
    /// The field and the value of the tag that serde stores in each document of the model.
    pub(crate) tag: Option<(String, String)>,
    pub(crate) fields: Vec<Field>,
    /// The index of the field that is stored as `_id`.
    pub(crate) id: Option<usize>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) indexes: Vec<DeclaredIndex>,
    /// The functions that look up a document by a unique index.
    pub(crate) lookups: Vec<Lookup>,
    /// The serde attributes that make the stored document differ from the struct.
    pub(crate) opaque: Vec<(Span, &'static str)>,
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) constant: Ident,
    pub(crate) ty: Type,
    pub(crate) stored: Stored,
    /// The function of `skip_serializing_if`.
    pub(crate) omitted_if: Option<ExprPath>,
    pub(crate) encoder: Option<ExprPath>,
    pub(crate) decoder: Option<ExprPath>,
    /// For a field with `#[model(embedded)]`: the hidden type that identifies it.
    pub(crate) embedded: Option<Ident>,
    /// What EarnORM writes into it.
    pub(crate) managed: Option<(Mark, Span)>,
    /// Its embedded documents must not have keys: it is stored by serde without `#[model(embedded)]`.
    pub(crate) unmarked: bool,
    /// For a field that serde doesn't both write and read: the name under which serde reads it, empty if it doesn't.
    pub(crate) kept: Option<String>,
}

/// How a field is found in the stored document.
pub(crate) enum Stored {
    As(String),
    /// The fields of its type are stored instead of it.
    Flattened,
    Skipped,
}

/// A function that looks up a document by a unique index.
pub(crate) struct Lookup {
    /// The place of the index among those of the model.
    pub(crate) index: usize,
    pub(crate) name: Ident,
    pub(crate) fields: Vec<FieldName>,
}

/// A declaration. `resolved` is `None` after a mistake that leaves nothing to emit.
pub(crate) struct Relation {
    pub(crate) declared: Declared,
    pub(crate) resolved: Option<Resolved>,
}

pub(crate) struct Resolved {
    pub(crate) name: Name,
    pub(crate) kind: RelationKind,
    pub(crate) target: Target,
    pub(crate) key: Key,
    pub(crate) filter: Option<Expr>,
    pub(crate) order_by: Vec<Order>,
    pub(crate) limit: Option<LitInt>,
    pub(crate) on_delete: Option<OnDelete>,
    pub(crate) orphan_removal: bool,
    pub(crate) lazy_load: bool,
    pub(crate) back_populates: Option<KeyPath>,
    pub(crate) index: bool,
    /// The method that follows the relation as far as it leads.
    pub(crate) recursive: Option<Ident>,
    /// The field with the number of related documents.
    pub(crate) counter: Option<FieldName>,
    /// The field with the time of the last write of a related document.
    pub(crate) touch: Option<FieldName>,
}

/// The names of a relation. Their spans point to where the name is written or inferred from.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) method: Ident,
    pub(crate) constant: Ident,
    /// The hidden type that identifies the relation.
    pub(crate) marker: Ident,
}

/// The other model. For a reference to several models, the type of the field.
pub(crate) struct Target {
    pub(crate) path: Path,
    pub(crate) name: String,
}

/// The field or fields that connect the two models.
pub(crate) enum Key {
    /// A field of the target, or of its embedded documents, holds this model's id.
    InTarget(KeyPath),
    /// A field of this model holds the target's id.
    InSource(FieldName),
    /// A join model holds both ids. `unnamed` lists the keys with default names, each with the option that names it.
    Through { join: Target, source: FieldName, target: FieldName, unnamed: Vec<(FieldName, &'static str)> },
    /// An array in this model holds ids of the target.
    Ids(FieldName),
    /// An array in the target holds ids of this model, or embedded documents with its id.
    InIds(KeyPath),
    /// A field of this model refers to a document of one of several models.
    Any(FieldName),
    /// A mistake in the key has been reported. The relation gets its types and an empty table.
    Unknown,
}

/// A sort key: a field of the target, or its `_id`.
pub(crate) struct Order {
    /// `None` for `_id`.
    pub(crate) field: Option<FieldName>,
    /// The path inside the field: `.name`.
    pub(crate) rest: String,
    pub(crate) direction: i32,
}

impl Resolved {
    /// Whether this is a reference to several models by the field with this constant, which is then the relation's.
    pub(crate) fn is_by(&self, constant: &str) -> bool {
        matches!(&self.key, Key::Any(field) if field.constant() == constant)
    }
}

/// The method that changes the key of a recursive relation.
pub(crate) const MOVE_TO: &str = "move_to";

impl Model {
    /// The relation whose key [`MOVE_TO`] changes: the only recursive one to the one document above this one.
    pub(crate) fn moved(&self) -> Option<&Resolved> {
        let relations = self.relations.iter().filter_map(|relation| relation.resolved.as_ref());
        let mut above = relations.filter(|r| {
            r.recursive.is_some() && r.kind == RelationKind::ManyToOne && matches!(r.key, Key::InSource(_))
        });
        above.next().filter(|_| above.next().is_none())
    }

    /// The field into which EarnORM writes this.
    pub(crate) fn managed(&self, mark: Mark) -> Option<&Field> {
        self.fields.iter().find(|field| field.managed.is_some_and(|(managed, _)| managed == mark))
    }

    pub(crate) fn field(&self, name: &FieldName) -> Option<&Field> {
        let constant = name.constant();
        self.fields.iter().find(|f| f.constant == constant)
    }
}

/// An enum of models that share a collection, after lowering.
pub(crate) struct Kinds {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// `::earnorm`, or the path in `#[model(crate = ..)]`.
    pub(crate) krate: Path,
    pub(crate) variants: Vec<Kind>,
    /// The variants that have a mistake.
    pub(crate) mistakes: Vec<Ident>,
}

/// A variant of an enum of models.
pub(crate) struct Kind {
    pub(crate) ident: Ident,
    /// The name of the condition; `None` after a mistake in it.
    pub(crate) method: Option<Ident>,
    /// The model.
    pub(crate) ty: Type,
}

/// An enum of references after lowering.
pub(crate) struct Reference {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// `::earnorm`, or the path in `#[reference(crate = ..)]`.
    pub(crate) krate: Path,
    /// The stored name of the tag.
    pub(crate) tag: String,
    /// The stored name of the id.
    pub(crate) content: String,
    /// The number of variants of the enum. Some of them may have mistakes.
    pub(crate) declared: usize,
    pub(crate) variants: Vec<Variant>,
}

pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) constant: Ident,
    /// The type of the id.
    pub(crate) ty: Type,
    pub(crate) model: Path,
    /// The stored tag.
    pub(crate) tag: String,
}

/// A view after lowering.
pub(crate) struct View {
    pub(crate) ident: Ident,
    /// The model or the embedded document.
    pub(crate) of: Path,
    /// Its name.
    pub(crate) of_name: String,
    /// `::earnorm`, or the path in `#[view(crate = ..)]`.
    pub(crate) krate: Path,
    pub(crate) fields: Vec<ViewField>,
    /// The names under which its fields serialize.
    pub(crate) serialized: Vec<String>,
    /// Whether it serializes with members that aren't fields.
    pub(crate) is_open: bool,
}

pub(crate) struct ViewField {
    /// The constant of the model's field.
    pub(crate) constant: Ident,
    /// The name of the model's field.
    pub(crate) name: String,
    /// The name from which serde reads it.
    pub(crate) stored: String,
    pub(crate) ty: Type,
    /// Whether a function of serde's `with` or `deserialize_with` reads it.
    pub(crate) decoded: bool,
}
