#![doc = include_str!("../README.md")]
//!
//! # Where to find what
//!
//! | topic | where |
//! |---|---|
//! | documents | [`Model`](trait@Model): `insert`, `get`, `find`, `save`, `update`, `delete` |
//! | reading | [`Query`], its filters ([`Field`], [`Filter`]), [`Rows`] and [`Page`] |
//! | relations of one document | the handles: [`ToMany`], [`ToOne`], [`HasOne`], [`Links`], [`ByIds`], [`InIds`] |
//! | relations of many | the constants: [`OneToMany`], [`ManyToOne`], [`OneToOne`], [`ManyToMany`], [`ManyToManyByIds`], [`ManyToManyInIds`]; what is loaded: [`Loaded`], [`Linked`], [`Erased`], [`Strategy`] |
//! | deleting | [`DeletePlan`], [`DeleteReport`], [`Blockers`], [`Hooks`] |
//! | transactions | [`transaction`](transaction()), [`try_transaction`], [`Transaction`], [`Executor`] |
//! | integrity | [`integrity`], [`ensure_indexes`], [`check_indexes`] |
//! | errors | [`enum@Error`] |
//! | options of the derive | [`derive@Model`] |
//! | tables of models | [`mod@schema`] |
//! | topics | [`guide`] |
//!
//! Of the traits below, programs name [`Model`](trait@Model), [`Executor`], [`Hooks`], [`Erase`] and [`Includes`]. The others
//! are bounds, which you meet in messages of the compiler.

pub mod guide;
pub mod prelude;

pub use earnorm_core::{
    Affected, Array, Asked, Blockers, BoxFuture, ByIds, CanUnlink, Cause, CountOf, Counted, CountedIn, Counts,
    DefaultLink, DeletePlan, DeleteProgress, DeleteReport, DifferentIndex, EncodeError, Erase, Erased, Error, Exec,
    Executor, Field, Filter, Find, HasOne, Holds, HookContext, Hooked, Hooks, Id, IdError, InIds, Include, Includes,
    IndexCheck, IndexReport, IndexSpec, IntoError, IntoFilter, IntoSort, IntoUpdate, Linked, Links, Loaded, LoadedIn,
    MadeIndex, ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, Model, NotIn, Nullable, Number, Numeric,
    ObjectId, OneToMany, OneToOne, Operand, Page, Path, Pick, Plan, PointsBack, Query, Reach, Readable, RefersTo,
    RefersToMany, RefusedIndex, Relation, Result, Rows, Shared, Slot, Sort, Step, Strategy, Text, ToMany, ToOne,
    Transaction, TransactionBody, Update, View, WithCounts, WithLinks, WithRelations, check_indexes, connect, doc,
    ensure_indexes, integrity, mongodb, relation, schema, transaction, try_transaction,
};
pub use earnorm_derive::Model;

#[doc(hidden)]
pub use earnorm_core::__private;
