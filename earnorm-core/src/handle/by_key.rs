//! The document with the values of a unique index.

use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::{Bson, Document};
use mongodb::options::{Collation, FindOptions};

use crate::bson::identity;
use crate::error::Refusal;
use crate::index::collation_of;
use crate::observe::Call;
use crate::schema::IndexMetadata;
use crate::store::{self, BoxFuture, Exec, Executor, equal};
use crate::{DeleteReport, Error, Field, IntoUpdate, Model, Operand, Query, Result, document};

/// How often `upsert` looks for the document again after another program has inserted or deleted it.
const ATTEMPTS: u32 = 5;

/// The document with the values of a unique index. A function like `User::by_email("ada@example.org")`, which the derive adds
/// for each `#[index(.., unique)]`, returns it. It sends nothing until one of its calls is awaited.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[index(email, unique)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     email: String,
///     name: String,
/// }
///
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let ada: Option<User> = User::by_email("ada@example.org").get(&db).await?;
/// let new = || User { id: ObjectId::new(), email: "ada@example.org".into(), name: "Ada".into() };
/// let ada: User = User::by_email("ada@example.org").get_or_insert(&db, new).await?;
/// # Ok(()) }
/// ```
#[must_use = "a lookup does nothing until one of its calls is awaited"]
pub struct ByKey<M: 'static> {
    index: usize,
    /// The stored names of the fields, and their values.
    key: Vec<(&'static str, Bson)>,
    refusal: Option<Refusal>,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for ByKey<M> {
    fn clone(&self) -> Self {
        Self { index: self.index, key: self.key.clone(), refusal: self.refusal.clone(), model: PhantomData }
    }
}

impl<M: Model> fmt::Debug for ByKey<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ByKey({} {})", M::METADATA.name, self.filter())
    }
}

impl<M: Model> ByKey<M> {
    /// A lookup by the index of this number among the declared ones.
    #[doc(hidden)]
    pub fn new(index: usize) -> Self {
        Self { index, key: Vec::new(), refusal: None, model: PhantomData }
    }

    /// Adds the value of a field.
    #[doc(hidden)]
    pub fn by<T>(mut self, field: Field<M, T>, value: impl Operand<T>) -> Self {
        match field.encode(&value.into_operand()) {
            Ok(value) => self.key.push((field.name(), value)),
            Err(source) => {
                self.refusal.get_or_insert(Refusal::Encode { model: M::METADATA.name, source });
            }
        }
        self
    }

    /// Returns the document, if it exists. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] for a value that BSON can't represent; [`Error::Decode`], [`Error::Driver`].
    #[track_caller]
    pub fn get<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Option<M>>> {
        let exec = on.executor();
        Call::of(M::METADATA, "get").run(async move { self.find(exec, false).await })
    }

    /// Returns the document, which must exist. One command.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it doesn't; otherwise the same as for [`get`](Self::get).
    #[track_caller]
    pub fn require<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<M>> {
        let found = self.get(on);
        Call::of(M::METADATA, "require").run(async move { found.await?.ok_or_else(document::not_found::<M>) })
    }

