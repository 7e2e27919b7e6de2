use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;
use std::slice;

use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::options::FindOptions;

use super::calls::{Handle, OpensHandle};
use super::{appending, element, removing};
use crate::bson::identity;
use crate::document;
use crate::embedded::Record;
use crate::error::Refusal;
use crate::field::saved_id;
use crate::observe::Call;
use crate::relation::{Keys, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{self, BoxFuture, Change, Exec, Executor, equal};
use crate::{Error, Filter, Find, Model, Query, Result};

/// The documents whose ids an array of this document contains, in the order of the array. A method like
/// `member.clubs()` returns it.
///
/// Reads use the array of the document that you hold. An id whose document doesn't exist is left out of the results
/// and kept in the array. An id that the array contains twice returns its document once. Writes change the array in
/// the database, not in the document that you hold.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct Member {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(many_to_many, target = "Club")]
///     club_ids: Vec<ObjectId>,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(many_to_many, target = "Member", target_ids = "club_ids")]
/// struct Club {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// # async fn run(db: mongodb::Database, member: Member, club: Club) -> earnorm::Result<()> {
/// let clubs: Vec<Club> = member.clubs().all(&db).await?;
/// member.clubs().add(&db, &club).await?;
/// let members: Vec<Member> = club.members().all(&db).await?;
/// # Ok(()) }
/// ```
pub type ByIds<'a, S, T, R> = Handle<'a, S, T, R, kind::ManyToManyByIds>;

impl<S: Record, T: 'static> OpensHandle<S, T> for kind::ManyToManyByIds {
    fn query(keys: Keys<T, S>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
        let (ids, refusal) = match keys.field.ids_of(source) {
            Ok(ids) => (ids, None),
            Err(source) => (Vec::new(), Some(Refusal::Encode { model: S::TABLE.name, source })),
        };
        Query::related(relation, Filter::default()).in_order_of(ids).unless(refusal)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> ByIds<'_, S, T, R> {
    /// Appends a document's id to the array, unless the array already contains it. Returns whether the id was added.
    /// One command.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if either document has no id yet; [`Error::NotFound`] if this document no longer exists;
    /// [`Error::Driver`].
    #[track_caller]
    pub fn add<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>> {
        self.add_all("add", on, [target])
    }

    /// Appends documents' ids to the array, except those that it already contains. Returns whether any id was added.
    /// One command.
    ///
    /// # Errors
    ///
    /// The same as for [`add`](ByIds::add).
    #[track_caller]
    pub fn add_many<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<bool>> {
        self.add_all("add_many", on, targets)
    }

    #[track_caller]
    fn add_all<'t, 'e>(
        self,
        operation: &'static str,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<bool>> {
        let change = self.change(self.elements(targets));
        Call::on(S::TABLE, R::META.name, operation).run(async move {
            let change = change?;
            let update = appending(change.key, &change.ids);
            change.send(on.executor(), update).await
        })
    }

    /// Inserts a document and appends its id to the array. Two commands.
    ///
    /// If the second command fails, the document is stored, but the array doesn't contain its id. In a
    /// [`transaction`](crate::transaction()), either both writes take effect or neither does.
    ///
    /// # Errors
    ///
    /// The same as for [`Model::insert`] and [`add`](ByIds::add).
    #[track_caller]
    pub fn create<'e>(self, on: impl Executor<'e>, target: T) -> BoxFuture<'e, Result<T>> {
        let change = self.change(Ok(Vec::new()));
        let keys = self.keys;
        Call::on(S::TABLE, R::META.name, "create").run(async move {
            let mut change = change?;
            let now = DateTime::now();
            let target = document::insert_at(on.executor(), target, now).await?;
            let id = element(keys, &target)?;
            let update = appending(keys.name, slice::from_ref(&id)).at(now);
            change.ids.push(id);
            change.send(on.executor(), update).await?;
            Ok(target)
        })
    }

    /// Removes a document's id from the array. Returns whether the array contained it. One command.
    ///
    /// If the relation or the handle has a filter, a condition on related documents, a `skip` or an `after`, one more
    /// command checks first that the document matches; if it doesn't, its id is kept. An order and a limit above 0
    /// have no effect.
    ///
    /// # Errors
    ///
    /// The same as for [`add`](ByIds::add).
    #[track_caller]
    pub fn remove<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>> {
        let (change, id) = (self.change(self.elements([target])), saved_id(target));
        let query = self.query.without_limits();
        Call::on(S::TABLE, R::META.name, "remove").run(async move {
            let (exec, change) = (on.executor(), change?);
            if query.is_restricted() && query.in_order_of(vec![id?]).result_ids(exec).await?.is_empty() {
                return Ok(false);
            }
            change.pull(exec).await
        })
    }

    /// Replaces the array with the ids of these documents, in their order and each once. One command.
    ///
    /// If the relation or the handle has a filter or a window, only ids of matching documents are replaced, as in
    /// [`clear`](ByIds::clear), and the other ids keep their positions. This takes two more commands.
    ///
    /// # Errors
    ///
    /// The same as for [`add`](ByIds::add).
    #[track_caller]
    pub fn set<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<()>> {
        let change = self.change(self.elements(targets));
        let (keys, query) = (self.keys, self.query);
        Call::on(S::TABLE, R::META.name, "set").run(async move {
            let (exec, change) = (on.executor(), change?);
            if !query.is_restricted() {
                let update = doc! { "$set": { change.key: &change.ids } };
                return change.send(exec, update).await.map(|_| ());
            }
            let mut gone = change.elements_of(exec, keys, query).await?;
            gone.extend(change.ids.iter().cloned());
            // a single command, so that ids that are added concurrently aren't lost
            let update = vec![doc! { "$set": { change.key: replaced(array(change.key), gone, &change.ids) } }];
            change.send(exec, update).await.map(|_| ())
        })
    }

    /// Empties the array. Returns whether it contained anything. One command.
    ///
    /// If the relation or the handle has a filter, a condition on related documents or a window, only ids of matching
    /// documents are removed: `limit(3)` removes the first three. Other ids are kept, and so are ids whose documents
    /// don't exist. Two more commands read the stored array and its documents first.
    ///
    /// # Errors
    ///
    /// The same as for [`add`](ByIds::add); with a filter, also [`Error::Decode`].
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        let change = self.change(Ok(Vec::new()));
        let (keys, query) = (self.keys, self.query);
        Call::on(S::TABLE, R::META.name, "clear").run(async move {
            let (exec, mut change) = (on.executor(), change?);
            if query.is_restricted() {
                change.ids = change.elements_of(exec, keys, query).await?;
                return if change.ids.is_empty() { Ok(false) } else { change.pull_all(exec).await };
            }
            // an empty or missing array must not count as modified
            let key = change.key;
            let some = doc! { "$gt": [{ "$size": array(key) }, 0] };
            let update = vec![doc! { "$set": { key: { "$cond": [some, [], format!("${key}")] } } }];
            change.send(exec, Change::from(update).only_if_changed()).await
        })
    }

    fn elements<'t>(&self, targets: impl IntoIterator<Item = &'t T>) -> Result<Vec<Bson>> {
        let (mut elements, mut seen) = (Vec::new(), HashSet::new());
        for target in targets {
            let element = element(self.keys, target)?;
            if seen.insert(identity(&element)) {
                elements.push(element);
            }
        }
        Ok(elements)
    }

    fn change(&self, ids: Result<Vec<Bson>>) -> Result<ArrayChange<S>> {
        let ids = ids?;
        Ok(ArrayChange { source: saved_id(self.source)?, key: self.keys.name, ids, model: PhantomData })
    }
}

