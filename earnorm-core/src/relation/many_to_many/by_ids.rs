use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::{Bson, doc};

use super::super::{Keys, Relation, descriptor, query_calls};
use super::element;
use crate::document::{self, saved_id};
use crate::query::Refusal;
use crate::store::{BoxFuture, Exec, Executor};
use crate::{Error, Filter, Model, Query, Result, Update};

descriptor! {
    /// A many-to-many from `S` to `T` by an array of ids in `S`: the type of a constant as `Member::CLUBS`.
    ManyToManyByIds<S, T, R> { keys: Keys<T, S>; foreign_key: keys, target: keys.parent, table: ManyToMany Source }
}

impl<S: Model, T: 'static, R: Relation<Source = S>> ManyToManyByIds<S, T, R> {
    #[doc(hidden)]
    pub fn of(self, source: &S) -> ByIds<'_, S, T, R> {
        let (ids, refusal) = match self.keys.field.ids_of(source) {
            Ok(ids) => (ids, None),
            Err(source) => {
                let model = S::METADATA.name;
                (Vec::new(), Some(Refusal::Encode { model, source }))
            }
        };
        ByIds {
            source,
            keys: self.keys,
            query: Query::related(R::META, Filter::default()).arranged(ids).unless(refusal),
            relation: PhantomData,
        }
    }
}

/// The documents whose ids are in a document's array, in the array's order: what an accessor as `member.clubs()`
/// returns.
///
/// Reads go by the array of the document at hand. Ids that lead nowhere are left out, and stay in the array; one that is
/// in it twice gives its document once. Writes change the array in the database, and not the document at hand.
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
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct ByIds<'a, S: 'static, T: 'static, R> {
    source: &'a S,
    keys: Keys<T, S>,
    query: Query<T>,
    relation: PhantomData<fn() -> R>,
}

impl<S: 'static, T: Model, R: Relation> fmt::Debug for ByIds<'_, S, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(R::META.name).field(&self.query).finish()
    }
}

query_calls!([S: Model, T: Model, R: Relation<Source = S>] ByIds<'_, S, T, R>, T, { keys });

impl<S: Model, T: Model, R: Relation<Source = S>> ByIds<'_, S, T, R> {
    /// Appends a document's id to the array, unless it is in it. Gives whether it is new there. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] where either has no id yet; [`Error::NotFound`] where this document is gone;
    /// [`Error::Driver`].
    pub fn add<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>> {
        self.add_all(on, [target])
    }

    /// Appends documents' ids to the array, each unless it is in it. Gives whether any is new there. One command.
    ///
    /// # Errors
    ///
    /// As for [`add`](ByIds::add).
    pub fn add_many<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<bool>> {
        self.add_all(on, targets)
    }

    fn add_all<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<bool>> {
        let change =
            self.change(self.elements(targets), |key, ids| doc! { "$addToSet": { key: { "$each": ids } } }.into());
        Box::pin(async move { change?.send(on.executor()).await })
    }

    /// Inserts a document and appends its id to the array. Two commands.
    ///
    /// # Errors
    ///
    /// As for [`Model::insert`] and [`add`](ByIds::add).
    pub fn create<'e>(self, on: impl Executor<'e>, target: T) -> BoxFuture<'e, Result<T>> {
        let source = saved_id(self.source).map_err(Error::from);
        let keys = self.keys;
        Box::pin(async move {
            let source = source?;
            let target = document::insert(on.executor(), target).await?;
            let id = element(keys, &target)?;
            let update = doc! { "$addToSet": { keys.name: id.clone() } }.into();
            let change = Change::<S> { source, update, key: keys.name, ids: vec![id] };
            change.send(on.executor()).await?;
            Ok(target)
        })
    }

    /// Takes a document's id out of the array. Gives whether it was in it. One command.
    ///
    /// # Errors
    ///
    /// As for [`add`](ByIds::add).
    pub fn remove<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>> {
        let pull = |key: &str, ids| doc! { "$pullAll": { key: ids } }.into();
        let change = self.change(self.elements([target]), pull);
        Box::pin(async move { change?.without_new_ids().send(on.executor()).await })
    }

    /// Makes the array just the ids of these documents, in their order, each once. One command.
    ///
    /// # Errors
    ///
    /// As for [`add`](ByIds::add).
    pub fn set<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<()>> {
        let change = self.change(self.elements(targets), |key, ids| doc! { "$set": { key: ids } }.into());
        Box::pin(async move { change?.send(on.executor()).await.map(|_| ()) })
    }

    /// Empties the array. Gives whether there was anything in it. One command.
    ///
    /// # Errors
    ///
    /// As for [`add`](ByIds::add).
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<bool>> {
        let change = self.change(Ok(Vec::new()), |key, ids| doc! { "$set": { key: ids } }.into());
        Box::pin(async move { change?.send(on.executor()).await })
    }

    fn elements<'t>(&self, targets: impl IntoIterator<Item = &'t T>) -> Result<Vec<Bson>> {
        let mut elements = Vec::new();
        for target in targets {
            let element = element(self.keys, target)?;
            if !elements.contains(&element) {
                elements.push(element);
            }
        }
        Ok(elements)
    }

    fn change(&self, ids: Result<Vec<Bson>>, update: impl FnOnce(&str, Vec<Bson>) -> Update<S>) -> Result<Change<S>> {
        let (key, ids) = (self.keys.name, ids?);
        Ok(Change { source: saved_id(self.source)?, update: update(key, ids.clone()), key, ids })
    }
}

/// A change to the array of the document that has it.
struct Change<S> {
    source: Bson,
    update: Update<S>,
    key: &'static str,
    /// The ids that it then holds.
    ids: Vec<Bson>,
}

impl<S: Model> Change<S> {
    fn without_new_ids(mut self) -> Self {
        self.ids.clear();
        self
    }

    async fn send(self, exec: Exec<'_>) -> Result<bool> {
        let filter = doc! { "_id": self.source };
        let result = document::change_one_to_hold(exec, filter, self.update, self.key, &self.ids).await?;
        match result.matched_count {
            0 => Err(document::not_found::<S>()),
            _ => Ok(result.modified_count > 0),
        }
    }
}
