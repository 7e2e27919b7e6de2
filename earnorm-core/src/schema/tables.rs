//! The tables of models and relations. Each refers to the other.

use mongodb::bson::Document;

use super::field::FieldMetadata;
use super::index::IndexMetadata;
use super::key_path::KeyPath;
use super::managed::TimeField;
use super::options::{KeyHolder, RelationConfig, RelationKind};
use super::stored::Stored;

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

/// The options of `#[model(..)]` that change the behaviour of calls, and the declared indexes.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelConfig {
    /// Whether writes check that the documents they refer to exist.
    pub check_references: bool,
    /// The stored name of the counter that checked writes of children increment.
    pub guard: Option<&'static str>,
    /// The field that is set when a document is inserted.
    #[doc(hidden)]
    pub created_at: Option<TimeField>,
    /// The field that each write of a document sets.
    #[doc(hidden)]
    pub updated_at: Option<TimeField>,
    /// The stored name of the version that each write of a document increments.
    pub version: Option<&'static str>,
    /// The stored name of the mark of deleted documents.
    pub soft_delete: Option<&'static str>,
    /// The tag of its documents, if it shares its collection: that of `#[serde(tag = "..")]`.
    pub tag: Option<ModelTag>,
    /// For an enum of models that share a collection: these models.
    pub kinds: &'static [&'static ModelMetadata],
    /// The indexes that `#[index(..)]` declares, in the order of their declaration.
    pub indexes: &'static [IndexMetadata],
    /// Whether its documents may have members that aren't in `fields`: those of a flattened field, or a tag.
    #[doc(hidden)]
    pub open: bool,
}

impl ModelConfig {
    #[doc(hidden)]
    pub const DEFAULT: Self = Self {
        check_references: false,
        guard: None,
        created_at: None,
        updated_at: None,
        version: None,
        soft_delete: None,
        open: false,
        tag: None,
        kinds: &[],
        indexes: &[],
    };

    /// For an enum of models that share a collection.
    #[doc(hidden)]
    pub const fn of_kinds(kinds: &'static [&'static ModelMetadata]) -> Self {
        // the kinds agree on these; `check_kind` makes sure of it
        let Self { created_at, updated_at, version, soft_delete, .. } = match kinds {
            [first, ..] => first.config,
            [] => Self::DEFAULT,
        };
        Self { open: true, kinds, created_at, updated_at, version, soft_delete, ..Self::DEFAULT }
    }
}

/// The tag by which the documents of a model are recognized in a collection that several models share.
///
/// ```
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[serde(tag = "kind", rename = "car")]
/// #[model(collection = "vehicles")]
/// struct Car {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// let tag = Car::metadata().config.tag.map(|tag| (tag.field, tag.value));
/// assert_eq!(tag, Some(("kind", "car")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelTag {
    /// The stored name of the field.
    pub field: &'static str,
    /// Its value in each document of the model.
    pub value: &'static str,
}

/// The metadata of a relation.
#[derive(Debug, Clone, Copy)]
pub struct RelationMetadata {
    /// The name of the relation, which is also that of its method.
    pub name: &'static str,
    /// How many documents it has on each side.
    pub kind: RelationKind,
    /// The model that it leads to, or the models.
    pub target: Target,
    /// The stored name of the key, which is a field of the model in `holder`, or a path with dots to a field of an
    /// embedded document.
    pub foreign_key: &'static str,
    /// The tag beside the key, if the key can refer to several models.
    pub tag: Option<KeyTag>,
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

/// The model or the models that a relation leads to.
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
/// let names: Vec<&str> = User::metadata().relations[0].target.models().map(|model| model.name).collect();
/// assert_eq!(names, ["Post"]);
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// One model.
    One(fn() -> &'static ModelMetadata),
    /// Several models. The tag beside the key says which of them a document refers to.
    Any(&'static [VariantMetadata]),
}

/// The metadata of a variant of a reference to several models.
#[derive(Debug, Clone, Copy)]
pub struct VariantMetadata {
    /// The stored tag.
    pub tag: &'static str,
    /// The model that the variant refers to.
    pub model: fn() -> &'static ModelMetadata,
}

/// The tag beside a key that can refer to several models.
#[derive(Debug, Clone, Copy)]
pub struct KeyTag {
    /// The stored name of the tag, as a path with dots.
    pub field: &'static str,
    /// The tag of the documents that belong to the relation; empty for a relation to several models.
    pub value: &'static str,
    /// All variants.
    pub variants: &'static [VariantMetadata],
    /// Whether the reference can be null.
    pub nullable: bool,
    /// The same path with `[]` after each array of embedded documents.
    pub(crate) pattern: &'static str,
    /// The path of the sub-document that has the tag and the id; `None` if they are fields beside each other.
    pub(crate) whole: Option<&'static str>,
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
    /// The tag beside that key, if it can refer to several models.
    pub target_tag: Option<KeyTag>,
    pub(crate) stored: Stored,
}

/// The metadata of a field with `#[model(embedded)]`.
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Embedded)]
/// # struct Line { #[relation(many_to_one, target = Product)] product_id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Product { #[serde(rename = "_id")] id: ObjectId }
/// #[derive(Serialize, Deserialize, Model)]
/// struct Order {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[model(embedded)]
///     lines: Vec<Line>,
/// }
///
/// let lines = &Order::metadata().embedded[0];
/// assert_eq!((lines.name, lines.is_array), ("lines", true));
/// assert_eq!((lines.record)().name, "Line");
/// let relation = Order::metadata().all_relations().next();
/// assert_eq!(relation.map(|relation| (relation.name, relation.foreign_key)), Some(("lines.product", "lines.product_id")));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedMetadata {
    /// The field's name in the struct.
    pub name: &'static str,
    /// Its name in stored documents; empty if it is flattened.
    pub bson_name: &'static str,
    /// Whether it is an array.
    pub is_array: bool,
    /// The table of the embedded document. It has no collection.
    pub record: fn() -> &'static ModelMetadata,
    /// The relations of the embedded documents, and of those inside them, as relations of the model. Empty in the table of
    /// an embedded document.
    pub(crate) relations: [Option<&'static RelationTree>; 2],
}

/// Relations as a tree of constants.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RelationTree {
    pub(crate) relation: Option<&'static RelationMetadata>,
    /// The kind of the relation, as the embedded document declares it.
    pub(crate) declared: RelationKind,
    pub(crate) rest: &'static [Option<&'static Self>],
}

impl RelationTree {
    fn collect(&'static self, all: &mut Vec<&'static RelationMetadata>) {
        all.extend(self.relation);
        for rest in self.rest.iter().flatten() {
            rest.collect(all);
        }
    }
}

impl EmbeddedMetadata {
    /// The relations of the embedded documents, as relations of the model that holds them.
    pub(crate) fn relations(&self) -> Vec<&'static RelationMetadata> {
        let mut all = Vec::new();
        for tree in self.relations.into_iter().flatten() {
            tree.collect(&mut all);
        }
        all
    }
}
