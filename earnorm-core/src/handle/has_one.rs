use std::slice;

use mongodb::bson::{Bson, DateTime};

use super::calls::{Handle, OpensHandle};
use super::{adopt, by_key, replace, take_out};
use crate::document;
use crate::field::saved_id;
use crate::observe::Call;
use crate::relation::{CanUnlink, Key, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{BoxFuture, Executor};
use crate::{Model, Query, Result};

/// The one document that refers to this one. A method like `user.profile()` returns it.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(one_to_one, target = "Profile", fk = "user_id")]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Profile {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(one_to_one, target = "User")]
///     user_id: Option<ObjectId>,
/// }
///
/// # async fn run(db: mongodb::Database, user: User, other: Profile) -> earnorm::Result<()> {
/// let profile: Option<Profile> = user.profile().get(&db).await?;
/// let profile: Profile = user.profile().set(&db, other).await?;
/// # Ok(()) }
/// ```
pub type HasOne<'a, S, T, R> = Handle<'a, S, T, R, kind::OneToOne>;

impl<S: Model, T: 'static> OpensHandle<S, T> for kind::OneToOne {
    fn query(key: Key<S, T>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
        by_key(key, source, relation)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> HasOne<'_, S, T, R> {
    /// Returns the document, which must exist. One command.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the document doesn't exist; otherwise the same as for
    /// [`get`](HasOne::get).
    #[track_caller]
    pub fn require<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<T>> {
        let (call, found) = (self.query.call("require"), self.get(on));
        call.run(async move { found.await?.ok_or_else(document::not_found::<T>) })
    }

    /// Sets the key of a document to this document's id and inserts it. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`](crate::Error::Duplicate) if the relation already has a document, by the unique index of
    /// the key; [`Error::Unsaved`](crate::Error::Unsaved) if this document has no id yet; otherwise the same as for
    /// [`Model::insert`].
    #[track_caller]
    pub fn create<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>> {
        let child = self.adopt(child);
        Call::on(S::METADATA, R::META.name, "create").run(async move { document::insert(on.executor(), child?).await })
    }

    /// Makes a document the one of this relation. The key of the previous document is emptied; then the key of
    /// `child` is set and `child` is saved. Two commands.
    ///
    /// With `orphan_removal`, the previous document is deleted by the rules of its model instead, in one transaction
    /// with the save. Without it, a failure between the two writes leaves the relation without a document: run the
    /// call again, or in a [`transaction`](crate::transaction()).
    ///
    /// The whole document is replaced, as in [`save`](Model::save): stored fields that `T` doesn't have are lost.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if this document has no id yet; otherwise the same as for
    /// [`Model::save`].
    #[track_caller]
    pub fn set<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>>
    where
        R: CanUnlink,
    {
        let child = self.adopt(child);
        let (key, query) = (self.keys.named(), self.query);
        Call::on(S::METADATA, R::META.name, "set").run(async move {
            let mut child = child?;
            let kept = saved_id(&child).unwrap_or(Bson::Null);
            let others = query.without(vec![kept]);
            replace(on.executor(), others, key, slice::from_mut(&mut child)).await?;
            Ok(child)
        })
    }

    /// Removes the document from the relation: its key is emptied. With `orphan_removal`, the document is deleted by
    /// the rules of its model instead. Returns whether there was a document. One command; for a delete, as many as
    /// [`Query::delete`].
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved) if this document has no id yet;
    /// [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>>
    where
        R: CanUnlink,
    {
        let (key, query) = (self.keys.named(), self.query);
        Call::on(S::METADATA, R::META.name, "clear")
            .run(async move { Ok(take_out(on.executor(), query, key, DateTime::now()).await? > 0) })
    }

    fn adopt(&self, child: T) -> Result<T> {
        adopt(self.keys, self.source, child)
    }
}
