use mongodb::bson::{Bson, DateTime};

use super::calls::{Handle, OpensHandle};
use super::{adopt, by_key, replace, take_out};
use crate::document;
use crate::field::saved_id;
use crate::observe::Call;
use crate::relation::{CanUnlink, Key, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{BoxFuture, Executor};
use crate::{Error, Filter, Model, Query, Result};

/// The documents of a one-to-many relation of this document. A method like `user.posts()` returns it.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(one_to_many, target = "Post", fk = "author_id")]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Post {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     title: String,
///     likes: i64,
///     #[relation(many_to_one, target = "User")]
///     author_id: ObjectId,
/// }
///
/// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
/// let best: Vec<Post> = user
///     .posts()
///     .filter(Post::LIKES.gt(10))
///     .order_by(Post::LIKES.desc())
///     .limit(3)
///     .all(&db)
///     .await?;
/// let how_many = user.posts().count(&db).await?;
/// # Ok(()) }
/// ```
pub type ToMany<'a, S, T, R> = Handle<'a, S, T, R, kind::OneToMany>;

impl<S: Model, T: 'static> OpensHandle<S, T> for kind::OneToMany {
    fn query(key: Key<S, T>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
        by_key(key, source, relation)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> ToMany<'_, S, T, R> {
    /// Sets the key of a document to this document's id and inserts it. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if this document has no id yet; otherwise the same as for [`Model::insert`].
    #[track_caller]
    pub fn create<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>> {
        let child = self.adopt(child);
        Call::on(S::METADATA, R::META.name, "create").run(async move { document::insert(on.executor(), child?).await })
    }

    /// Sets the key of a document to this document's id and saves it. One command.
    ///
    /// Like [`save`](Model::save), this replaces the whole document: stored fields that `T` doesn't have are lost,
    /// and a document that was deleted meanwhile is inserted again. To set only the key, update it:
    /// `Post::AUTHOR_ID.set(user.id)`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if this document has no id yet; otherwise the same as for [`Model::save`].
    #[track_caller]
    pub fn add<'e>(self, on: impl Executor<'e>, child: T) -> BoxFuture<'e, Result<T>> {
        let child = self.adopt(child);
        Call::on(S::METADATA, R::META.name, "add").run(async move {
            let mut child = child?;
            document::save(on.executor(), &mut child).await?;
            Ok(child)
        })
    }

    /// Sets the key of several documents to this document's id and saves them, as [`add`](ToMany::add) does. One
    /// command for every 1,000 documents or part of them.
    ///
    /// # Errors
    ///
    /// The same as for [`add`](ToMany::add). Outside a transaction, the documents before the failed one are saved.
    #[track_caller]
    pub fn add_many<'e>(
        self,
        on: impl Executor<'e>,
        children: impl IntoIterator<Item = T>,
    ) -> BoxFuture<'e, Result<Vec<T>>> {
        let children = self.adopt_all(children);
        Call::on(S::METADATA, R::META.name, "add_many").run(async move {
            let mut children = children?;
            document::save_many(on.executor(), &mut children, DateTime::now()).await?;
            Ok(children)
        })
    }

    /// Removes a document from the relation: its key is emptied if it still refers to this document. Returns whether
    /// it did. One command.
    ///
    /// With `orphan_removal`, the document is deleted by the rules of its model instead, unless it belongs to another
    /// document by now. This takes as many commands as [`Query::delete`].
    ///
    /// The value `child` is not changed.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if either document has no id yet; [`Error::Driver`].
    #[track_caller]
    pub fn remove<'e>(self, on: impl Executor<'e>, child: &T) -> BoxFuture<'e, Result<bool>>
    where
        R: CanUnlink,
    {
        let id = saved_id(child).map_err(Error::from);
        let (key, query) = (self.keys.named(), self.query);
        Call::on(S::METADATA, R::META.name, "remove").run(async move {
            let one = query.filter(Filter::equal("_id", id?));
            Ok(take_out(on.executor(), one, key, DateTime::now()).await? > 0)
        })
    }

    /// Removes every document from the relation, and returns how many there were. One command. With `orphan_removal`,
    /// they are deleted, as in [`remove`](ToMany::remove).
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if this document has no id yet; [`Error::Driver`].
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>>
    where
        R: CanUnlink,
    {
        let (key, query) = (self.keys.named(), self.query);
        Call::on(S::METADATA, R::META.name, "clear").run(take_out(on.executor(), query, key, DateTime::now()))
    }

    /// Makes these documents the only ones of the relation: the others are removed from it, then these are saved, as
    /// in [`add`](ToMany::add). Two commands, and one more for every further 1,000 documents.
    ///
    /// With `orphan_removal`, the others are deleted by the rules of their model instead, in one transaction with the
    /// save. Without it, a failure between the two writes leaves the others removed and these unsaved: run the call
    /// again, or in a [`transaction`](crate::transaction()).
    ///
    /// # Errors
    ///
    /// The same as for [`add`](ToMany::add).
    #[track_caller]
    pub fn set<'e>(self, on: impl Executor<'e>, children: impl IntoIterator<Item = T>) -> BoxFuture<'e, Result<Vec<T>>>
    where
        R: CanUnlink,
    {
        let children = self.adopt_all(children);
        let (key, query) = (self.keys.named(), self.query);
        Call::on(S::METADATA, R::META.name, "set").run(async move {
            let mut children = children?;
            // a document without an id isn't stored yet
            let kept: Vec<Bson> = children.iter().filter_map(|c| saved_id(c).ok()).collect();
            let others = query.without(kept);
            replace(on.executor(), others, key, &mut children).await?;
            Ok(children)
        })
    }

    fn adopt(&self, child: T) -> Result<T> {
        adopt(self.keys, self.source, child)
    }

    fn adopt_all(&self, children: impl IntoIterator<Item = T>) -> Result<Vec<T>> {
        children.into_iter().map(|child| self.adopt(child)).collect()
    }
}
