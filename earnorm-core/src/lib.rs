//! The runtime of EarnORM. Users name the crate `earnorm`, which re-exports it; nothing here is meant to be named
//! otherwise.

mod codes;
mod delete;
mod document;
mod encoding;
mod error;
mod exact;
mod field;
mod hooks;
mod id;
mod identity;
pub mod integrity;
mod load;
mod model;
mod nesting;
mod operand;
mod packed;
mod path;
mod query;
mod relation;
pub mod schema;
mod store;

pub use delete::{Affected, Blockers, DeletePlan, DeleteProgress, DeleteReport};
pub use encoding::EncodeError;
pub use error::{Error, IntoError, Result};
pub use field::Field;
pub use hooks::{Cause, HookContext, Hooked, Hooks};
pub use id::{Id, IdError};
pub use integrity::{
    DifferentIndex, IndexCheck, IndexReport, IndexSpec, MadeIndex, RefusedIndex, check_indexes, ensure_indexes,
};
pub use load::{
    Asked, CountOf, Counted, CountedIn, Counts, Erase, Erased, Holds, Include, Includes, Keyed, Loaded, LoadedIn,
    NotIn, Pick, Plan, Reach, Readable, Shared, Slot, Step, Strategy, View, WithCounts, WithLinks, WithRelations,
};
pub use model::Model;
pub use mongodb;
pub use mongodb::bson::{doc, oid::ObjectId};
pub use operand::{Array, Operand, Text};
pub use path::Path;
pub use query::{Filter, IntoFilter, IntoSort, IntoUpdate, Number, Numeric, Page, Query, Sort, Update};
pub use relation::{
    ByIds, CanUnlink, DefaultLink, HasOne, InIds, Linked, Links, ManyToMany, ManyToManyByIds, ManyToManyInIds,
    ManyToOne, Nullable, OneToMany, OneToOne, PointsBack, RefersTo, RefersToMany, Relation, ToMany, ToOne,
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

    pub use crate::document::Kept;
    pub use crate::encoding::encode;
    pub use crate::field::{Field, joined, text};
    pub use crate::hooks::{Hooked, Of};
    pub use crate::id::stub_id;
    pub use crate::load::{At, Eager, Is, Numbered, find, find_all, number_of};
    pub use crate::model::Model;
    pub use crate::query::{IntoFilter, Query};
    pub use crate::relation::{
        ByIds, HasOne, InIds, Key, Keys, Links, ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, NoKey,
        OneToMany, OneToOne, Relation, ToMany, ToOne,
    };
    pub use crate::schema::{
        Meta, ModelConfig, ModelMetadata, OnDelete, Registration, RelationMetadata, Required, Shape, field, guard,
    };
}
