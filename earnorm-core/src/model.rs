//! The trait [`Model`]. Each method calls a function of a lower module.

use std::hash::Hash;

use mongodb::bson::doc;
use mongodb::{Collection, Database};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::{Keep, Kept, References};
use crate::hooks::HookTable;
use crate::observe::Call;
use crate::plan::{Readable, WithCounts, WithRelations};
use crate::schema::{Cloning, ModelMetadata, StampOf, Versioned};
use crate::store::{BoxFuture, Executor};
use crate::{
    Bulk, DeletePlan, DeleteReport, Field, Filter, IndexCheck, IndexReport, IntoFilter, IntoUpdate, Operand, Query,
    Result, document, index,
};

/// A struct whose values are the documents of one collection, or of one kind in it, or an enum of such structs. Derive it
/// with `#[derive(Model)]`.
///
/// The first argument of each call is what it runs on: a `&Database`, or the `&Transaction` of
/// [`transaction`](crate::transaction()).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(Model)]` to `{Self}`"
)]
pub trait Model: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The type of the id field, as it is written in the struct.
    type Id: Serialize + DeserializeOwned + Eq + Hash + Clone + Send + Sync + 'static;

    /// The relations as a list of types, `(A, (B, ()))`, in the order of the metadata.
    #[doc(hidden)]
    type Relations;

    /// The fields with `#[model(embedded)]` as a list of types.
    #[doc(hidden)]
    type Embeddings;

    /// The id field.
    #[doc(hidden)]
    const ID: Field<Self, Self::Id>;

    /// The fields that serde doesn't write or doesn't read.
    #[doc(hidden)]
    const KEPT: &'static [Kept<Self>] = &[];

    /// The model of a document: for an enum of models, that of the variant.
    #[doc(hidden)]
    const MODEL_OF: fn(&Self) -> &'static ModelMetadata = |_| Self::METADATA;

    /// How to copy a document, if the model is `Clone`.
    #[doc(hidden)]
    const COPY: Cloning<Self> = None;

    /// Sets these fields to the values of another document, after a document was read.
    #[doc(hidden)]
    const KEEP: Keep<Self> = document::keep;

    /// Sets the fields that EarnORM writes to what a write stored.
    #[doc(hidden)]
    const STAMP: StampOf<Self> = |_, _| {};

    /// The hooks of a model with `#[model(hooks)]`.
    #[doc(hidden)]
    const HOOKS: HookTable = HookTable::NONE;

    /// See [`Model::metadata`].
    #[doc(hidden)]
    const METADATA: &'static ModelMetadata;

    /// The metadata of the model: its collection, fields and relations.
    fn metadata() -> &'static ModelMetadata {
        Self::METADATA
    }

    /// The driver's `Collection` of this model, for operations that EarnORM doesn't have.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let estimate = User::collection(&db).estimated_document_count().await?;
    /// # Ok(()) }
    /// ```
    fn collection(db: &Database) -> Collection<Self> {
        db.collection(Self::METADATA.collection)
    }

    /// Inserts the document and returns it. If its id was `None`, the returned document has a new one. One command.
    ///
    /// A new id is an `ObjectId`, a UUID or the hexadecimal form of an `ObjectId`, depending on its type.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: Option<ObjectId>, name: String }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let ada = User { id: None, name: "Ada".into() }.insert(&db).await?;
    /// assert!(ada.id.is_some());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`](crate::Error::Duplicate) if a unique index already has the value, including the index of
    /// `_id`; [`Error::Encode`](crate::Error::Encode), [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    fn insert<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Self>> {
        Call::of(Self::METADATA, "insert").run(document::insert(on.executor(), self))
    }

    /// Inserts the documents in order and returns their ids, including new ones.
    ///
    /// One command for each 100,000 documents or 48 MB; none for an empty slice.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # async fn run(db: mongodb::Database, users: Vec<User>) -> earnorm::Result<()> {
    /// let ids = User::insert_many(&db, &users).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`insert`](Model::insert). Outside a transaction, the documents before the one that failed are kept.
    /// [`Error::Invalid`](crate::Error::Invalid), before anything is written, for a model with hooks that can't be
    /// copied: neither the model nor all of its fields implement `Clone`.
    #[track_caller]
    fn insert_many<'e>(on: impl Executor<'e>, documents: &[Self]) -> BoxFuture<'e, Result<Vec<Self::Id>>> {
        let prepared = document::prepare(documents);
        Call::of(Self::METADATA, "insert_many")
            .run(async move { document::insert_many::<Self>(on.executor(), prepared?, References::ByModel).await })
    }

    #[doc = include_str!("model/validate_references.md")]
    #[track_caller]
    fn validate_references<'s, 'e: 's>(&'s self, on: impl Executor<'e>) -> BoxFuture<'s, Result<()>> {
        Call::of(Self::METADATA, "validate_references").run(document::validate(on.executor(), self))
    }

    #[doc = include_str!("model/insert_checked.md")]
    #[track_caller]
    fn insert_checked<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Self>> {
        Call::of(Self::METADATA, "insert_checked").run(document::insert_with(on.executor(), self, References::Checked))
    }

    /// [Inserts](Model::insert_many) the documents if all documents to which they refer exist or are among them.
    ///
    /// One query for each key and each 1,000 distinct ids, in one transaction with the insert. See
    /// [`insert_checked`](Model::insert_checked).
    ///
    /// # Errors
    ///
    /// As for [`insert_checked`](Model::insert_checked). In a transaction, either all documents are inserted or none.
    #[track_caller]
    fn insert_many_checked<'e>(on: impl Executor<'e>, documents: &[Self]) -> BoxFuture<'e, Result<Vec<Self::Id>>> {
        let prepared = document::prepare(documents);
        Call::of(Self::METADATA, "insert_many_checked")
            .run(async move { document::insert_many::<Self>(on.executor(), prepared?, References::Checked).await })
    }

    /// Returns the document with this id. One command; none for an id that is `None`.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # async fn run(db: mongodb::Database, id: ObjectId) -> earnorm::Result<()> {
    /// let user: Option<User> = User::get(&db, id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    fn get<'e>(on: impl Executor<'e>, id: impl Operand<Self::Id>) -> BoxFuture<'e, Result<Option<Self>>> {
        let id = id.into_operand();
        Call::of(Self::METADATA, "get").run(document::get(on.executor(), id))
    }

    /// Returns the documents with these ids, in the order of the ids, each once. Missing documents are skipped.
    ///
    /// One command for each 1,000 distinct ids; none for an empty list.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # async fn run(db: mongodb::Database, ids: Vec<ObjectId>) -> earnorm::Result<()> {
    /// let users: Vec<User> = User::get_many(&db, &ids).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    fn get_many<'e, I>(on: impl Executor<'e>, ids: I) -> BoxFuture<'e, Result<Vec<Self>>>
    where
        I: IntoIterator<Item: Operand<Self::Id>>,
    {
        let ids = ids.into_iter().map(Operand::into_operand).collect();
        Call::of(Self::METADATA, "get_many").run(document::get_many(on.executor(), ids))
    }

    /// Creates a query for the documents that match a filter: a typed [`Filter`](crate::Filter), or a
    /// [`Document`](mongodb::bson::Document).
    ///
    /// A model with eager relations (`lazy_load = false`) also has inherent functions `find` and `find_all`, which load
    /// these relations. `User::find` then means the inherent one, and `<User as Model>::find` loads no relations.
    ///
    /// ```
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// let typed = User::find(User::NAME.eq("Ada"));
    /// let bson = User::find(doc! { "name": "Ada" });
    /// ```
    fn find(filter: impl IntoFilter<Self>) -> Query<Self> {
        Query::new(filter.into_filter())
    }

    /// Creates a query for all documents.
    fn find_all() -> Query<Self> {
        Query::new(Filter::default())
    }

    /// Replaces the stored document with the same id, or inserts the document if there is none. One command.
    ///
    /// If the id is `None`, the document is inserted, and its id is set.
    ///
    /// `save` replaces the whole document. Stored fields that the struct doesn't have are lost; to keep them, add
    /// `#[serde(flatten)] rest: Document` to the struct. To change single fields, use [`update`](Model::update).
    ///
    /// With a version (`#[model(version)]`), it replaces the document only if nobody has changed or deleted it since it was read.
    /// Without one, concurrent changes are lost, and a document that was deleted since is inserted again.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # async fn run(db: mongodb::Database, mut user: User) -> earnorm::Result<()> {
    /// user.name = "Grace".into();
    /// user.save(&db).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Stale`](crate::Error::Stale) for a model with a version; otherwise as for [`insert`](Model::insert).
    #[track_caller]
    fn save<'s, 'e: 's>(&'s mut self, on: impl Executor<'e>) -> BoxFuture<'s, Result<()>> {
        Call::of(Self::METADATA, "save").run(document::save(on.executor(), self))
    }

    /// [Saves](Model::save) the document if all documents to which it refers exist.
    ///
    /// One query for each key that isn't null, in one transaction with the write. See
    /// [`insert_checked`](Model::insert_checked).
    ///
    /// # Errors
    ///
    /// As for [`insert_checked`](Model::insert_checked).
    #[track_caller]
    fn save_checked<'s, 'e: 's>(&'s mut self, on: impl Executor<'e>) -> BoxFuture<'s, Result<()>> {
        Call::of(Self::METADATA, "save_checked").run(document::save_with(on.executor(), self, References::Checked))
    }

    /// Updates the stored document atomically, and sets this value to the result. One command.
    ///
    /// Fields that aren't stored (`#[serde(skip)]`) keep their values. If a part of a field's type isn't stored, it has
    /// its default value afterwards, because the whole field is read from the stored document.
    ///
    /// No hooks run. References are not checked, even if the model has `#[model(check_references)]`. The same applies
    /// to updates of many documents.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, likes: i64 }
    /// # async fn run(db: mongodb::Database, mut post: Post) -> earnorm::Result<()> {
    /// post.update(&db, (Post::TITLE.set("Hello"), Post::LIKES.inc(1))).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the document doesn't exist any more;
    /// [`Error::Unsaved`](crate::Error::Unsaved), [`Error::Duplicate`](crate::Error::Duplicate),
    /// [`Error::Encode`](crate::Error::Encode), [`Error::Decode`](crate::Error::Decode),
    /// [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    fn update<'s, 'e: 's>(
        &'s mut self,
        on: impl Executor<'e>,
        update: impl IntoUpdate<Self>,
    ) -> BoxFuture<'s, Result<()>> {
        Call::of(Self::METADATA, "update").run(document::update(on.executor(), self, update.into_update()))
    }

    /// [Updates](Model::update) the stored document if its version is the one of this value. One command.
    ///
    /// Any other update changes the document whatever its version is, which is right for changes that don't depend on what
    /// was read, like `Post::LIKES.inc(1)`. Use this one for changes that do.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Page { #[serde(rename = "_id")] id: ObjectId, text: String, #[model(version)] #[serde(default)] rev: i64 }
    /// # async fn run(db: mongodb::Database, mut page: Page) -> earnorm::Result<()> {
    /// let longer = format!("{}, and more", page.text);
    /// page.update_if_current(&db, Page::TEXT.set(longer)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Stale`](crate::Error::Stale) if the document was changed or deleted since it was read; nothing was written.
    /// Also those of [`update`](Model::update), except `NotFound`.
    #[track_caller]
    fn update_if_current<'s, 'e: 's>(
        &'s mut self,
        on: impl Executor<'e>,
        update: impl IntoUpdate<Self>,
    ) -> BoxFuture<'s, Result<()>>
    where
        Self: Versioned,
    {
        Call::of(Self::METADATA, "update_if_current").run(document::update_if_current(
            on.executor(),
            self,
            update.into_update(),
        ))
    }

    /// Updates the stored document with this id atomically, and returns the result. One command. No hooks run.
    ///
    /// The reply has the whole document. To update documents without reading them, or only if they match a filter, use
    /// [`Query::update`], which returns their number.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64 }
    /// # async fn run(db: mongodb::Database, id: ObjectId) -> earnorm::Result<()> {
    /// let post = Post::update_by_id(&db, id, Post::LIKES.inc(1)).await?;
    /// println!("{} likes", post.likes);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`update`](Model::update). After an [`Error::Decode`](crate::Error::Decode), the change is stored.
    #[track_caller]
    fn update_by_id<'e>(
        on: impl Executor<'e>,
        id: impl Operand<Self::Id>,
        update: impl IntoUpdate<Self>,
    ) -> BoxFuture<'e, Result<Self>> {
        let id = id.into_operand();
        Call::of(Self::METADATA, "update_by_id").run(document::update_by_id(on.executor(), id, update.into_update()))
    }

    #[doc = include_str!("model/delete.md")]
    #[track_caller]
    fn delete<'e>(&self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        let this = document::this(self);
        Call::of(Self::METADATA, "delete").run(async move { this?.delete(on).await })
    }

    /// [Deletes](Model::delete) the document if this does the same as the plan with this
    /// [`digest`](DeletePlan::digest).
    ///
    /// Use it for a delete that a person confirms first: [`DeletePlan::digest`] has an example. [`Query::delete_if`]
    /// has the number of commands.
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`](crate::Error::StalePlan) if the delete would not do the same as the plan, or if the
    /// document doesn't exist any more; nothing was written. Also those of [`delete`](Model::delete).
    #[track_caller]
    fn delete_if<'e>(&self, on: impl Executor<'e>, digest: impl AsRef<str>) -> BoxFuture<'e, Result<DeleteReport>> {
        let (this, digest) = (document::this(self), digest.as_ref().to_owned());
        Call::of(Self::METADATA, "delete_if").run(async move { this?.delete_if(on, digest).await })
    }

    /// [Deletes](Model::delete) the document if its stored version is the one of this value. As many commands as
    /// [`delete`](Model::delete).
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Page { #[serde(rename = "_id")] id: ObjectId, text: String, #[model(version)] #[serde(default)] rev: i64 }
    /// # async fn run(db: mongodb::Database, page: Page) -> earnorm::Result<()> {
    /// page.delete_if_current(&db).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Stale`](crate::Error::Stale) if the document was changed or deleted since it was read; nothing was written.
    /// Also those of [`delete`](Model::delete).
    #[track_caller]
    fn delete_if_current<'e>(&self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>>
    where
        Self: Versioned,
    {
        let current = document::current(self);
        Call::of(Self::METADATA, "delete_if_current").run(async move {
            let (filter, stale) = current?;
            match Query::<Self>::new(filter.into()).delete(on).await? {
                report if report.root_count() == 0 => Err(stale),
                report => Ok(report),
            }
        })
    }

    /// Collects writes of documents of this model, and runs them in few commands. See [`Bulk`] for an example and the number
    /// of commands.
    fn bulk<'e>(on: impl Executor<'e>) -> Bulk<'e, Self> {
        Bulk::new(on.executor())
    }

    /// Finds everything that a [`delete`](Model::delete) of this document would do, and writes nothing.
    ///
    /// Documents that block the delete are part of the plan. One command for the document, at most two for each
    /// relation and level, and one more for every further 1,000 documents of a level. See [`DeletePlan`] for an
    /// example.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved), [`Error::RuleConflict`](crate::Error::RuleConflict),
    /// [`Error::Driver`](crate::Error::Driver).
    #[track_caller]
    fn plan_delete<'e>(&self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeletePlan>> {
        let this = document::this(self);
        Call::of(Self::METADATA, "plan_delete").run(async move { this?.plan_delete(on).await })
    }

    /// For a document without loaded relations, `related` is a compiler error that says what to write.
    #[doc(hidden)]
    fn related<D: Readable>(&self, _relation: D) -> D::Ref<'_>
    where
        Self: WithRelations,
    {
        Self::none()
    }

    /// For a document without loaded counts, `count` is a compiler error that says what to write.
    #[doc(hidden)]
    fn count<D: Readable>(&self, _relation: D) -> u64
    where
        Self: WithCounts,
    {
        Self::none()
    }

    /// Creates the indexes that this model declares and its relations need, also in other collections. See
    /// [`ensure_indexes`](crate::ensure_indexes()).
    ///
    /// One command for each collection, or two if an index is missing.
    ///
    /// # Errors
    ///
    /// As for [`ensure_indexes`](crate::ensure_indexes()).
    #[track_caller]
    fn ensure_indexes(db: &Database) -> BoxFuture<'_, Result<IndexReport>> {
        Call::of(Self::METADATA, "ensure_indexes").run(index::ensure(db, Self::METADATA))
    }

    /// Compares the existing indexes with those that this model declares and its relations need, and writes nothing. See
    /// [`check_indexes`](crate::check_indexes()).
    ///
    /// It ignores what other models need in the same collections. One command for each collection.
    ///
    /// # Errors
    ///
    /// As for [`check_indexes`](crate::check_indexes()).
    #[track_caller]
    fn check_indexes(db: &Database) -> BoxFuture<'_, Result<IndexCheck>> {
        Call::of(Self::METADATA, "check_indexes").run(index::check_of(db, Self::METADATA))
    }
}
