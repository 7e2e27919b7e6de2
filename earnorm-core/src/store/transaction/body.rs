//! The bound on the body of a transaction.

use super::state::Transaction;
use crate::{Error, Result};

/// The body of a [`transaction`](crate::transaction()): `async |tx| { .. }`.
///
/// It is an alias of the bound `for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E>`. A function of yours that receives a
/// body can use either bound.
#[diagnostic::on_unimplemented(
    message = "this can't be the body of a transaction",
    label = "not an async closure that takes any `&Transaction`",
    note = "write `async |tx| {{ .. }}` or `async move |tx| {{ .. }}` in place of `|tx| async move {{ .. }}`"
)]
pub trait TransactionBody<R, E = Error>: for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E> {}

#[diagnostic::do_not_recommend]
impl<R, E, F: for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E>> TransactionBody<R, E> for F {}

/// This applies to no type, since no slice is `Sized`. It improves an error message: with two implementations, the compiler
/// checks the lifetimes of a closure when it selects one, and prints the message above. With only one, it would report
/// "not general enough" for each bound.
#[diagnostic::do_not_recommend]
impl<R, E, F> TransactionBody<R, E> for F
where
    [F]: Sized,
    F: TransactionBody<R, E>,
{
}
