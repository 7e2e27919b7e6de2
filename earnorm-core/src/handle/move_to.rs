//! Moves a document below another one of its model.

use std::collections::{HashMap, HashSet};
use std::slice;

use mongodb::bson::{Bson, Document, RawDocument, doc, oid::ObjectId};
use mongodb::options::{FindOptions, UpdateOptions};

use super::to_one::ToOne;
use crate::bson::identity;
use crate::field::{saved_id, value};
use crate::load::chain;
use crate::observe::Call;
use crate::relation::{Key, Relation};
use crate::schema::{clear_key, is_nullable};
use crate::store::{self, BoxFuture, Change, Exec, Executor, Find, atomically, chunks, equal};
use crate::write::{self, write_checked};
use crate::{Error, Model, Result, document};

/// What a method `move_to` returns.
pub type Moved<'e> = BoxFuture<'e, Result<()>>;

/// The field that a move sets in documents, and removes again, so that another move that reads these documents conflicts
/// with it.
const MOVING: &str = "__earnorm_moving";

impl<M: Model, R: Relation<Source = M>> ToOne<'_, M, M, R> {
    /// Makes this document refer to `target` in the database, unless `target` is this document or below it. With `None`, the
    /// key is emptied. The key in the document that you hold is not changed.
    ///
    /// Six commands: one finds the documents above `target`, and five in a transaction read them, mark them and remove the
    /// mark, so that a concurrent move of one of them conflicts with this one, write the key, and commit. One more for every
    /// further 101 levels above `target`, and three more for every further 1,000 documents. In a transaction of yours, and by
    /// a key with an encoder, one command for each level. With `None`, one command. No hooks run.
    ///
    /// Only `move_to` looks for cycles: [`set`](Self::set) and writes of the key itself don't. A server without transactions
    /// (a standalone one) doesn't detect that two concurrent moves close a cycle.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Category {
    /// #     #[serde(rename = "_id")] id: ObjectId,
    /// #     #[relation(many_to_one, target = Category)] parent_id: Option<ObjectId>,
    /// # }
    /// # async fn run(db: mongodb::Database, phones: Category, electronics: Category) -> earnorm::Result<()> {
    /// phones.parent().move_to(&db, Some(&electronics)).await?;
    /// phones.parent().move_to(&db, None).await?; // to the top
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Cycle`] if `target` is this document or below it; [`Error::MissingReference`] if `target` no longer exists,
    /// [`Error::NotFound`] if this document doesn't; [`Error::Unsaved`] if either has no id yet; [`Error::Invalid`] for
    /// `None` if the key can't be null; [`Error::Driver`]. Nothing is written then.
    #[track_caller]
    pub fn move_to<'e>(self, on: impl Executor<'e>, target: Option<&M>) -> Moved<'e> {
        let (exec, key) = (on.executor(), self.keys);
        let ids = saved_id(self.source).and_then(|id| Ok((id, target.map(saved_id).transpose()?)));
        let stored =
            target.map(|target| key.field.of_parent(M::ID.get(target)).map_err(Error::encode::<M>)).transpose();
        Call::on(M::METADATA, R::META.name, "move_to").run(async move {
            match (ids?, stored?) {
                ((id, Some(target)), Some(stored)) => Move { key, id, target, stored }.run(exec).await,
                ((id, _), _) => to_the_top(exec, key, id).await,
            }
        })
    }
}

/// A document, and the one below which it is moved.
#[derive(Clone)]
struct Move<M: 'static> {
    key: Key<M, M>,
    id: Bson,
    target: Bson,
    /// The key that refers to the target.
    stored: Bson,
}

impl<M: Model> Move<M> {
    async fn run(self, exec: Exec<'_>) -> Result<()> {
        if identity(&self.id) == identity(&self.target) {
            return Err(self.cycle());
        }
        let Self { key, stored, target, .. } = &self;
        // these are probably all that the transaction has to read
        let expected = if key.stored.alike && !exec.is_transaction() {
            chain::<M>(exec, key.name, target.clone()).await?
        } else {
            Vec::new()
        };
        let referred = document::to_check_ids::<M>(key.name, None, slice::from_ref(stored));
        let write = async |exec: Exec<'_>| atomically(exec, async |exec| self.write(exec, &expected).await).await;
        write_checked(exec, referred.as_ref(), write).await
    }

    async fn write(&self, exec: Exec<'_>, expected: &[Bson]) -> Result<()> {
        let Self { key, id, target, stored } = self;
        let above = self.above(exec, expected).await?;
        if above.is_empty() {
            let (model, field) = (M::METADATA.name, key.name);
            return Err(Error::MissingReference { model, field, id: Box::new(target.clone()) });
        }
        if above.iter().any(|other| identity(other) == identity(id)) {
            return Err(self.cycle());
        }
        if exec.is_transaction() {
            mark::<M>(exec, &above, doc! { "$set": { MOVING: ObjectId::new() } }).await?;
            mark::<M>(exec, &above, doc! { "$unset": { MOVING: "" } }).await?;
        }
        change::<M>(exec, id, doc! { "$set": { key.name: stored } }).await
    }

    /// The ids of the target and of all documents above it; empty if the target doesn't exist. The `expected` ones are read
    /// together, and any other one by a command of its own.
    async fn above(&self, exec: Exec<'_>, expected: &[Bson]) -> Result<Vec<Bson>> {
        let mut links = HashMap::new();
        for ids in chunks(expected) {
            links.extend(self.links(exec, ids).await?.into_iter().map(|link| (identity(&link.0), link)));
        }
        let (mut above, mut seen, mut next) = (Vec::new(), HashSet::new(), self.target.clone());
        // a cycle that is stored already ends
        while next != Bson::Null && seen.insert(identity(&next)) {
            let link = match links.remove(&identity(&next)) {
                Some(link) => Some(link),
                None => self.links(exec, slice::from_ref(&next)).await?.pop(),
            };
            let Some((id, key)) = link else { break };
            seen.insert(identity(&id));
            above.push(id);
            next = key;
        }
        Ok(above)
    }

    /// The ids of these documents, and the ids of those above them.
    async fn links(&self, exec: Exec<'_>, ids: &[Bson]) -> Result<Vec<(Bson, Bson)>> {
        let Key { name, stored, .. } = self.key;
        let mut options = FindOptions::default();
        options.projection = stored.projection(name).map(|mut fields| {
            fields.insert("_id", 1);
            fields
        });
        // a restored document must not close a cycle
        let find = Find::new(M::METADATA.documents().with_deleted(), store::among("_id", ids));
        let read = |document: &RawDocument| Ok((value(document, "_id")?, stored.id_in(document, name)?));
        store::find_on_primary(exec, find, options, read).await
    }

    fn cycle(&self) -> Error {
        let (id, target) = (Box::new(self.id.clone()), Box::new(self.target.clone()));
        Error::Cycle { model: M::METADATA.name, id, target }
    }
}

async fn to_the_top<M: Model>(exec: Exec<'_>, key: Key<M, M>, id: Bson) -> Result<()> {
    let (model, name) = (M::METADATA.name, key.name);
    if !is_nullable(name, None, M::METADATA) {
        let reason = format!("its key `{name}` can't be null, so it can't be moved to the top");
        return Err(Error::Invalid { model, reason, value: false });
    }
    change::<M>(exec, &id, clear_key(name, None, M::METADATA)).await
}

async fn change<M: Model>(exec: Exec<'_>, id: &Bson, update: Document) -> Result<()> {
    match document::change_one::<M>(exec, equal("_id", id.clone()), update).await?.matched {
        0 => Err(document::not_found::<M>()),
        _ => Ok(()),
    }
}

async fn mark<M: Model>(exec: Exec<'_>, ids: &[Bson], update: Document) -> Result<()> {
    for ids in chunks(ids) {
        let (filter, options) = (store::among("_id", ids), UpdateOptions::default());
        // this excludes concurrent moves, and changes nothing that a user sees
        let update = Change::from(update.clone()).unmanaged();
        write::update_many(exec, M::METADATA, filter, update, options).await?;
    }
    Ok(())
}
