//! What is known of each model at compile time: constant tables that the derive fills in.

mod diagram;
mod fail;
mod namesakes;
mod registry;
mod stored;

pub use diagram::{Schema, schema};
pub(crate) use fail::fail;
pub(crate) use namesakes::ModelIdentity;
pub use registry::Registration;
pub(crate) use registry::models;
pub(crate) use stored::{AnyField, Stored};

use mongodb::bson::{Bson, Document, doc};

use crate::text::Noun;

/// A model: its collection, its fields, its relations.
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
    /// The module that declares it, which tells two models of one name apart.
    pub module: &'static str,
    /// Where its documents are.
    pub collection: &'static str,
    /// One of its documents in a message: `blog post`.
    pub singular: &'static str,
    /// Several of its documents in a message: `blog posts`.
    pub plural: &'static str,
    /// The fields that are stored, in the order of the struct.
    pub fields: &'static [FieldMetadata],
    /// The relations, in the order of their declaration: those of the struct, then those of its fields.
    pub relations: &'static [&'static RelationMetadata],
    /// What else `#[model(..)]` asks for.
    pub config: ModelConfig,
}

/// The options of `#[model(..)]` that change what calls do.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelConfig {
    /// Plain writes check that what they refer to is there.
    pub check_references: bool,
    /// The stored name of the counter that checked writes of children increment.
    pub guard: Option<&'static str>,
    /// Its documents may have members that aren't among its fields: those of a flattened one, or a tag.
    #[doc(hidden)]
    pub open: bool,
}

impl ModelConfig {
    #[doc(hidden)]
    pub const DEFAULT: Self = Self { check_references: false, guard: None, open: false };
}

impl ModelMetadata {
    /// Of a model that a mistake hides.
    pub(crate) const UNKNOWN: Self = Self {
        name: "",
        module: "",
        collection: "",
        singular: "",
        plural: "",
        fields: &[],
        relations: &[],
        config: ModelConfig::DEFAULT,
    };

    /// What its documents are called in messages.
    pub(crate) const fn noun(&self) -> Noun {
        Noun { singular: self.singular, plural: self.plural }
    }

    /// The field that is stored under this name.
    pub const fn field(&self, bson_name: &str) -> Option<&'static FieldMetadata> {
        let mut i = 0;
        while i < self.fields.len() {
            if same(self.fields[i].bson_name, bson_name) {
                return Some(&self.fields[i]);
            }
            i += 1;
        }
        None
    }
}

/// The name of a counter, as long as it is one.
#[doc(hidden)]
pub const fn guard<T: Counter>(bson_name: &'static str) -> &'static str {
    bson_name
}

/// A type that the server can count in: what a field has to be that `#[model(guard = "..")]` names.
#[diagnostic::on_unimplemented(
    message = "a guard is a whole number, and `{Self}` is none",
    label = "checked writes increment this field",
    note = "make it an `i64`, with `#[serde(default)]` where documents are stored without it"
)]
pub trait Counter {}

impl Counter for i32 {}
impl Counter for i64 {}
impl Counter for u32 {}
impl Counter for u64 {}

/// `==`, which a `const fn` can't call.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// A field as Rust names it and as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldMetadata {
    /// The field's name in the struct.
    pub name: &'static str,
    /// Its name in the stored document: serde's.
    pub bson_name: &'static str,
    /// Its type as the struct says it: `Option<ObjectId>`.
    pub rust_type: &'static str,
    /// Whether it is an `Option`.
    pub nullable: bool,
    /// Whether serde may leave it out (`skip_serializing_if`), so that no value is a missing field and not a null.
    pub omittable: bool,
}

impl FieldMetadata {
    #[doc(hidden)]
    pub const fn new(name: &'static str, bson_name: &'static str, rust_type: &'static str, nullable: bool) -> Self {
        Self { name, bson_name, rust_type, nullable, omittable: false }
    }

    #[doc(hidden)]
    pub const fn omittable(self) -> Self {
        Self { omittable: true, ..self }
    }
}

/// A row of [`ModelMetadata::fields`].
#[doc(hidden)]
pub const fn field(
    name: &'static str,
    bson_name: &'static str,
    rust_type: &'static str,
    nullable: bool,
) -> FieldMetadata {
    FieldMetadata::new(name, bson_name, rust_type, nullable)
}

/// Whether a type is an `Option`, whatever it is spelled like, and how it is cloned, if it is: the inherent constants hide
/// those of [`Required`].
#[doc(hidden)]
pub struct Shape<T>(std::marker::PhantomData<T>);

impl<T> Shape<Option<T>> {
    pub const NULLABLE: bool = true;
}

