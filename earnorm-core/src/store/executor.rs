use std::fmt;

use mongodb::{Collection, Database};

use super::Transaction;

pub(crate) mod sealed {
    pub trait Sealed {}
    impl Sealed for &mongodb::Database {}
    impl Sealed for &super::Transaction {}
    impl Sealed for super::Exec<'_> {}
}

/// The executor of a call's commands: a `&Database`, a `&Transaction`, or a `&HookContext`.
///
/// It is `Copy`, so a function that receives one can make several calls on it:
///
/// ```no_run
/// use earnorm::prelude::*;
/// use earnorm::{Executor, Result};
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// async fn rename_or_create(on: impl Executor<'_>, name: &str) -> Result<User> {
///     if let Some(mut user) = User::find(User::NAME.eq(name)).first(on).await? {
///         user.update(on, User::NAME.set("Grace")).await?;
///         return Ok(user);
///     }
///     User { id: ObjectId::new(), name: name.to_owned() }.insert(on).await
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't run a query",
    label = "expected a `&Database` or a `&Transaction`",
    note = "pass `&db` for a database that you own; pass `db` or `tx` unchanged if it is a reference already, as inside `earnorm::transaction(&db, async |tx| ..)`"
)]
pub trait Executor<'e>: sealed::Sealed + Copy + Send + Sync + 'e {
    /// Converts it to a value of one type.
    fn executor(self) -> Exec<'e>;
}

/// An [`Executor`] as a value: a database, whose commands run alone, or a transaction.
///
/// It hides the types of the driver. Otherwise, the compiler would walk through all of them again for each function that sends
/// commands, to find out whether its future is `Send`.
#[derive(Debug, Clone, Copy)]
pub struct Exec<'e>(&'e dyn Place);

/// Where commands run.
trait Place: fmt::Debug + Send + Sync {
    fn database(&self) -> &Database;
    fn transaction(&self) -> Option<&Transaction>;
}

impl Place for Database {
    fn database(&self) -> &Database {
        self
    }

    fn transaction(&self) -> Option<&Transaction> {
        None
    }
}

impl Place for Transaction {
    fn database(&self) -> &Database {
        self.database()
    }

    fn transaction(&self) -> Option<&Transaction> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<'e> Executor<'e> for &'e Database {
    fn executor(self) -> Exec<'e> {
        Exec(self)
    }
}

#[diagnostic::do_not_recommend]
impl<'e> Executor<'e> for &'e Transaction {
    fn executor(self) -> Exec<'e> {
        Exec(self)
    }
}

#[diagnostic::do_not_recommend]
impl<'e> Executor<'e> for Exec<'e> {
    fn executor(self) -> Exec<'e> {
        self
    }
}

impl<'e> Exec<'e> {
    pub(crate) fn database(self) -> &'e Database {
        self.0.database()
    }

    /// The transaction, if it is one.
    pub(crate) fn transaction(self) -> Option<&'e Transaction> {
        self.0.transaction()
    }

    pub(crate) fn is_transaction(self) -> bool {
        self.transaction().is_some()
    }

    pub(crate) fn collection<T: Send + Sync>(self, name: &str) -> Collection<T> {
        self.database().collection(name)
    }
}
