//! What a struct means: every default filled in, every name inferred.

use proc_macro2::{Ident, Span};
use syn::{Expr, ExprPath, LitInt, Path, Type, Visibility};

use crate::attr::{Declared, FieldName, Kind, OnDelete};

pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// `::earnorm`, or what `#[model(crate = ..)]` says.
    pub(crate) krate: Path,
    pub(crate) collection: String,
    /// Where `hooks` is written.
    pub(crate) hooks: Option<Span>,
    pub(crate) check_references: bool,
    pub(crate) guard: Option<FieldName>,
    /// Its documents may have members that aren't among its fields.
    pub(crate) open: bool,
    pub(crate) fields: Vec<Field>,
    /// The index of the field that is stored as `_id`.
    pub(crate) id: Option<usize>,
    pub(crate) relations: Vec<Relation>,
    /// serde attributes of the struct that hide what is stored.
    pub(crate) opaque: Vec<(Span, &'static str)>,
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) constant: Ident,
    pub(crate) ty: Type,
    pub(crate) stored: Stored,
    /// By what serde decides whether to leave it out.
    pub(crate) omitted_if: Option<ExprPath>,
    pub(crate) encoder: Option<ExprPath>,
    /// A field that serde doesn't write, or not read: the name under which it is read all the same, or an empty one.
    pub(crate) kept: Option<String>,
}

/// How a field is found in the stored document.
pub(crate) enum Stored {
    As(String),
    /// Its own fields are stored in its place.
    Flattened,
    Skipped,
}

/// A declaration, and what it means where that could be made out.
pub(crate) struct Relation {
    pub(crate) declared: Declared,
    pub(crate) meaning: Option<Meaning>,
}

pub(crate) struct Meaning {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    pub(crate) key: Key,
    pub(crate) filter: Option<Expr>,
    pub(crate) order_by: Vec<Order>,
    pub(crate) limit: Option<LitInt>,
    pub(crate) on_delete: Option<OnDelete>,
    pub(crate) orphan_removal: bool,
    pub(crate) lazy_load: bool,
    pub(crate) back_populates: Option<FieldName>,
    pub(crate) index: bool,
}

/// The names of a relation, with the place from which they come.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) method: Ident,
    pub(crate) constant: Ident,
    /// The hidden type that stands for the relation.
    pub(crate) marker: Ident,
}

pub(crate) struct Target {
    pub(crate) path: Path,
    pub(crate) name: String,
}

/// The field, or the fields, that tie the two models together.
pub(crate) enum Key {
    /// A field of the target holds this model's id.
    InTarget(FieldName),
    /// A field of this model holds the target's id.
    InSource(FieldName),
    /// A join model holds both. Those that have their default names, and the option that would name each.
    Through { join: Target, source: FieldName, target: FieldName, unnamed: Vec<(FieldName, &'static str)> },
    /// An array in this model holds ids of the target.
    Ids(FieldName),
    /// An array in the target holds ids of this model.
    InIds(FieldName),
    /// A mistake hides it, and is reported: the relation has its types, and nothing else.
    Unknown,
}

/// A sort key: a field of the target, or its `_id`.
pub(crate) struct Order {
    /// `None` for `_id`, which every model has.
    pub(crate) field: Option<FieldName>,
    /// What follows the field: `.name`.
    pub(crate) rest: String,
    pub(crate) direction: i32,
}

impl Model {
    pub(crate) fn field(&self, name: &FieldName) -> Option<&Field> {
        let constant = name.constant();
        self.fields.iter().find(|f| f.constant == constant)
    }
}
