use std::hash::Hash;

use mongodb::bson::doc;
use mongodb::{Collection, Database};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::{Kept, References};
use crate::field;
use crate::hooks::HookTable;
use crate::plan::{Readable, WithCounts, WithRelations};
use crate::schema::ModelMetadata;
use crate::store::{BoxFuture, Executor};
use crate::{
    DeletePlan, DeleteReport, Field, Filter, IndexCheck, IndexReport, IntoFilter, IntoUpdate, Operand, Query, Result,
    document, index,
};

/// A struct whose values are the documents of one collection. Derive it: `#[derive(Model)]`.
///
/// Every call takes what it runs on first: a `&Database`, or the `&Transaction` of
/// [`transaction`](crate::transaction()).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(Model)]` to `{Self}`"
)]
pub trait Model: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The type of the id field, as written.
    type Id: Serialize + DeserializeOwned + Eq + Hash + Clone + Send + Sync + 'static;

    /// The relations as a list of types, `(A, (B, ()))`, in the order of the metadata.
    #[doc(hidden)]
    type Relations;

    /// The id field.
    #[doc(hidden)]
    const ID: Field<Self, Self::Id>;

    /// The fields that serde doesn't write or doesn't read.
    #[doc(hidden)]
    const KEPT: &'static [Kept<Self>] = &[];

    /// The hooks of a model with `#[model(hooks)]`.
    #[doc(hidden)]
    const HOOKS: HookTable = HookTable::NONE;

    /// See [`Model::metadata`].
    #[doc(hidden)]
    const METADATA: &'static ModelMetadata;

    /// What is known of the model at compile time: its collection, fields and relations.
    fn metadata() -> &'static ModelMetadata {
        Self::METADATA
    }

    /// The driver's own collection of this model, for what EarnORM doesn't offer.
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

    /// Inserts the document and gives it back, with its id where that was `None`. One command.
    ///
    /// An id in an `Option` is made here if it isn't set: an `ObjectId`, a UUID or the hexadecimal form of an
    /// `ObjectId`, whichever its type holds.
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
    /// [`Error::Duplicate`](crate::Error::Duplicate) where a unique index, that of `_id` included, refuses it;
    /// [`Error::Encode`](crate::Error::Encode), [`Error::Driver`](crate::Error::Driver).
    fn insert<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Self>> {
        Box::pin(document::insert(on.executor(), self))
    }

    /// Inserts the documents in their order and gives their ids, those made here included. One command for each
    /// 100,000 documents or 48 MB; none for an empty slice.
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
    /// As for [`insert`](Model::insert). Outside a transaction the documents before the one that failed stay.
    /// [`Error::Invalid`](crate::Error::Invalid), before anything is written, for a model with hooks that can't be copied:
    /// neither the model nor all of its fields are `Clone`.
    fn insert_many<'e>(on: impl Executor<'e>, documents: &[Self]) -> BoxFuture<'e, Result<Vec<Self::Id>>> {
        let prepared = document::prepare(documents);
        Box::pin(async move { document::insert_many::<Self>(on.executor(), prepared?, References::ByModel).await })
    }

    /// Whether all that the document's keys refer to is there. One query for each key that isn't null: of this model's
    /// relations, and of those that other linked models declare by a key in it.
    ///
    /// Nothing is written, and the document need not be stored. It may refer to itself.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post {
    /// #     #[serde(rename = "_id")] id: ObjectId,
    /// #     #[relation(many_to_one, target = "User")] author_id: ObjectId,
    /// # }
    /// # async fn run(db: mongodb::Database, post: Post) -> earnorm::Result<()> {
    /// use earnorm::Error;
    ///
    /// match post.validate_references(&db).await {
    ///     Err(Error::MissingReference { field, id, .. }) => println!("there is no {id} for `{field}` to refer to"),
    ///     outcome => outcome?,
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::MissingReference`](crate::Error::MissingReference), with the first key that refers to what isn't there;
    /// [`Error::Encode`](crate::Error::Encode), [`Error::Driver`](crate::Error::Driver).
    fn validate_references<'s, 'e: 's>(&'s self, on: impl Executor<'e>) -> BoxFuture<'s, Result<()>> {
        Box::pin(document::validate(on.executor(), self))
    }

    /// [`insert`](Model::insert), if all that the document refers to is there. One query for each key that isn't null, the
    /// insert and the commit, in one transaction: with one key, two commands more than a plain insert.
    ///
    /// Within a transaction of yours, it is part of that, and commits nothing. On a standalone server, which has no
    /// transactions, one command is refused, then the check comes before the write. If all keys are null, it is a plain
    /// insert.
    ///
    /// A transaction alone doesn't keep the parents there: MongoDB compares what two transactions write, and not what
    /// they read, so one that deletes a parent may commit between the check and the commit of this. To exclude that, give
    /// the parent a counter, `#[model(guard = "_rev")]`: checked writes increment it, in place of the query; one of the
    /// two then meets a write conflict, and begins again. `#[model(check_references)]` makes plain writes check like this.
    ///
    /// Two checked writes under one parent conflict as well, and one begins again: put a guard where children are written
    /// rarely. The counter is no version. [`save`](Model::save) of the parent may set it back, and it detects no lost update.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// #[derive(Serialize, Deserialize, Model)]
    /// #[model(guard = "_rev")]
    /// struct User {
    ///     #[serde(rename = "_id")]
    ///     id: ObjectId,
    ///     #[serde(default)]
    ///     _rev: i64,
    /// }
    ///
    /// #[derive(Serialize, Deserialize, Model)]
    /// struct Post {
    ///     #[serde(rename = "_id")]
    ///     id: ObjectId,
    ///     #[relation(many_to_one, target = "User")]
    ///     author_id: ObjectId,
    /// }
    ///
    /// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
    /// let post = Post { id: ObjectId::new(), author_id: user.id }.insert_checked(&db).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::MissingReference`](crate::Error::MissingReference), nothing having been written; else as for
    /// [`insert`](Model::insert).
    fn insert_checked<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Self>> {
        Box::pin(document::insert_with(on.executor(), self, References::Checked))
    }

    /// [`insert_many`](Model::insert_many), if all that the documents refer to is there or among them. One query for each
    /// key and started 1,000 distinct ids, in one transaction with the insert; see
    /// [`insert_checked`](Model::insert_checked).
    ///
    /// # Errors
    ///
    /// As for [`insert_checked`](Model::insert_checked). In a transaction, all documents are inserted or none.
    fn insert_many_checked<'e>(on: impl Executor<'e>, documents: &[Self]) -> BoxFuture<'e, Result<Vec<Self::Id>>> {
        let prepared = document::prepare(documents);
        Box::pin(async move { document::insert_many::<Self>(on.executor(), prepared?, References::Checked).await })
    }

    /// The document with this id. One command; none for an id that is `None`.
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
    fn get<'e>(on: impl Executor<'e>, id: impl Operand<Self::Id>) -> BoxFuture<'e, Result<Option<Self>>> {
        let id = id.into_operand();
        Box::pin(document::get(on.executor(), id))
    }

    /// The documents with these ids, in the order of the ids, each once; those that aren't there are left out. One
    /// command for every started 1,000 distinct ids; none for none.
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
    fn get_many<'e, I>(on: impl Executor<'e>, ids: I) -> BoxFuture<'e, Result<Vec<Self>>>
    where
        I: IntoIterator<Item: Operand<Self::Id>>,
    {
        let ids = ids.into_iter().map(Operand::into_operand).collect();
        Box::pin(document::get_many(on.executor(), ids))
    }

    /// A query for documents that fulfil a condition: a typed one, or a [`Document`](mongodb::bson::Document).
    ///
    /// A model with relations that load by themselves (`lazy_load = false`) has a `find` and a `find_all` of its own,
    /// which `User::find` means, and which load them. This one, `<User as Model>::find`, loads nothing.
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

    /// A query for every document.
    fn find_all() -> Query<Self> {
        Query::new(Filter::default())
    }

    /// Stores the document as it is: replaces the one with its id, or inserts it where there is none. With an id of
    /// `None` it is inserted, and the id set. One command.
    ///
    /// The whole document is replaced. Stored fields that the struct lacks are lost, and so is what others changed since it
    /// was read. A document that was deleted meanwhile is inserted again. To keep unknown fields, give the struct a
    /// `#[serde(flatten)] rest: Document`; to change single fields, use [`update`](Model::update).
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
    /// As for [`insert`](Model::insert).
    fn save<'s, 'e: 's>(&'s mut self, on: impl Executor<'e>) -> BoxFuture<'s, Result<()>> {
        Box::pin(document::save(on.executor(), self))
    }

    /// [`save`](Model::save), if all that the document refers to is there. One query for each key that isn't null, in one
    /// transaction with the write; see [`insert_checked`](Model::insert_checked).
    ///
    /// # Errors
    ///
    /// As for [`insert_checked`](Model::insert_checked).
    fn save_checked<'s, 'e: 's>(&'s mut self, on: impl Executor<'e>) -> BoxFuture<'s, Result<()>> {
        Box::pin(document::save_with(on.executor(), self, References::Checked))
    }

    /// Changes the stored document in one atomic step, and this value to what is stored then. One command.
    ///
    /// Fields that aren't stored (`#[serde(skip)]`) keep the values they have here. Those inside a field's own type are at
    /// their defaults afterwards, since the field as a whole is read from the stored document. No hooks run. What the update refers to isn't checked, not
    /// even for a model with `#[model(check_references)]`; the same holds for updates of many.
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
    /// [`Error::NotFound`](crate::Error::NotFound) where the document is gone;
    /// [`Error::Unsaved`](crate::Error::Unsaved), [`Error::Duplicate`](crate::Error::Duplicate),
    /// [`Error::Encode`](crate::Error::Encode), [`Error::Decode`](crate::Error::Decode),
    /// [`Error::Driver`](crate::Error::Driver).
    fn update<'s, 'e: 's>(
        &'s mut self,
        on: impl Executor<'e>,
        update: impl IntoUpdate<Self>,
    ) -> BoxFuture<'s, Result<()>> {
        Box::pin(document::update(on.executor(), self, update.into_update()))
    }

    /// Changes the stored document with this id in one atomic step, and returns it as it is then. One command. No hooks run.
    ///
    /// The reply has the whole document. To change documents without that, or only if they fulfil a condition, use
    /// [`Query::update`], which returns a number.
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
    /// As for [`update`](Model::update). After an [`Error::Decode`](crate::Error::Decode) the change is stored.
    fn update_by_id<'e>(
        on: impl Executor<'e>,
        id: impl Operand<Self::Id>,
        update: impl IntoUpdate<Self>,
    ) -> BoxFuture<'e, Result<Self>> {
        let id = id.into_operand();
        Box::pin(document::update_by_id(on.executor(), id, update.into_update()))
    }

    /// Deletes the document, by the rules of its model: [`plan_delete`](Model::plan_delete) and
    /// [`DeletePlan::execute`] at once, in a transaction where the server has them. The report counts 0 when it is gone
    /// already. Only rules of models that are linked into the program are known.
    ///
    /// Where no rule and no hook concerns the model, one command. Else at most three for each relation and level, one more
    /// for every further 1,000 documents of a level, and one to commit; never one per document. Hooks that send commands
    /// send their own.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId }
    /// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
    /// let report = user.delete(&db).await?;
    /// println!("{report}"); // 1 user deleted
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved); else as for [`Query::delete`].
    fn delete<'e>(&self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        let id = field::saved_id(self);
        Box::pin(async move { document::one::<Self>(id?).delete(on).await })
    }

    /// A [`delete`](Model::delete), if it does what a plan said whose [`digest`](DeletePlan::digest) this is: for a delete
    /// that a user of yours confirms. See there for an example, and [`Query::delete_if`] for the number of commands.
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`](crate::Error::StalePlan) if the delete would do something else than planned, the document
    /// being gone included; nothing was written. Else as for [`delete`](Model::delete).
    fn delete_if<'e>(&self, on: impl Executor<'e>, digest: impl AsRef<str>) -> BoxFuture<'e, Result<DeleteReport>> {
        let (id, digest) = (field::saved_id(self), digest.as_ref().to_owned());
        Box::pin(async move { document::one::<Self>(id?).delete_if(on, digest).await })
    }

    /// Finds all that a [`delete`](Model::delete) of this document would do, and writes nothing. What forbids it is part of
    /// the plan. One command for the document, at most two for each relation and level, one more for every further 1,000
    /// documents of a level. See [`DeletePlan`] for an example.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`](crate::Error::Unsaved), [`Error::RuleConflict`](crate::Error::RuleConflict),
    /// [`Error::Driver`](crate::Error::Driver).
    fn plan_delete<'e>(&self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeletePlan>> {
        let id = field::saved_id(self);
        Box::pin(async move { document::one::<Self>(id?).plan_delete(on).await })
    }

    /// Reading a relation of a document that was loaded without it: an error of the compiler, which says what to write.
    #[doc(hidden)]
    fn related<D: Readable>(&self, _relation: D) -> D::Ref<'_>
    where
        Self: WithRelations,
    {
        Self::none()
    }

    /// The same of a relation's count.
    #[doc(hidden)]
    fn count<D: Readable>(&self, _relation: D) -> u64
    where
        Self: WithCounts,
    {
        Self::none()
    }

    /// Makes the indexes that this model's relations call for, those in other collections included; see
    /// [`ensure_indexes`](crate::ensure_indexes()). One command for each collection, two where an index is missing.
    ///
    /// # Errors
    ///
    /// As for [`ensure_indexes`](crate::ensure_indexes()).
    fn ensure_indexes(db: &Database) -> BoxFuture<'_, Result<IndexReport>> {
        Box::pin(index::ensure(db, Self::METADATA))
    }

    /// Compares the indexes that are there with those that this model's relations call for, and writes nothing; see
    /// [`check_indexes`](crate::check_indexes()). It doesn't know what relations of other models call for in the same
    /// collections. One command for each collection.
    ///
    /// # Errors
    ///
    /// As for [`check_indexes`](crate::check_indexes()).
    fn check_indexes(db: &Database) -> BoxFuture<'_, Result<IndexCheck>> {
        Box::pin(index::check_of(db, Self::METADATA))
    }
}
