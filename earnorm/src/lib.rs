#![doc = include_str!("../../README.md")]

pub mod prelude;

pub use earnorm_core::{
    Affected, Array, Asked, Blockers, BoxFuture, ByIds, CanUnlink, Cause, CountOf, Counted, CountedIn, Counts,
    DeletePlan, DeleteProgress, DeleteReport, DifferentIndex, EncodeError, Erase, Erased, Error, Exec, Executor, Field,
    Filter, Find, HasOne, Having, Holds, HookContext, Hooked, Hooks, Id, IdError, InIds, Include, Includes, IndexCheck,
    IndexReport, IndexSpec, IntoFilter, IntoHaving, IntoSort, IntoUpdate, Linked, Links, Loaded, LoadedIn, MadeIndex,
    ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, Model, NotIn, Nullable, Number, Numeric, ObjectId,
    OneToMany, OneToOne, Operand, Page, Path, Pick, Plan, PointsBack, Query, Reach, RefersTo, RefersToMany,
    RefusedIndex, Relation, Result, Rows, Shared, Slot, Sort, Step, Strategy, ToMany, ToOne, Transaction, Update, View,
    WithLinks, check_indexes, connect, doc, ensure_indexes, integrity, mongodb, relation, schema, transaction,
};
pub use earnorm_derive::Model;

#[doc(hidden)]
pub use earnorm_core::__private;