impl<T: Clone> Shape<T> {
    pub const COPY: Cloning<T> = Some(T::clone);
}

/// How a type is cloned, if it is.
#[doc(hidden)]
pub type Cloning<T> = Option<fn(&T) -> T>;

#[doc(hidden)]
pub trait Required {
    type Of;
    const NULLABLE: bool = false;
    const COPY: Cloning<Self::Of> = None;
}

impl<T> Required for Shape<T> {
    type Of = T;
}

/// How many there are on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// One document to at most one.
    OneToOne,
    /// One document to any number.
    OneToMany,
    /// Any number of documents to one.
    ManyToOne,
    /// Any number to any number.
    ManyToMany,
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

/// What happens to the documents that refer to one that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnDelete {
    /// Nothing: their keys then point nowhere.
    #[default]
    NoAction,
    /// They are deleted as well, by their own rules.
    Cascade,
    /// Their keys are nulled.
    SetNull,
    /// They forbid it.
    Restrict,
}

impl OnDelete {
    /// The rule as it is written in `on_delete`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NoAction => "no_action",
            Self::Cascade => "cascade",
            Self::SetNull => "set_null",
            Self::Restrict => "restrict",
        }
    }
}

/// A relation, as its two models declare it.
#[derive(Debug, Clone, Copy)]
pub struct RelationMetadata {
    /// The accessor's name.
    pub name: &'static str,
    /// How many there are on each side.
    pub kind: RelationKind,
    /// The model that it leads to.
    pub target: fn() -> &'static ModelMetadata,
    /// The stored name of the key: a field of whoever holds it.
    pub foreign_key: &'static str,
    /// Who holds the key.
    pub holder: KeyHolder,
    /// The join model of a many-to-many, and its other key.
    pub through: Option<ThroughMetadata>,
    /// Which documents of the target belong to the relation.
    pub filter: Option<fn() -> Document>,
    /// The order in which they come: stored name, and 1 or -1.
    pub order_by: &'static [(&'static str, i32)],
    /// How many come at the most.
    pub limit: Option<u64>,
    /// The remaining options.
    pub config: RelationConfig,
    /// How ids and keys are stored.
    pub(crate) stored: Stored,
}

impl RelationMetadata {
    pub(crate) const fn new(
        name: &'static str,
        kind: RelationKind,
        target: fn() -> &'static ModelMetadata,
        foreign_key: &'static str,
        holder: KeyHolder,
        stored: Stored,
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

    /// Whether its key has a mistake, which is reported.
    pub(crate) const fn is_unknown(&self) -> bool {
        self.foreign_key.is_empty()
    }

    /// Whether the relation leads to at most one document.
    pub const fn is_to_one(&self) -> bool {
        matches!(self.kind, RelationKind::OneToOne | RelationKind::ManyToOne)
    }
}

/// A relation's table, as its marker has it.
#[doc(hidden)]
pub type Meta = &'static RelationMetadata;

/// The join model of a many-to-many.
#[derive(Debug, Clone, Copy)]
pub struct ThroughMetadata {
    /// The join model.
    pub model: fn() -> &'static ModelMetadata,
    /// The stored name of its key to the target; [`RelationMetadata::foreign_key`] is the one to the source.
    pub target_key: &'static str,
    pub(crate) stored: Stored,
}

/// The options of a relation that say how it behaves, and not what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct RelationConfig {
    /// The rule for deletes. Where none is written, [`OnDelete::Cascade`] with `orphan_removal`, else
    /// [`OnDelete::NoAction`].
    pub on_delete: OnDelete,
    /// Whether the rule is written on this side. One that isn't yields to one that is written on the other.
    pub on_delete_written: bool,
    /// The parent owns the child: one that is taken out of the relation is deleted.
    pub orphan_removal: bool,
    /// `false`: queries of the source load the relation by themselves.
    pub lazy_load: bool,
    /// The relation on the target that is the other side of this one.
    pub back_populates: Option<&'static str>,
    /// Whether the key is to be indexed.
    pub index: bool,
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
    };
}

/// The update that empties a key: null, or no field at all where serde leaves `None` out.
pub(crate) fn emptied(key: &str, holder: &ModelMetadata) -> Document {
    match holder.field(key) {
        Some(field) if field.omittable => doc! { "$unset": { key: "" } },
        _ => doc! { "$set": { key: Bson::Null } },
    }
}

/// Whether two tables are of the same model.
pub(crate) fn same_model(a: &ModelMetadata, b: &ModelMetadata) -> bool {
    a.identity().is(b.identity())
}
