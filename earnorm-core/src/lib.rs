//! The runtime of EarnORM. Users name the crate `earnorm`, which re-exports it; nothing here is meant to be named
//! otherwise.

mod bson;
mod delete;
mod document;
mod error;
mod field;
mod handle;
mod hooks;
mod index;
pub mod integrity;
mod load;
mod model;
mod plan;
mod query;
mod reference;
mod relation;
mod run;
pub mod schema;
mod store;
mod text;

pub use bson::EncodeError;
pub use delete::{Affected, DeletePlan, DeleteProgress, DeleteReport};
pub use error::{Blockers, Error, IdError, IntoError, Result};
pub use field::{Array, Field, Id, Operand, Path, Text};
pub use handle::{ByIds, DefaultLink, HasOne, InIds, Links, ToMany, ToOne};
pub use hooks::{Cause, HookContext, Hooked, Hooks};
pub use index::{
    DifferentIndex, IndexCheck, IndexReport, IndexSpec, MadeIndex, RefusedIndex, check_indexes, ensure_indexes,
};
pub use load::{Counted, Holds, Include, WithLinks};
pub use model::Model;
pub use mongodb;
pub use mongodb::bson::{doc, oid::ObjectId};
pub use plan::{
    Asked, CountOf, CountedIn, Counts, Erase, Erased, Includes, Keyed, Linked, Loaded, LoadedIn, NotIn, Pick, Plan,
    Reach, Readable, Shared, Slot, Step, Strategy, View, WithCounts, WithRelations,
};
pub use query::{Filter, IntoFilter, IntoSort, IntoUpdate, Number, Numeric, Page, Query, Sort, Update};
pub use relation::{
    CanUnlink, ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, Nullable, OneToMany, OneToOne, PointsBack,
    RefersTo, RefersToMany, Relation,
};
pub use schema::schema;
pub use serde::{Deserialize, Serialize};
pub use store::{
    BoxFuture, Exec, Executor, Find, Rows, Transaction, TransactionBody, connect, transaction, try_transaction,
};

/// What generated code may name, beside `core`.
#[doc(hidden)]
pub mod __private {
    pub use core::option::Option::{self, None, Some};
    pub use core::result::Result;

    pub use inventory;
    pub use mongodb::bson::oid::ObjectId;
    pub use serde::{Serialize, Serializer};

    pub use crate::bson::encode;
    pub use crate::document::Kept;
    pub use crate::field::{Field, joined, stub_id, text};
    pub use crate::handle::{ByIds, HasOne, InIds, Links, ToMany, ToOne};
    pub use crate::hooks::{HookRegistration, HookTable, Hooked, Of};
    pub use crate::model::Model;
    pub use crate::plan::{At, Eager, number_of};
    pub use crate::query::{IntoFilter, Query, find, find_all};
    pub use crate::relation::{
        Is, Key, Keys, ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, NoKey, Numbered, OneToMany, OneToOne,
        Relation,
    };
    pub use crate::schema::{
        Meta, ModelConfig, ModelMetadata, OnDelete, Registration, RelationMetadata, Required, Shape, field, guard,
    };
}
