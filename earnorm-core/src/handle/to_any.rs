//! The handle of a relation to several models.

use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::{Bson, DateTime, doc};

use super::calls::Standalone;
use super::refer::Refer;
use super::take_out;
use crate::document;
use crate::embedded::Record;
use crate::field::{saved_id, stored_id};
use crate::observe::{Call, Source};
use crate::plan::{Documents, Either, Never, Rows, RowsOf};
use crate::reference::removes_orphans;
use crate::relation::{
    AnyKey, CanUnlink, KeyName, ManyToAny, Reference, ReferenceField, RefersTo, RefersToAny, Variant,
};
use crate::schema::KeyTag;
use crate::store::{BoxFuture, Exec, Executor, equal};
use crate::{Error, Filter, Model, Query, Result, bson};

/// The document that a key of this document refers to, of one of several models. A method like `comment.subject()` returns
/// it.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Clone, Copy, Serialize, Deserialize, Reference)]
/// #[serde(tag = "type", content = "id")]
/// enum Subject {
///     Post(ObjectId),
///     Photo(ObjectId),
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Comment {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(many_to_one)]
///     subject: Subject,
/// }
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Photo { #[serde(rename = "_id")] id: ObjectId, url: String }
/// # async fn run(db: mongodb::Database, comment: Comment, photo: Photo) -> earnorm::Result<()> {
/// match comment.subject().require(&db).await? {
///     SubjectDocument::Post(post) => println!("{}", post.title),
///     SubjectDocument::Photo(photo) => println!("{}", photo.url),
/// }
/// comment.subject().set(&db, &photo).await?;
/// # Ok(()) }
/// ```
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct ToAny<'s, S: 'static, K: 'static, R> {
    source: &'s S,
    relation: PhantomData<ManyToAny<S, K, R>>,
}

impl<S: 'static, K: 'static, R> fmt::Debug for ToAny<'_, S, K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToAny")
    }
}

impl<S: 'static, K: 'static, R> ManyToAny<S, K, R> {
    #[doc(hidden)]
    pub fn handle(self, source: &S) -> ToAny<'_, S, K, R> {
        ToAny { source, relation: PhantomData }
    }
}

/// Finds the document that a reference of type `E` refers to, among the models of a list.
#[doc(hidden)]
pub trait FindDocument<E>: Rows<One: 'static> {
    fn find<'e>(exec: Exec<'e>, reference: &E) -> BoxFuture<'e, Result<Option<Self::One>>>;
    fn exists<'e>(exec: Exec<'e>, reference: &E) -> BoxFuture<'e, Result<bool>>;
    /// The error for a document that is deleted and can be restored.
    fn if_deleted<'e>(exec: Exec<'e>, reference: &E) -> BoxFuture<'e, Result<Option<Error>>>;
}

impl<E> FindDocument<E> for () {
    fn find<'e>(_: Exec<'e>, _: &E) -> BoxFuture<'e, Result<Option<Never>>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn exists<'e>(_: Exec<'e>, _: &E) -> BoxFuture<'e, Result<bool>> {
        Box::pin(std::future::ready(Ok(false)))
    }

    fn if_deleted<'e>(_: Exec<'e>, _: &E) -> BoxFuture<'e, Result<Option<Error>>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

impl<E, T, L> FindDocument<E> for (T, L)
where
    E: Variant<T, Id: RefersTo<T::Id>>,
    T: Model,
    L: FindDocument<E>,
{
    fn find<'e>(exec: Exec<'e>, reference: &E) -> BoxFuture<'e, Result<Option<Either<T, L::One>>>> {
        let Some(query) = referred::<E, T>(reference) else {
            let rest = L::find(exec, reference);
            return Box::pin(async move { Ok(rest.await?.map(Either::There)) });
        };
        Box::pin(async move { Ok(query?.first(exec).await?.map(Either::Here)) })
    }

    fn exists<'e>(exec: Exec<'e>, reference: &E) -> BoxFuture<'e, Result<bool>> {
        match referred::<E, T>(reference) {
            Some(query) => Box::pin(async move { query?.exists(exec).await }),
            None => L::exists(exec, reference),
        }
    }

    fn if_deleted<'e>(exec: Exec<'e>, reference: &E) -> BoxFuture<'e, Result<Option<Error>>> {
        let id = Variant::<T>::id(reference).and_then(RefersTo::to_id).map(|id| T::ID.encode(&id));
        match (referred::<E, T>(reference), id) {
            (Some(query), Some(Ok(id))) => Box::pin(async move { document::if_deleted(exec, query?, &id).await }),
            (Some(_), _) => Box::pin(std::future::ready(Ok(None))),
            (None, _) => L::if_deleted(exec, reference),
        }
    }
}

