//! The runtime of EarnORM.
//!
//! Depend on the crate `earnorm`, which re-exports this one. Don't depend on this crate directly.

mod bson;
mod delete;
mod document;
mod embedded;
mod error;
mod field;
mod graph;
mod handle;
mod hooks;
mod index;
pub mod integrity;
pub mod json;
mod kinds;
mod load;
mod loader;
mod model;
mod observe;
mod plan;
mod query;
mod reference;
mod relation;
mod run;
pub mod schema;
mod store;
mod text;
mod write;

pub use bson::EncodeError;
pub use delete::{Affected, DeletePlan, DeleteProgress, DeleteReport, RestoreReport, RestoredModel, restore};
pub use document::Bulk;
pub use embedded::{Embedded, Embeds, LoadedElement, LoadedElements, Record, TypedPath};
pub use error::{Blockers, BulkOutcome, BulkReport, BulkResult, Error, IdError, IndexReport, Result};
pub use field::{Field, Id, Path, Text};
pub use graph::{Graph, Graphs, graph, graphs};
pub use handle::{ByIds, ByKey, Handle, HasOne, InElements, InIds, Links, ToAny, ToMany, ToOne, ViewOfOne};
pub use hooks::{Cause, HookContext, Hooks};
pub use index::{Drop, IndexCheck, check_indexes, ensure_indexes, sync_indexes};
#[doc(inline)]
pub use json::Json;
pub use load::{Counted, Include, Recursive, RecursiveHandle};
pub use loader::{Loader, Loading};
pub use model::Model;
pub use mongodb;
pub use mongodb::bson::{doc, oid::ObjectId};
#[cfg(feature = "tracing")]
pub use observe::trace_values;
pub use observe::{Access, CallSite, ExplainedCommand, Explanation, NPlusOne, Seen, Shards, observe};
pub use plan::{Counts, Erase, Erased, Includes, Linked, Loaded, Node, Nodes, Shared, Strategy, Tree, View};
pub use query::{Comparable, Filter, Numeric, Page, Query, Sort, Update};
pub use relation::{
    Association, ManyToAny, ManyToMany, ManyToManyByIds, ManyToManyInElements, ManyToManyInIds, ManyToOne, OneToMany,
    OneToOne, Open, Reference, VariantOf, kind,
};
pub use run::Grouped;
pub use schema::{Deletion, schema};
pub use serde::{Deserialize, Serialize};
pub use store::{BoxFuture, Exec, Executor, Find, Rows, Transaction, connect, transaction, try_transaction};

/// The traits in the bounds of methods, and types that programs rarely name.
///
/// The derive and EarnORM implement these traits, and a program doesn't. It may need one as a bound of its own function, such
/// as `fn adults(also: impl IntoFilter<User>) -> Query<User>`.
pub mod bounds {
    pub use crate::embedded::{
        EmbeddedField, EmbeddedItem, Filterable, Flattened, IsArray, IsSingle, LoadedElementsIter, Multiple,
        PathSegment, Selected, Settable, Single,
    };
    pub use crate::error::IntoError;
    pub use crate::field::{Array, Operand};
    pub use crate::graph::{Attaches, Branch, Branches, GraphNode, GraphNodes};
    pub use crate::handle::{DefaultLink, LeadsToMany, LeadsToOne, Moved, OpensHandle, ReadsView, Standalone};
    pub use crate::hooks::Hooked;
    pub use crate::load::{
        AnyInclude, First, Holds, IsVariantOf, LoadByKeys, LoadKeys, Replace, ToItself, VariantInclude, WithLinks,
    };
    pub use crate::loader::{LoadReferred, LoadsMany, LoadsOn, LoadsOne, RunsOn};
    pub use crate::plan::{
        AnyOf, Asked, CountOf, CountedIn, Described, Documents, EmbeddedInclude, EmbeddedKey, EmbeddedValues,
        ErasedElement, Held, Kept, Keyed, Keys, LoadedIn, LoadedInPlace, NotIn, Pick, PlainElement, Plan, Reach,
        ReadErased, ReadValue, Readable, Rows, RowsOf, Shown, Slot, Step, TreeOf, WithCounts, WithRelations,
        WithoutEager,
    };
    pub use crate::query::{
        AggregateField, Column, IntoFilter, IntoSort, IntoUpdate, MeanOf, Number, SumOf, Summable, ValueOf,
    };
    pub use crate::relation::{
        CanUnlink, Flattens, Kind, Nullable, PointsBack, RefersTo, RefersToAny, RefersToMany, Relation, Variant,
        VariantMarker,
    };
    pub use crate::run::SoftDelete;
    pub use crate::schema::{DeletionMark, RelatedCount, Timestamp, Version, Versioned};
    pub use crate::store::TransactionBody;
}

