//! What the body of a transaction is.

use super::state::Transaction;
use crate::{Error, Result};

/// The body of a [`transaction`](crate::transaction()): `async |tx| { .. }`.
///
/// It stands for `for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E>`, so functions of yours that pass a body on have
/// that bound or this one.
#[diagnostic::on_unimplemented(
    message = "this can't be the body of a transaction",
    label = "not an async closure that takes any `&Transaction`",
    note = "write `async |tx| {{ .. }}` or `async move |tx| {{ .. }}` in place of `|tx| async move {{ .. }}`"
)]
pub trait TransactionBody<R, E = Error>: for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E> {}

#[diagnostic::do_not_recommend]
impl<R, E, F: for<'a> AsyncFnOnce(&'a Transaction) -> Result<R, E>> TransactionBody<R, E> for F {}

/// Implements nothing, since no slice is `Sized`. With two implementations to choose from, the compiler examines the
/// lifetimes of a closure while it chooses, and so prints the message above. With one, it would find "not general enough"
/// at the end, and print that for each bound.
#[diagnostic::do_not_recommend]
impl<R, E, F> TransactionBody<R, E> for F
where
    [F]: Sized,
    F: TransactionBody<R, E>,
{
}
