//! What a loader runs on.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use mongodb::Database;

use super::batch::Batch;
use crate::HookContext;
use crate::store::{Exec, Executor, Transaction};

/// What a loader was made of: a `&Database`, a `&Transaction` or a `&HookContext`.
#[diagnostic::on_unimplemented(
    message = "a loader can't run on a `{Self}`",
    label = "expected a `&Database` or a `&Transaction`",
    note = "pass `&db` for a database that you own; pass `db` or `tx` unchanged if it is a reference already, as inside `earnorm::transaction(&db, async |tx| ..)`"
)]
pub trait LoadsOn {
    /// What the loader holds: a clone of the database, or the reference to the transaction.
    type Holds: RunsOn;
    #[doc(hidden)]
    fn held(self) -> Self::Holds;
}

/// What a loader holds: a `Database`, or an [`Exec`] that borrows a transaction.
pub trait RunsOn: Clone + Send + Sync {
    /// A command that all its callers drive.
    #[doc(hidden)]
    type Command: Future<Output = ()> + Send;
    #[doc(hidden)]
    fn command(&self, batch: Arc<dyn Batch>) -> Self::Command;
}

impl RunsOn for Database {
    type Command = BoxFuture<'static, ()>;
    fn command(&self, batch: Arc<dyn Batch>) -> Self::Command {
        let db = self.clone();
        Box::pin(async move { batch.run((&db).executor()).await })
    }
}

impl<'e> RunsOn for Exec<'e> {
    type Command = BoxFuture<'e, ()>;
    fn command(&self, batch: Arc<dyn Batch>) -> Self::Command {
        let exec = *self;
        Box::pin(async move { batch.run(exec).await })
    }
}

#[diagnostic::do_not_recommend]
impl LoadsOn for &Database {
    type Holds = Database;
    fn held(self) -> Database {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl<'e> LoadsOn for &'e Transaction {
    type Holds = Exec<'e>;
    fn held(self) -> Exec<'e> {
        self.executor()
    }
}

#[diagnostic::do_not_recommend]
impl<'e> LoadsOn for &HookContext<'e> {
    type Holds = Exec<'e>;
    fn held(self) -> Exec<'e> {
        self.executor()
    }
}

#[diagnostic::do_not_recommend]
impl<'e> LoadsOn for Exec<'e> {
    type Holds = Exec<'e>;
    fn held(self) -> Exec<'e> {
        self
    }
}
