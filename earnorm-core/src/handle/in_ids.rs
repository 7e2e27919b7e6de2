use std::slice;

use mongodb::bson::{Bson, DateTime};

use super::calls::{Handle, OpensHandle};
use super::holding;
use super::{appending, element, removing};
use crate::document;
use crate::field::saved_id;
use crate::observe::Call;
use crate::relation::{Keys, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{BoxFuture, Exec, Executor, among, chunks, equal};
use crate::write::write_checked;
use crate::{Error, Filter, Model, Query, Result};

/// The documents whose arrays contain the id of this document. A method like `club.members()` returns it.
///
/// See [`ByIds`](crate::ByIds) for an example with both sides.
pub type InIds<'a, S, T, R> = Handle<'a, S, T, R, kind::ManyToManyInIds>;

impl<S: Model, T: 'static> OpensHandle<S, T> for kind::ManyToManyInIds {
    fn query(keys: Keys<S, T>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
        let (filter, refusal) = holding::<S>(keys.name, keys.field.of_parent(S::ID.get(source)));
        Query::related(relation, filter.into()).unless(refusal)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> InIds<'_, S, T, R> {
    /// Appends this document's id to the array of another, unless the array already contains it. Returns whether the
    /// id was added. One command.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if either document has no id yet; [`Error::NotFound`] if the other document no longer
    /// exists; [`Error::Driver`].
    #[track_caller]
    pub fn add<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>> {
        let (element, id) = (self.element(), saved_id(target));
        let key = self.keys.name;
        Call::on(S::METADATA, R::META.name, "add").run(async move {
            let element = element?;
            let update = appending(key, slice::from_ref(&element));
            let filter = equal("_id", id?);
            let result = document::change_one_to_hold::<T>(on.executor(), filter, update, key, &[element]).await?;
            match result.matched {
                0 => Err(document::not_found::<T>()),
                _ => Ok(result.modified > 0),
            }
        })
    }

    /// Appends this document's id to the arrays of others, except those that already contain it. Documents that no
    /// longer exist are skipped. One command for every 1,000 documents or part of them; none for an empty list.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if any of the documents has no id yet; [`Error::Driver`].
    #[track_caller]
    pub fn add_many<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<()>> {
        let (element, ids) = (self.element(), saved_ids(targets));
        let key = self.keys.name;
        Call::on(S::METADATA, R::META.name, "add_many")
            .run(async move { append::<T>(on, key, element?, &ids?, DateTime::now()).await })
    }

    /// Inserts a document and appends this document's id to its array. Two commands.
    ///
    /// # Errors
    ///
    /// The same as for [`Model::insert`] and [`add`](InIds::add).
    #[track_caller]
    pub fn create<'e>(self, on: impl Executor<'e>, target: T) -> BoxFuture<'e, Result<T>> {
        let element = self.element();
        let key = self.keys.name;
        Call::on(S::METADATA, R::META.name, "create").run(async move {
            let element = element?;
            if let Some(referred) = document::to_check_ids::<T>(key, None, std::slice::from_ref(&element)) {
                referred.check(on.executor()).await?;
            }
            let now = DateTime::now();
            let update = appending(key, slice::from_ref(&element)).at(now);
            let mut target = document::insert_at(on.executor(), target, now).await?;
            document::modify(on.executor(), &mut target, update).await?;
            Ok(target)
        })
    }

    /// Removes this document's id from the array of another. Returns whether the array contained it. One command; two
    /// with a condition on related documents, a `skip` or an `after`.
    ///
    /// A document that a filter of the relation or of the handle excludes is not changed. An order and a limit above
    /// 0 have no effect.
    ///
    /// # Errors
    ///
    /// The same as for [`add_many`](InIds::add_many).
    #[track_caller]
    pub fn remove<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>> {
        let (element, id) = (self.element(), saved_id(target));
        let (key, query) = (self.keys.name, self.query.without_limits());
        Call::on(S::METADATA, R::META.name, "remove").run(async move {
            let update = removing(key, slice::from_ref(&element?));
            let one = query.filter(Filter::equal("_id", id?));
            match one.filter_alone()? {
                // the driver retries this after a lost connection; it doesn't retry an update of many documents
                Some(filter) => {
                    let result = document::change_one::<T>(on.executor(), filter, update).await?;
                    Ok(result.modified > 0)
                }
                None => Ok(one.modify(on.executor(), update).await? > 0),
            }
        })
    }

    /// Makes these documents the only ones of the relation whose arrays contain this document's id. Documents that a
    /// filter of the relation or of the handle excludes are not changed. Two commands, and one more for every further
    /// 1,000 documents.
    ///
    /// The first command adds the id and the second removes it from the other documents. If the second fails, too
    /// many arrays contain the id, and none lacks it: run the call again, or in a
    /// [`transaction`](crate::transaction()).
    ///
    /// # Errors
    ///
    /// The same as for [`add_many`](InIds::add_many).
    #[track_caller]
    pub fn set<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<()>> {
        let (element, ids) = (self.element(), saved_ids(targets));
        let (key, query) = (self.keys.name, self.query);
        Call::on(S::METADATA, R::META.name, "set").run(async move {
            let (element, ids) = (element?, ids?);
            let others = query.without(ids.clone());
            let now = DateTime::now();
            append::<T>(on, key, element.clone(), &ids, now).await?;
            others.modify(on.executor(), removing(key, slice::from_ref(&element)).at(now)).await.map(|_| ())
        })
    }

    /// Removes this document's id from the array of every document of the relation. Returns how many documents there
    /// were. One command; two with a condition on related documents or a window, as for [`Query::update`].
    ///
    /// # Errors
    ///
    /// The same as for [`add_many`](InIds::add_many).
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>> {
        let element = self.element();
        let (key, query) = (self.keys.name, self.query);
        Call::on(S::METADATA, R::META.name, "clear")
            .run(async move { query.modify(on.executor(), removing(key, slice::from_ref(&element?))).await })
    }

    fn element(&self) -> Result<Bson> {
        element(self.keys, self.source)
    }
}

fn saved_ids<'t, T: Model>(targets: impl IntoIterator<Item = &'t T>) -> Result<Vec<Bson>> {
    let ids = targets.into_iter().map(saved_id);
    ids.collect::<Result<_, _>>().map_err(Error::from)
}

async fn append<T: Model>(on: impl Executor<'_>, key: &str, element: Bson, ids: &[Bson], now: DateTime) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let referred = document::to_check_ids::<T>(key, None, std::slice::from_ref(&element));
    let write = async |exec: Exec<'_>| {
        for ids in chunks(ids) {
            let some = Query::<T>::new(among("_id", ids).into());
            some.modify(exec, appending(key, slice::from_ref(&element)).at(now)).await?;
        }
        Ok(())
    };
    write_checked(on.executor(), referred.as_ref(), write).await
}
