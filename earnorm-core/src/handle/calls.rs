//! The calls that a handle to many shares with a query.

/// The calls that a relation to many shares with a query, each the query's own.
macro_rules! query_calls {
    ([$($generics:tt)*] $handle:ty, $target:ident, { $($key:ident),+ }) => {
        impl<$($generics)*> Clone for $handle {
            fn clone(&self) -> Self {
                Self {
                    source: self.source,
                    query: self.query.clone(),
                    $($key: self.$key,)+
                    relation: self.relation,
                }
            }
        }

        impl<$($generics)*> $handle {
            /// Only documents that also fulfil this, besides what the relation itself demands.
            pub fn filter(mut self, filter: impl $crate::IntoFilter<$target>) -> Self {
                self.query = self.query.filter(filter);
                self
            }

            /// The order of the results, in place of the relation's own; see [`Query::order_by`](crate::Query::order_by).
            pub fn order_by(mut self, order: impl $crate::IntoSort<$target>) -> Self {
                self.query = self.query.order_by(order);
                self
            }

            /// Leaves out the first `n`. Without an order, they go by `_id`.
            pub fn skip(mut self, n: u64) -> Self {
                self.query = self.query.skip(n);
                self
            }

            /// At most `n`, none for 0, and never more than the relation's own limit. Without an order, they go by `_id`.
            pub fn limit(mut self, n: u64) -> Self {
                self.query = self.query.limit(n);
                self
            }

            /// Only what comes behind this document in the order of the relation; see [`Query::after`](crate::Query::after).
            /// Where the relation declares a limit, one command more: for the ids of what it shows.
            pub fn after(mut self, last: &$target) -> Self {
                self.query = self.query.after(last);
                self
            }

            /// Every document of the relation. One command (through a join model two), and one more for every further
            /// 16 MiB. By an array of ids and through a join model, one more for every further 1,000 ids.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
            /// [`Query::all`](crate::Query::all). So for all calls that read.
            pub fn all<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<Vec<$target>>> {
                self.query.all(on)
            }

            /// The first document; without an order, the one with the least `_id` (by an array of ids, the first of the
            /// array). One command, through a join model two.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all).
            pub fn first<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<Option<$target>>> {
                self.query.first(on)
            }

            /// The one document. One command, through a join model two. See [`Query::one`](crate::Query::one).
            ///
            /// # Errors
            ///
            /// [`Error::NotFound`](crate::Error::NotFound) where there is none,
            /// [`Error::NotUnique`](crate::Error::NotUnique) where there are several; else as for [`all`](Self::all).
            pub fn one<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<$target>> {
                self.query.one(on)
            }

            /// How many there are. One command (through a join model two), and no documents. By an array of ids and through a
            /// join model, one more for every further 1,000 ids.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all).
            pub fn count<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<u64>> {
                self.query.count(on)
            }

            /// Whether there is one. One command (through a join model two), and no documents.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all).
            pub fn exists<'e>(self, on: impl $crate::Executor<'e>) -> $crate::BoxFuture<'e, $crate::Result<bool>> {
                self.query.exists(on)
            }

            /// The documents one at a time, in constant memory; see [`Rows`](crate::Rows). One command for every 1,000,
            /// through a join model one before. In the order of an array of ids, they all come at once.
            ///
            /// # Errors
            ///
            /// As for [`all`](Self::all), each as an item; nothing comes behind one.
            pub fn stream<'e>(self, on: impl $crate::Executor<'e>) -> $crate::Rows<'e, $target> {
                self.query.stream(on)
            }

            /// The `number`th page of `size` documents; see [`Query::page`](crate::Query::page). Two commands, through a
            /// join model three.
            ///
            /// # Errors
            ///
            /// [`Error::Invalid`](crate::Error::Invalid) for page 0 or a size of 0; else as for [`all`](Self::all).
            pub fn page<'e>(
                self,
                on: impl $crate::Executor<'e>,
                number: u64,
                size: u64,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::Page<$target>>> {
                self.query.page(on, number, size)
            }

            /// Changes every document of the relation; gives how many there were. One command, through a join model two,
            /// and one more with a limit, a `skip`, an `after` or a condition on related documents; see [`Query::update`](crate::Query::update).
            /// No hooks run.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
            /// [`Query::update`](crate::Query::update).
            pub fn update_all<'e>(
                self,
                on: impl $crate::Executor<'e>,
                update: impl $crate::IntoUpdate<$target>,
            ) -> $crate::BoxFuture<'e, $crate::Result<u64>> {
                self.query.update(on, update)
            }

            /// Deletes every document of the relation, by the rules of its model. As many commands as
            /// [`Query::delete`](crate::Query::delete), through a join model one more.
            ///
            /// # Errors
            ///
            /// [`Error::Unsaved`](crate::Error::Unsaved) for a relation of a document without an id; else as for
            /// [`Query::delete`](crate::Query::delete).
            pub fn delete_all<'e>(
                self,
                on: impl $crate::Executor<'e>,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::DeleteReport>> {
                self.query.delete(on)
            }

            /// What [`delete_all`](Self::delete_all) would do, found whole, and nothing written; see
            /// [`Query::plan_delete`](crate::Query::plan_delete).
            pub fn plan_delete<'e>(
                self,
                on: impl $crate::Executor<'e>,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::DeletePlan>> {
                self.query.plan_delete(on)
            }

            /// [`delete_all`](Self::delete_all), if it does what a plan said whose [`digest`](crate::DeletePlan::digest) this
            /// is; see [`Query::delete_if`](crate::Query::delete_if).
            ///
            /// # Errors
            ///
            /// [`Error::StalePlan`](crate::Error::StalePlan) if the delete would do something else than planned; nothing was
            /// written. Else as for [`delete_all`](Self::delete_all).
            pub fn delete_all_if<'e>(
                self,
                on: impl $crate::Executor<'e>,
                digest: impl AsRef<str>,
            ) -> $crate::BoxFuture<'e, $crate::Result<$crate::DeleteReport>> {
                self.query.delete_if(on, digest)
            }

            /// A query for the same documents that loads a relation of theirs with them; see
            /// [`Query::with`](crate::Query::with).
            pub fn with<X: $crate::Step<$target>>(self, step: X) -> $crate::Query<$target, ((), X::Itself)>
            where
                X::Key: $crate::NotIn<()>,
            {
                self.query.with(step)
            }

            /// What would be sent, without sending it.
            ///
            /// # Errors
            ///
            /// As for [`Query::to_query`](crate::Query::to_query).
            pub fn to_query(&self) -> $crate::Result<$crate::Find> {
                self.query.to_query()
            }
        }
    };
}
pub(super) use query_calls;
