use mongodb::bson::{Bson, DateTime, doc};

use super::calls::{Handle, OpensHandle, Standalone};
use super::refer::Refer;
use super::take_out;
use crate::document;
use crate::embedded::Record;
use crate::error::Refusal;
use crate::field::saved_id;
use crate::observe::Call;
use crate::relation::{CanUnlink, Key, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{BoxFuture, Executor, equal};
use crate::{Error, Filter, Model, Query, Result};

/// The document that a key of this document refers to. A method like `post.author()` returns it.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// #[derive(Serialize, Deserialize, Model)]
/// struct Post {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(many_to_one, target = "User")]
///     author_id: Option<ObjectId>,
/// }
///
/// # async fn run(db: mongodb::Database, post: Post) -> earnorm::Result<()> {
/// let author: Option<User> = post.author().get(&db).await?;
/// let author: User = post.author().require(&db).await?;
/// # Ok(()) }
/// ```
pub type ToOne<'a, S, T, R> = Handle<'a, S, T, R, kind::ManyToOne>;

impl<S: Record, T: 'static> OpensHandle<S, T> for kind::ManyToOne {
    fn query(key: Key<T, S>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
        match key.field.id_of(source) {
            Ok(id) => {
                let (empty, query) = (id == Bson::Null, Query::related(relation, Filter::equal("_id", id)));
                if empty { query.none() } else { query }
            }
            Err(source) => {
                let refusal = Refusal::Encode { model: S::TABLE.name, source };
                Query::related(relation, Filter::default()).unless(Some(refusal))
            }
        }
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>> ToOne<'_, S, T, R> {
    /// Returns the document, which must exist. One command; none if the key is null. If nothing is found, and the target's model
    /// has a field with `#[model(soft_delete)]`, one more.
    ///
    /// # Errors
    ///
    /// [`Error::Deleted`] if the document is deleted and can be restored; [`Error::Dangling`] if the key refers to a document that doesn't exist or that a filter of the relation
    /// excludes; [`Error::NotFound`] if the key is null; otherwise the same as for [`Query::all`].
    #[track_caller]
    pub fn require<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<T>> {
        let (id, field, exec) = (self.id(), self.keys.name, on.executor());
        let (call, found) = (self.query.call("require"), self.get(on));
        call.run(async move {
            if let Some(found) = found.await? {
                return Ok(found);
            }
            if id == Bson::Null {
                return Err(document::not_found::<T>());
            }
            let deleted = Query::<T>::new(Filter::equal("_id", id.clone()));
            match document::if_deleted(exec, deleted, &id).await? {
                Some(deleted) => Err(deleted),
                None => Err(Error::Dangling { model: S::TABLE.name, field, id: Box::new(id) }),
            }
        })
    }

    /// The id that the key holds; null if the key is.
    fn id(&self) -> Bson {
        // an id that can't be encoded is reported by the query
        self.keys.field.id_of(self.source).unwrap_or(Bson::Null)
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>> ToOne<'_, S, T, R> {
    /// Makes this document refer to `target` in the database. The key in the document that you hold is not changed.
    /// One command.
    ///
    /// In a one-to-one relation whose key can be null, the key of another document that refers to `target` is emptied
    /// first. This takes one more command and one to commit, in one transaction: if this document no longer exists,
    /// the other one keeps its key.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if either document has no id yet; [`Error::NotFound`] if this document no longer exists;
    /// [`Error::Duplicate`] if the relation is one-to-one, its key can't be null and another document refers to
    /// `target`; [`Error::Driver`].
    #[track_caller]
    pub fn set<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<()>>
    where
        S: Standalone,
    {
        let link = Refer::of(&self, target);
        Call::on(S::TABLE, R::META.name, "set").run(async move { link?.write::<S, R>(on, DateTime::now()).await })
    }

    /// Inserts a document and makes this one refer to it, as [`set`](ToOne::set) does. One command more than `set`.
    ///
    /// # Errors
    ///
    /// The same as for [`set`](ToOne::set) and [`Model::insert`].
    #[track_caller]
    pub fn create<'e>(self, on: impl Executor<'e>, target: T) -> BoxFuture<'e, Result<T>>
    where
        S: Standalone + 'e,
    {
        let source = saved_id(self.source).map_err(Error::from);
        let key = self.keys;
        Call::on(S::TABLE, R::META.name, "create").run(async move {
            let source = source?;
            let now = DateTime::now();
            let target = document::insert_at(on.executor(), target, now).await?;
            let link = Refer::to(source, key, &target)?;
            link.write::<S, R>(on, now).await?;
            Ok(target)
        })
    }

    /// Empties the key of this document in the database. Returns whether it referred to a document. One command; none
    /// if the key is null.
    ///
    /// If the other side has `orphan_removal`, this document is deleted by the rules of its model instead.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if this document has no id yet; [`Error::Driver`].
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>>
    where
        S: Standalone,
        R: CanUnlink,
    {
        let source = saved_id(self.source).map_err(Error::from);
        let key = self.keys.named();
        let refers = self.id() != Bson::Null;
        Call::on(S::TABLE, R::META.name, "clear").run(async move {
            let source = source?;
            if !refers {
                return Ok(false);
            }
            let this = Query::<S>::new(equal("_id", source).into()).filter(doc! { key.name: { "$ne": Bson::Null } });
            Ok(take_out(on.executor(), this, key, DateTime::now()).await? > 0)
        })
    }
}

impl Refer {
    fn of<S: Model, T: Model, R>(handle: &ToOne<'_, S, T, R>, target: &T) -> Result<Self> {
        Self::to(saved_id(handle.source)?, handle.keys, target)
    }

    fn to<S: Model, T: Model>(source: Bson, key: Key<T, S>, target: &T) -> Result<Self> {
        saved_id(target)?;
        let id = key.field.of_parent(T::ID.get(target));
        Ok(Self { source, key: key.named(), id: id.map_err(Error::encode::<S>)? })
    }
}
