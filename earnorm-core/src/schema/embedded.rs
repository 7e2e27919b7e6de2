//! The metadata of fields that hold embedded documents.

use super::options::RelationKind;
use super::tables::{ModelMetadata, RelationMetadata};

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
