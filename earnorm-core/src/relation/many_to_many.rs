//! The three forms of many-to-many: by documents of a join model, by an array of ids, and the other side of such an array.

use std::marker::PhantomData;

use super::{Key, Keys, Relation, descriptor};
use crate::Model;

descriptor! {
    /// A many-to-many from `S` to `T` by documents of the join model `J`.
    ManyToMany<S, T, R, J> { source_key: Key<S, J>, target_key: Key<T, J> }
}

descriptor! {
    /// A many-to-many from `S` to `T` by an array of ids in `S`.
    ManyToManyByIds<S, T, R> { keys: Keys<T, S> }
}

descriptor! {
    /// A many-to-many from `S` to `T` by an array of ids in `T`.
    ManyToManyInIds<S, T, R> { keys: Keys<S, T> }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model> ManyToMany<S, T, R, J> {
    #[doc(hidden)]
    pub const fn foreign_key(&self) -> &'static str {
        self.source_key.name
    }

    #[doc(hidden)]
    pub const fn target_key(&self) -> &'static str {
        self.target_key.name
    }

    #[doc(hidden)]
    pub fn of(self, _source: &S) -> Links<'_, S, T, R, J> {
        Links(PhantomData)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> ManyToManyByIds<S, T, R> {
    #[doc(hidden)]
    pub const fn foreign_key(&self) -> &'static str {
        self.keys.name
    }

    #[doc(hidden)]
    pub fn of(self, _source: &S) -> ByIds<'_, S, T, R> {
        ByIds(PhantomData)
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>> ManyToManyInIds<S, T, R> {
    #[doc(hidden)]
    pub const fn foreign_key(&self) -> &'static str {
        self.keys.name
    }

    #[doc(hidden)]
    pub fn of(self, _source: &S) -> InIds<'_, S, T, R> {
        InIds(PhantomData)
    }
}

/// The documents that a document is linked with through a join model.
pub struct Links<'a, S, T, R, J>(PhantomData<(&'a S, fn() -> (T, R, J))>);

/// The documents whose ids are in a document's array.
pub struct ByIds<'a, S, T, R>(PhantomData<(&'a S, fn() -> (T, R))>);

/// The documents whose arrays hold a document's id.
pub struct InIds<'a, S, T, R>(PhantomData<(&'a S, fn() -> (T, R))>);
