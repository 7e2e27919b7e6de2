#![doc = include_str!("../../README.md")]

pub mod prelude;

pub use earnorm_core::{
    Array, BoxFuture, ByIds, CanUnlink, DeleteReport, EncodeError, Error, Exec, Executor, Field, Filter, Find, HasOne,
    Id, IdError, InIds, IndexReport, Linked, Links, MadeIndex, ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne,
    Model, Nullable, Number, ObjectId, OneToMany, OneToOne, Operand, Page, Path, PointsBack, Query, RefersTo,
    RefersToMany, Relation, Result, Rows, Sort, ToMany, ToOne, Transaction, Update, connect, doc, ensure_indexes,
    mongodb, schema, transaction,
};
pub use earnorm_derive::Model;

#[doc(hidden)]
pub use earnorm_core::__private;
