//! Structs whose fields are stored: models and embedded documents.

use std::hash::{DefaultHasher, Hash};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::field::stored_id;
use crate::schema::{Cloning, ModelMetadata};
use crate::{Model, Result};

/// A struct whose fields are stored: a model, or an embedded document.
///
/// The derives `Model` and `Embedded` implement it. A relation constant like `Line::PRODUCT` can belong to either.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a model nor an embedded document",
    label = "not a model, and not an embedded document",
    note = "add `#[derive(Model)]` or `#[derive(Embedded)]` to `{Self}`"
)]
pub trait Record: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The type of a model's id; `()` for an embedded document.
    #[doc(hidden)]
    type RecordId: Send + Sync + 'static;
    /// The relations as a list of types.
    #[doc(hidden)]
    type Relations;
    /// The fields with `#[model(embedded)]` as a list of types.
    #[doc(hidden)]
    type Embeddings;
    /// Its name, fields and relations. An embedded document has no collection.
    #[doc(hidden)]
    const TABLE: &'static ModelMetadata;
    /// Whether it is an embedded document with relations, or with embedded documents of its own.
    #[doc(hidden)]
    const HAS_KEYS: bool = false;
    /// How to copy a document, if its type is a model and `Clone`.
    #[doc(hidden)]
    const COPY: Cloning<Self> = None;

    #[doc(hidden)]
    fn record_id(&self) -> &Self::RecordId;

    /// Hashes what distinguishes this document from others: its id or, if it is embedded, its place in memory.
    #[doc(hidden)]
    fn hash_id(&self, hasher: &mut DefaultHasher) {
        std::ptr::from_ref(self).addr().hash(hasher);
    }

    /// Refuses the id of a model that isn't saved yet.
    #[doc(hidden)]
    fn check_saved(_: &Self::RecordId) -> Result<()> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Record for M {
    type RecordId = M::Id;
    type Relations = M::Relations;
    type Embeddings = M::Embeddings;
    const TABLE: &'static ModelMetadata = M::METADATA;
    const COPY: Cloning<M> = M::COPY;

    fn record_id(&self) -> &M::Id {
        M::ID.get(self)
    }

    fn hash_id(&self, hasher: &mut DefaultHasher) {
        M::ID.get(self).hash(hasher);
    }

    fn check_saved(id: &M::Id) -> Result<()> {
        Ok(stored_id::<M>(id).map(drop)?)
    }
}

/// A struct that is stored inside the documents of models: without an id, and without a collection of its own. Derive it
/// with `#[derive(Embedded)]`.
///
/// ```
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Embedded)]
/// struct Line {
///     #[relation(many_to_one, target = Product, on_delete = "restrict")]
///     product_id: ObjectId,
///     quantity: i32,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Order {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[model(embedded)]
///     lines: Vec<Line>,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Product {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// let large = Order::find(Order::LINES.any(Line::QUANTITY.gt(100)));
/// let with_products = Order::find_all().with(Order::LINES.with(Line::PRODUCT));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an embedded document",
    label = "expected a struct that derives `Embedded`, or an `Option`, a `Vec` or a `VecDeque` of it",
    note = "add `#[derive(Embedded)]` to the struct; a model can't be embedded",
    note = "in place of a map, which a server can't search by a path, store a `Vec` of structs, with the key of the map as a field"
)]
pub trait Embedded: Record<RecordId = ()> {
    /// The relations, as in [`Record`]. A type that isn't embedded then lacks this trait only, which is one error.
    #[doc(hidden)]
    type EmbeddedRelations;
    /// The fields with `#[model(embedded)]`, as in [`Record`].
    #[doc(hidden)]
    type EmbeddedFields;
}