/// The value of a field if it is an array, otherwise an empty array.
fn array(key: &str) -> Document {
    let field = format!("${key}");
    doc! { "$cond": [{ "$isArray": &field }, &field, []] }
}

/// The expression for an array in which `these` take the positions of the elements in `gone`. If there are more of
/// `these`, the rest is appended; surplus elements in `gone` are removed.
fn replaced(array: Document, gone: Vec<Bson>, these: &[Bson]) -> Document {
    let next = doc! {
        "out": { "$concatArrays": ["$$value.out", { "$slice": ["$$value.rest", 1] }] },
        "rest": { "$slice": ["$$value.rest", 1, i32::MAX] },
    };
    let stays = doc! { "out": { "$concatArrays": ["$$value.out", ["$$this"]] }, "rest": "$$value.rest" };
    let walk = doc! {
        "input": array,
        "initialValue": { "out": [], "rest": { "$literal": these } },
        "in": { "$cond": [{ "$in": ["$$this", { "$literal": gone }] }, next, stays] },
    };
    let all = doc! { "$concatArrays": ["$$all.out", "$$all.rest"] };
    doc! { "$let": { "vars": { "all": { "$reduce": walk } }, "in": all } }
}

/// A change to the array of the document that holds it.
struct ArrayChange<S> {
    source: Bson,
    key: &'static str,
    /// The ids to add or remove, as elements of the array.
    ids: Vec<Bson>,
    model: PhantomData<fn() -> S>,
}

impl<S: Model> ArrayChange<S> {
    /// The elements of the stored array that refer to documents of `query`.
    async fn elements_of<T: Model>(&self, exec: Exec<'_>, keys: Keys<T, S>, query: Query<T>) -> Result<Vec<Bson>> {
        let find = Find::new(S::METADATA, equal("_id", self.source.clone()));
        let found = store::find_on_primary(exec, find, FindOptions::default(), store::decode::<S>).await?;
        let source = found.first().ok_or_else(document::not_found::<S>)?;
        let (mut ids, mut elements) = (Vec::new(), HashMap::new());
        for id in keys.field.of_child(source) {
            let element = keys.field.of_parent(&id).map_err(Error::encode::<S>)?;
            let id = T::ID.encode(&id).map_err(Error::encode::<S>)?;
            elements.insert(identity(&id), element);
            ids.push(id);
        }
        let found = query.in_order_of(ids).result_ids(exec).await?;
        Ok(found.iter().filter_map(|id| elements.remove(&identity(id))).collect())
    }

    async fn pull(mut self, exec: Exec<'_>) -> Result<bool> {
        let update = removing(self.key, &std::mem::take(&mut self.ids));
        self.send(exec, update).await
    }

    /// Removes many ids that the array is known to contain. The expression of `pull` would search the whole list for
    /// each element.
    async fn pull_all(mut self, exec: Exec<'_>) -> Result<bool> {
        let update = doc! { "$pullAll": { self.key: std::mem::take(&mut self.ids) } };
        self.send(exec, update).await
    }

    /// Sends an update after which the array contains the ids. Returns whether it modified the document.
    async fn send(&self, exec: Exec<'_>, update: impl Into<Change>) -> Result<bool> {
        let filter = equal("_id", self.source.clone());
        let result = document::change_one_to_hold::<S>(exec, filter, update.into(), self.key, &self.ids).await?;
        match result.matched {
            0 => Err(document::not_found::<S>()),
            _ => Ok(result.modified > 0),
        }
    }
}