    /// Returns whether the document exists, without reading it. One command.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get).
    #[track_caller]
    pub fn exists<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        let query = self.query();
        let exec = on.executor();
        Call::of(M::METADATA, "exists").run(async move { query?.exists(exec).await })
    }

    /// Returns the document. If it doesn't exist, calls `new` and inserts the result. One command, or two with the insert.
    ///
    /// Of any number of concurrent calls, one inserts, and all return its document. A call that didn't insert although it
    /// tried takes three commands.
    ///
    /// The unique index has to exist in the database; see [`ensure_indexes`](crate::ensure_indexes()). In a transaction, an
    /// insert of another program at the same time ends the transaction, which is then repeated.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the new document has other values than those of this lookup; [`Error::Duplicate`] if another
    /// unique index refuses it; otherwise the same as for [`get`](Self::get) and [`Model::insert`].
    #[track_caller]
    pub fn get_or_insert<'e>(
        self,
        on: impl Executor<'e>,
        new: impl FnOnce() -> M + Send + 'e,
    ) -> BoxFuture<'e, Result<M>> {
        let exec = on.executor();
        Call::of(M::METADATA, "get_or_insert").run(async move {
            if let Some(found) = self.find(exec, true).await? {
                return Ok(found);
            }
            let new = new();
            self.check(&new)?;
            match document::insert(exec, new).await {
                Err(error @ Error::Duplicate { .. }) if !exec.is_transaction() => {
                    self.find(exec, true).await?.ok_or(error)
                }
                outcome => outcome,
            }
        })
    }

    /// Replaces the document, or inserts it if there is none, and returns it as it is stored: with the id of the stored
    /// document. Two commands; two more each time another program inserts or deletes the document in between. Hooks run as
    /// for [`save`](Model::save) or [`insert`](Model::insert).
    ///
    /// The time of creation (`#[model(created_at)]`) stays that of the stored document. A document whose version
    /// (`#[model(version)]`) is 0 replaces any stored version. One that was read before replaces only the version that was
    /// read; otherwise [`Error::Stale`].
    ///
    /// The unique index has to exist in the database; see [`ensure_indexes`](crate::ensure_indexes()).
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the document has other values than those of this lookup; [`Error::Duplicate`] if another unique
    /// index refuses it; otherwise the same as for [`get`](Self::get) and [`Model::save`].
    #[track_caller]
    pub fn upsert<'e>(self, on: impl Executor<'e>, document: M) -> BoxFuture<'e, Result<M>>
    where
        M: 'e,
    {
        let exec = on.executor();
        Call::of(M::METADATA, "upsert").run(async move {
            let mut model = document;
            self.check(&model)?;
            // a document that was read before replaces only the version that was read
            let any_version = !document::is_versioned(&model)?;
            let mut attempt = 1;
            loop {
                let found = self.find(exec, true).await?;
                let outcome = match &found {
                    Some(stored) => {
                        document::take_place(&mut model, stored, any_version)?;
                        document::save(exec, &mut model).await
                    }
                    None => document::insert_mut(exec, &mut model).await,
                };
                let is_raced = match &outcome {
                    Err(Error::Stale { .. }) => any_version,
                    Err(Error::Duplicate { .. }) => found.is_none(),
                    _ => false,
                };
                if !is_raced || exec.is_transaction() || attempt == ATTEMPTS {
                    return outcome.map(|()| model);
                }
                attempt += 1;
            }
        })
    }

    /// Updates the document atomically, and returns it as it is then. One command; two if the index has a collation. No hooks
    /// run.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the document doesn't exist. Also those of [`get`](Self::get) and [`Model::update_by_id`].
    #[track_caller]
    pub fn update<'e>(self, on: impl Executor<'e>, update: impl IntoUpdate<M>) -> BoxFuture<'e, Result<M>> {
        let (exec, update) = (on.executor(), update.into_update());
        Call::of(M::METADATA, "update").run(async move {
            if self.is_collated() {
                let stored = self.find(exec, true).await?.ok_or_else(document::not_found::<M>)?;
                return document::update_by_id(exec, M::ID.get(&stored).clone(), update).await;
            }
            document::update_matching(exec, self.valid_filter()?, update).await
        })
    }

    /// Deletes the document by the rules of its model, if it exists. As many commands as [`Query::delete`].
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] for a value that BSON can't represent; otherwise the same as for [`Query::delete`].
    #[track_caller]
    pub fn delete<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<DeleteReport>> {
        let query = self.query();
        let exec = on.executor();
        Call::of(M::METADATA, "delete").run(async move { query?.delete(exec).await })
    }

    fn index(&self) -> Option<&'static IndexMetadata> {
        M::METADATA.config.indexes.get(self.index)
    }

    fn is_collated(&self) -> bool {
        self.index().is_some_and(|index| index.collation.is_some())
    }

    fn collation(&self) -> Result<Option<Collation>> {
        self.index().map_or(Ok(None), |index| collation_of(M::METADATA, index))
    }

    fn filter(&self) -> Document {
        self.key.iter().flat_map(|(name, value)| equal(name, value.clone())).collect()
    }

    fn valid_filter(&self) -> Result<Document> {
        match &self.refusal {
            Some(refusal) => Err(refusal.clone().into()),
            None => Ok(self.filter()),
        }
    }

    fn query(&self) -> Result<Query<M>> {
        let query = Query::new(self.valid_filter()?.into());
        Ok(match self.collation()? {
            Some(collation) => query.collation(collation),
            None => query,
        })
    }

    /// The document. A write may follow, so it is then read from the primary.
    async fn find(&self, exec: Exec<'_>, before_a_write: bool) -> Result<Option<M>> {
        let find = store::Find::new(M::METADATA, self.valid_filter()?);
        let mut options = FindOptions::builder().limit(1).build();
        options.collation = self.collation()?;
        let found = if before_a_write {
            store::find_on_primary(exec, find, options, store::decode).await?
        } else {
            store::find(exec, find, options, store::decode).await?
        };
        Ok(found.into_iter().next())
    }

    /// Fails if a document has other values than the lookup. A collation may take different texts for equal.
    fn check(&self, model: &M) -> Result<()> {
        let stored = document::stored(model)?;
        let collated = self.is_collated();
        let differs = |(name, value): &&(&'static str, Bson)| {
            let own = stored.get(name);
            !(collated && matches!((own, value), (Some(Bson::String(_)), Bson::String(_))))
                && identity(own.unwrap_or(&Bson::Null)) != identity(value)
        };
        match self.key.iter().find(differs) {
            None => Ok(()),
            Some((name, value)) => Err(Error::Invalid {
                model: M::METADATA.name,
                reason: format!(
                    "the document is looked up by `{name}` {value}, but has another value; give it the same"
                ),
                value: false,
            }),
        }
    }
}
