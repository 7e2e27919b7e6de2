#![doc = include_str!("../README.md")]
//!
//! # Where to find what
//!
//! | topic | where |
//! |---|---|
//! | documents | [`Model`](trait@Model): `insert`, `get`, `find`, `save`, `update`, `delete`; many writes: [`Bulk`], [`BulkReport`] |
//! | reading | [`Query`], its filters ([`Field`], [`Filter`]), [`Rows`] and [`Page`] |
//! | some fields of a document | [`View`](trait@View), [`ViewOfOne`]; the type of a result: [`loaded!`] |
//! | what calls send | [`observe()`], [`Seen`], [`NPlusOne`], [`Explanation`] |
//! | relations of one document | [`Handle`], by kind: [`ToMany`], [`ToOne`], [`HasOne`], [`Links`], [`ByIds`], [`InIds`], [`ToAny`] |
//! | relations of many documents | [`Association`], the type of constants, by kind: [`OneToMany`], [`ManyToOne`], [`OneToOne`], [`ManyToMany`], [`ManyToManyByIds`], [`ManyToManyInIds`], [`ManyToAny`]; what is loaded: [`Loaded`], [`Linked`], [`Erased`], [`Strategy`] |
//! | sums, averages, groups | [`Query::sum`], [`Handle::sum`], [`Association::sum_by`], [`Query::group_by`], [`Grouped`], [`Counted`]; [`guide::aggregates`] |
//! | relations of one document, for many documents at once | [`Loader`] |
//! | inserting a document with what belongs to it | [`graph()`], [`graphs()`] |
//! | deleting | [`DeletePlan`], [`DeleteReport`], [`Blockers`], [`Hooks`] |
//! | transactions | [`transaction`](transaction()), [`try_transaction`], [`Transaction`], [`Executor`] |
//! | integrity | [`integrity`] |
//! | what is sent | [`observe`](observe()), [`Seen`], [`Explanation`], [`guide::observability`] |
//! | JSON for the web | [`Json`], [`json::Deserialize`] |
//! | errors | [`enum@Error`] |
//! | recursive relations | [`Recursive`], [`RecursiveHandle`], [`Tree`], [`Node`] |
//! | references to several models | [`trait@Reference`], [`VariantOf`], [`Open`] |
//! | times, versions and counters | [`guide::managed_fields`], [`Error::Stale`](variant@Error::Stale) |
//! | indexes | `#[index(..)]` of [`derive@Model`], [`ensure_indexes`], [`check_indexes`], [`sync_indexes`], [`Drop`], [`IndexReport`] |
//! | options of the derive | [`derive@Model`] |
//! | tables of models | [`mod@schema`] |
//! | topics | [`guide`] |
//!
//! The traits in this module are those that programs name: [`Model`](trait@Model), [`Executor`], [`Hooks`], [`Erase`],
//! [`Includes`], [`Counts`], [`Text`], [`Numeric`] and [`Comparable`]. The traits in [`bounds`] are bounds of calls. You meet them in messages of the compiler.

pub mod guide;
pub mod prelude;

#[cfg(feature = "tracing")]
pub use earnorm_core::trace_values;
pub use earnorm_core::{
    Access, Affected, Association, Blockers, BoxFuture, Bulk, BulkOutcome, BulkReport, BulkResult, ByIds, ByKey,
    CallSite, Cause, Comparable, Counted, Counts, DeletePlan, DeleteProgress, DeleteReport, Deletion, Drop, Embedded,
    Embeds, EncodeError, Erase, Erased, Error, Exec, Executor, ExplainedCommand, Explanation, Field, Filter, Find,
    Graph, Graphs, Grouped, Handle, HasOne, HookContext, Hooks, Id, IdError, InElements, InIds, Include, Includes,
    IndexCheck, IndexReport, Json, Linked, Links, Loaded, LoadedElement, LoadedElements, Loader, Loading, ManyToAny,
    ManyToMany, ManyToManyByIds, ManyToManyInElements, ManyToManyInIds, ManyToOne, Model, NPlusOne, Node, Nodes,
    Numeric, ObjectId, OneToMany, OneToOne, Open, Page, Path, Query, Record, Recursive, RecursiveHandle, Reference,
    RestoreReport, RestoredModel, Result, Rows, Seen, Shards, Shared, Sort, Strategy, Text, ToAny, ToMany, ToOne,
    Transaction, Tree, TypedPath, Update, VariantOf, View, ViewOfOne, bounds, check_indexes, connect, doc,
    ensure_indexes, graph, graphs, integrity, json, kind, loaded, mongodb, observe, relation, restore, schema,
    sync_indexes, transaction, try_transaction,
};
pub use earnorm_derive::{Embedded, Model, Reference, View};

#[doc(hidden)]
pub use earnorm_core::__private;
