#![doc = include_str!("../../README.md")]

pub mod prelude;

pub use earnorm_core::{
    Array, Asked, BoxFuture, ByIds, CanUnlink, Counted, DeleteReport, EncodeError, Erase, Erased, Error, Exec,
    Executor, Field, Filter, Find, HasOne, Holds, Id, IdError, InIds, Include, Includes, IndexReport, Linked, Links,
    Loaded, MadeIndex, ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, Model, Nullable, Number, ObjectId,
    OneToMany, OneToOne, Operand, Page, Path, Pick, Plan, PointsBack, Query, Reach, RefersTo, RefersToMany, Relation,
    Result, Rows, Shared, Sort, Step, Strategy, ToMany, ToOne, Transaction, Update, View, WithLinks, connect, doc,
    ensure_indexes, mongodb, relation, schema, transaction,
};
pub use earnorm_derive::Model;

#[doc(hidden)]
pub use earnorm_core::__private;
