//! Loads the relations of documents one by one, with one command for all that are asked for at the same time.

mod any;
mod batch;
mod call;
mod handles;
mod on;
mod state;
mod turn;

use std::any::TypeId;
use std::sync::Arc;

use mongodb::bson::Bson;

pub use self::any::LoadReferred;
use self::batch::GroupName;
pub use self::call::Loading;
pub use self::handles::{LoadsMany, LoadsOne};
pub use self::on::{LoadsOn, RunsOn};
pub use self::state::Loader;
use crate::load::shared_by_ids;
use crate::{Error, Model, Operand, Result};

impl<O: RunsOn> Loader<O> {
    /// Makes a loader for a `&Database`, a `&Transaction` or a `&HookContext`. Sends nothing.
    pub fn new(on: impl LoadsOn<Holds = O>) -> Self {
        Self::of(on.held())
    }

    /// Returns the document of a relation to one: `loader.get(post.author())`. `None` if the key is null, or if the document
    /// doesn't exist. A relation to several models returns its enum of documents.
    ///
    /// One command for all calls of the turn; see [`Loader`].
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if the document has no id yet and the relation uses it; [`Error::UnknownTag`] for a reference
    /// with an unknown tag; [`Error::Decode`], [`Error::Driver`]. An error of the command reaches every caller.
    pub fn get<H: LoadsOne>(&self, handle: H) -> Loading<Option<Arc<H::Document>>, O> {
        handle.load_one(self)
    }

    /// Returns the documents of a relation to many: `loader.all(user.posts().limit(3))`. The limit, the order and the `skip`
    /// of the handle apply to the documents of each caller.
    ///
    /// One command for all calls of the turn, or two through a join model; see [`Loader`].
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if the document has no id yet and the relation uses it; otherwise the same as for
    /// [`Query::all`](crate::Query::all). An error of the command reaches every caller.
    pub fn all<H: LoadsMany>(&self, handle: H) -> Loading<Arc<[H::Document]>, O> {
        handle.load_all(self)
    }

    /// Returns the number of documents of a relation to many: `loader.count(user.posts())`. The documents aren't read.
    ///
    /// One command for all calls of the turn, or two through a join model; see [`Loader`].
    ///
    /// # Errors
    ///
    /// The same as for [`all`](Self::all).
    pub fn count<H: LoadsMany>(&self, handle: H) -> Loading<u64, O> {
        handle.load_count(self)
    }

    /// Returns the document with this id, or `None`. One command for all calls of the turn; see [`Loader`].
    ///
    /// # Errors
    ///
    /// [`Error::Encode`], [`Error::Decode`], [`Error::Driver`]. An error of the command reaches every caller.
    pub fn find<M: Model>(&self, id: impl Operand<M::Id>) -> Loading<Option<Arc<M>>, O> {
        let id = id.into_operand();
        match M::ID.encode(&id) {
            Err(source) => Loading::known(Err(Error::encode::<M>(source))),
            Ok(Bson::Null) => Loading::known(Ok(None)),
            Ok(_) => {
                let name = GroupName { types: TypeId::of::<fn(M)>(), query: String::new() };
                Loading::of(
                    self,
                    Box::new(move |groups, runs| {
                        groups.place(name, id, Box::new(|exec, ids| Box::pin(shared_by_keys::<M>(exec, ids))), runs)
                    }),
                )
            }
        }
    }

    /// Forgets what was loaded, so that the next calls read it again. Calls that wait for a command get its result.
    pub fn clear(&self) {
        let groups = std::mem::take(&mut self.state().groups);
        // what was loaded is dropped here, when others can use the loader again
        drop(groups);
    }
}

async fn shared_by_keys<M: Model>(exec: crate::store::Exec<'_>, ids: &[M::Id]) -> Result<Vec<Option<Arc<M>>>> {
    let ids: Result<Vec<Bson>, _> = ids.iter().map(|id| M::ID.encode(id)).collect();
    shared_by_ids(exec, ids.map_err(Error::encode::<M>)?.into_iter()).await
}
