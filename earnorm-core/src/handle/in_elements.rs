//! The handle of a many-to-many by a key in an array of embedded documents of the target.

use mongodb::bson::Document;

use super::calls::{Handle, OpensHandle};
use super::holding;
use crate::bson::EncodeError;
use crate::field::saved_id;
use crate::observe::Call;
use crate::reference::unlink_elements;
use crate::relation::{CanUnlink, Keys, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{BoxFuture, Change, Executor};
use crate::{Error, Filter, Model, Query, Result};

/// The documents with an embedded document that refers to this document. A method like `product.orders()` returns it.
///
/// A document that refers to this one in several elements of its array is one of them, and counts once. There is no
/// `add`: an embedded document is more than its key, so add it to its array by an update, as in
/// `order.update(&db, Order::LINES.push(line))`.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Embedded)]
/// struct Line {
///     #[relation(many_to_one, target = Product)]
///     product_id: Option<ObjectId>,
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
/// #[relation(many_to_many, target = Order, target_ids = lines.product_id, back_populates = lines.product)]
/// struct Product {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// # async fn run(db: mongodb::Database, product: Product) -> earnorm::Result<()> {
/// let orders: Vec<Order> = product.orders().filter(Order::LINES.any(Line::QUANTITY.gt(100))).all(&db).await?;
/// let emptied = product.orders().clear(&db).await?;
/// # Ok(()) }
/// ```
pub type InElements<'a, S, T, R> = Handle<'a, S, T, R, kind::ManyToManyInElements>;

impl<S: Model, T: 'static> OpensHandle<S, T> for kind::ManyToManyInElements {
    fn query(keys: Keys<S, T>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
        let (filter, refusal) = holding::<S>(keys.name, keys.field.of_parent(S::ID.get(source)));
        Query::related(relation, filter.into()).unless(refusal)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> InElements<'_, S, T, R> {
    /// Removes the references to this document from one document: sets the keys in the elements that refer to it to
    /// null, or removes these elements if the relation's delete rule is `pull`. Returns whether there were any.
    ///
    /// One command. The server finds the elements while it writes, so concurrent changes of others are kept. The document
    /// that you hold is not changed.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Embedded)]
    /// # struct Line { #[relation(many_to_one, target = Product)] product_id: Option<ObjectId> }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Order { #[serde(rename = "_id")] id: ObjectId, #[model(embedded)] lines: Vec<Line> }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # #[relation(many_to_many, target = Order, target_ids = lines.product_id)]
    /// # struct Product { #[serde(rename = "_id")] id: ObjectId }
    /// # async fn run(db: mongodb::Database, product: Product, order: Order) -> earnorm::Result<()> {
    /// let referred = product.orders().remove(&db, &order).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if one of the two documents has no id; [`Error::Invalid`], before anything is written, for a
    /// key that can't be null and isn't removed with its element; [`Error::Driver`].
    #[track_caller]
    pub fn remove<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>>
    where
        R: CanUnlink,
    {
        let (update, id) = (self.unlink(), saved_id(target));
        let query = self.query.without_limits();
        Call::on(S::METADATA, R::META.name, "remove").run(async move {
            let one = query.filter(Filter::equal("_id", id?));
            Ok(unlink(on, one, update?).await? > 0)
        })
    }

    /// Removes the references to this document from all documents of the relation; see [`remove`](Self::remove).
    /// Returns the number of documents that had any. One command, or two if the handle has a window or conditions on
    /// related documents.
    ///
    /// # Errors
    ///
    /// The same as for [`remove`](Self::remove).
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>>
    where
        R: CanUnlink,
    {
        let (update, query) = (self.unlink(), self.query);
        Call::on(S::METADATA, R::META.name, "clear").run(async move { unlink(on, query, update?).await })
    }

    fn unlink(&self) -> Result<(Document, Change)> {
        saved_id(self.source)?;
        let key = self.keys.field.of_parent(S::ID.get(self.source));
        let key = key.map_err(|error: EncodeError| Error::encode::<S>(error))?;
        unlink_elements(T::METADATA, (self.keys.name, self.keys.tag), S::METADATA, &[key]).ok_or_else(|| {
            let reason = format!(
                "`{}` can't be null, and its elements are not removed; make the key an `Option`, or declare \
                 `on_delete = \"pull\"`",
                self.keys.name
            );
            Error::Invalid { model: T::METADATA.name, reason, value: false }
        })
    }
}

async fn unlink<T: Model>(on: impl Executor<'_>, query: Query<T>, (filter, update): (Document, Change)) -> Result<u64> {
    query.filter(filter).modify(on.executor(), update).await
}