/// The query for the document that a reference refers to, if it refers to a `T`.
fn referred<E: Variant<T, Id: RefersTo<T::Id>>, T: Model>(reference: &E) -> Option<Result<Query<T>>> {
    let id = Variant::<T>::id(reference)?.to_id();
    Some(match id.map(|id| T::ID.encode(&id)) {
        None => Ok(Query::new(Filter::default()).none()),
        Some(Ok(id)) => Ok(Query::new(Filter::equal("_id", id))),
        Some(Err(source)) => Err(Error::encode::<T>(source)),
    })
}

/// The models of the enum of a field.
type ModelsOf<K> = <<K as RefersToAny>::To as Reference>::Models;

impl<S: Record, K: RefersToAny, R: ReferenceField<Source = S, Key = K>> ToAny<'_, S, K, R> {
    /// Returns the document that the key refers to; `None` if the key is null or the document doesn't exist. One command;
    /// none if the key is null.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTag`] if the key is an [`Open`](crate::Open) with an unknown tag; otherwise the same as for
    /// [`Query::all`].
    #[track_caller]
    pub fn get<'e, D: 'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<D>>>
    where
        ModelsOf<K>: FindDocument<K::To> + RowsOf<D>,
        K::To: Documents<ModelsOf<K>, Document = D>,
    {
        let found = self.reference().map(|key| key.map(|key| ModelsOf::<K>::find(on.executor(), key)));
        self.call("get").run(async move {
            let Some(found) = found? else { return Ok(None) };
            Ok(found.await?.map(|one| ModelsOf::<K>::build(one, K::To::constructors())))
        })
    }

    /// Returns the document that the key refers to, which must exist. One command; none if the key is null. If nothing is found,
    /// and the document's model has a field with `#[model(soft_delete)]`, one more.
    ///
    /// # Errors
    ///
    /// [`Error::Deleted`] if the document is deleted and can be restored; [`Error::Dangling`] if the key refers to a document that doesn't exist; [`Error::NotFound`] if the key is null;
    /// otherwise the same as for [`get`](ToAny::get).
    #[track_caller]
    pub fn require<'e, D>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<D>>
    where
        D: Send + 'static,
        ModelsOf<K>: FindDocument<K::To> + RowsOf<D>,
        K::To: Documents<ModelsOf<K>, Document = D>,
    {
        let (model, field) = (S::TABLE.name, R::FIELD.name());
        let missing = match AnyKey::<R>::reference(self.source).map(bson::encode) {
            Some(Ok(id)) => Error::Dangling { model, field, id: Box::new(id) },
            _ => Error::NotFound { model },
        };
        let exec = on.executor();
        let deleted = AnyKey::<R>::reference(self.source).map(|key| ModelsOf::<K>::if_deleted(exec, key));
        let (call, found) = (self.call("require"), self.get(on));
        call.run(async move {
            match (found.await?, deleted) {
                (Some(found), _) => Ok(found),
                (None, Some(deleted)) => Err(deleted.await?.unwrap_or(missing)),
                (None, None) => Err(missing),
            }
        })
    }

    /// Returns whether the key refers to a document that exists. One command; none if the key is null.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](ToAny::get).
    #[track_caller]
    pub fn exists<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>>
    where
        ModelsOf<K>: FindDocument<K::To>,
    {
        let found = self.reference().map(|key| key.map(|key| ModelsOf::<K>::exists(on.executor(), key)));
        self.call("exists").run(async move {
            match found? {
                Some(found) => found.await,
                None => Ok(false),
            }
        })
    }

    /// Makes this document refer to `target` in the database. The key in the document that you hold is not changed. One
    /// command.
    ///
    /// In a one-to-one relation whose key can be null, the key of another document that refers to `target` is emptied
    /// first. This takes one more command and one to commit, in one transaction.
    ///
    /// A model that the reference has no variant for doesn't compile.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if either document has no id yet; [`Error::NotFound`] if this document no longer exists;
    /// [`Error::Duplicate`] if the relation is one-to-one, its key can't be null and another document refers to `target`;
    /// [`Error::Driver`].
    #[track_caller]
    pub fn set<'e, T: Model>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<()>>
    where
        S: Standalone,
        K::To: Variant<T, Id: RefersTo<T::Id>>,
    {
        let refer = saved_id(self.source).and_then(|source| {
            let tag = AnyKey::<R>::tag().of(<K::To as Variant<T>>::TAG_VALUE);
            let key = KeyName { name: AnyKey::<R>::id_name(), tag: Some(tag) };
            Ok(Refer { source, key, id: stored_id::<T>(T::ID.get(target))? })
        });
        Call::on(S::TABLE, R::META.name, "set").run(async move { refer?.write::<S, R>(on, DateTime::now()).await })
    }

    /// Empties the key of this document in the database. Returns whether it referred to a document. One command; none if
    /// the key is null.
    ///
    /// If the other side has `orphan_removal`, this document is deleted by the rules of its model instead.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if this document has no id yet; [`Error::UnknownTag`] if the key is an [`Open`](crate::Open) with
    /// an unknown tag, which is kept; [`Error::Driver`].
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>>
    where
        S: Standalone,
        R: CanUnlink,
    {
        let source = saved_id(self.source).map_err(Error::from);
        let tag = self.reference().and_then(|reference| reference.map(tag_of::<K, R>).transpose());
        let name = AnyKey::<R>::id_name();
        Call::on(S::TABLE, R::META.name, "clear").run(async move {
            let (source, Some(tag)) = (source?, tag?) else { return Ok(false) };
            let mut this = equal("_id", source);
            this.insert(name, doc! { "$ne": Bson::Null });
            // a document that refers to another model by now isn't an orphan of this one
            if removes_orphans(S::METADATA, name, Some(&tag)) {
                this.extend(tag.filter());
            }
            let key = KeyName { name, tag: Some(tag) };
            Ok(take_out(on.executor(), Query::<S>::new(this.into()), key, DateTime::now()).await? > 0)
        })
    }

    #[track_caller]
    fn call(&self, operation: &'static str) -> Call {
        Call::reads(Source::new(self.source, R::META), operation)
    }

    /// The reference; `None` if it is null.
    pub(crate) fn reference(&self) -> Result<Option<&K::To>> {
        let key = R::FIELD.get(self.source);
        match key.unknown() {
            None => Ok(key.reference()),
            Some(stored) => Err(Error::UnknownTag {
                model: S::TABLE.name,
                field: AnyKey::<R>::tag_name(),
                tag: Box::new(stored.get(<K::To as Reference>::TAG).cloned().unwrap_or(Bson::Null)),
            }),
        }
    }
}

/// The tag of a reference, which is that of one of its variants.
fn tag_of<K: RefersToAny, R: ReferenceField<Key = K>>(reference: &K::To) -> Result<KeyTag> {
    let stored = bson::encode(reference).map_err(Error::other)?;
    let stored = stored.as_document().and_then(|stored| stored.get_str(<K::To as Reference>::TAG).ok());
    let variant = <K::To as Reference>::VARIANTS.iter().find(|variant| Some(variant.tag) == stored);
    Ok(AnyKey::<R>::tag().of(variant.map_or("", |variant| variant.tag)))
}