pub(crate) use bounds::{Array, IntoFilter, IntoSort, IntoUpdate, Operand, Relation};

/// The items that generated code names. Apart from them it names only items of `core`.
#[doc(hidden)]
pub mod __private {
    pub use core::option::Option::{self, None, Some};
    pub use core::result::Result;
    pub use std::string::String;
    pub use std::sync::Arc;
    pub use std::vec::Vec;

    pub use inventory;
    pub use mongodb::bson::RawDocumentBuf;
    pub use mongodb::bson::oid::ObjectId;
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub use crate::bson::{decode, encode};
    pub use crate::document::{Keep, Kept};
    pub use crate::embedded::{
        Embedded, EmbeddedPath, Embedding, Embeds, Flattened, NestedPath, PathName, Record, field_number,
    };
    pub use crate::field::{Field, Operand, joined, stub_id, text};
    pub use crate::handle::{ByIds, ByKey, HasOne, InElements, InIds, Links, Moved, ToAny, ToMany, ToOne};
    pub use crate::hooks::{HookRegistration, HookTable, Hooked, ModelHooks};
    pub use crate::kinds::{
        Kind, KindHooks, KindOf, Kinds, check_kind, deserialize_kind, id_field, id_of_kinds, keep_kind, kind, kind_mut,
        kind_of, model_of_kind, models_of_kinds, no_kind, of_kind, stamp_kind,
    };
    pub use crate::load::RecursiveHandle;
    pub use crate::model::Model;
    pub use crate::plan::{
        Alternatives, Anything, At, Constructors, Declared, Described, Documents, Eager, Either, Erase, EraseDocuments,
        EraseShared, FieldOf, Fits, Lacking, Memo, Never, PartOf, Row, View, Viewed, number_of, tagged,
    };
    pub use crate::query::{Filter, IntoFilter, Query, find, find_all};
    pub use crate::relation::{
        AnyThrough, EmbeddedSide, HasOtherSide, Key, Keys, ManyToAny, ManyToMany, ManyToManyByIds,
        ManyToManyInElements, ManyToManyInIds, ManyToOne, NoKey, OneToMany, OneToOne, Reference, ReferenceField,
        Relation, Tagged, Through, Variant, VariantOf, check_embedded, embedding, many_keys, nested_embedding, one_key,
    };

    /// The marker type of a field with `#[model(embedded)]` by its number.
    pub type EmbeddingOf<M, const NUMBER: usize> =
        <<M as Record>::Embeddings as At<<Is<NUMBER, true> as Numbered>::Place>>::Marker;

    pub use crate::run::{SoftDelete, find_deleted, find_with_deleted};
    pub use crate::schema::{
        Cloning, IndexKey, IndexMetadata, Is, Meta, ModelConfig, ModelMetadata, ModelTag, Numbered, OnDelete,
        Registration, RelationMetadata, Required, Shape, StampOf, VariantMetadata, Versioned, counter, expiring, field,
        guard, optional_time, same_name, soft_delete, time, unmarked, version,
    };
    pub use crate::store::Executor;
}
