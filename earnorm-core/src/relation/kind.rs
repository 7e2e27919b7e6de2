//! The kinds of relations, as types.

use std::marker::PhantomData;

use mongodb::bson::Document;

use super::key::{Key, Keys};
use crate::Model;
use crate::schema::ModelMetadata;

/// One to many, by a key in the target.
#[derive(Debug)]
pub struct OneToMany;

/// One to one, by a key in the target.
#[derive(Debug)]
pub struct OneToOne;

/// Many to one, by a key in the source. In a one-to-one relation, the side that holds the key has this kind too.
#[derive(Debug)]
pub struct ManyToOne;

/// Many to one, by a key in the source that can refer to documents of several models.
#[derive(Debug)]
pub struct ManyToAny;

/// Many to many, by the documents of the join model `J`.
#[derive(Debug)]
pub struct ManyToMany<J>(PhantomData<fn() -> J>);

/// Many to many, by an array of ids in the source.
#[derive(Debug)]
pub struct ManyToManyByIds;

/// Many to many, by an array of ids in the target.
#[derive(Debug)]
pub struct ManyToManyInIds;

/// Many to many, by a key in an array of embedded documents in the target.
#[derive(Debug)]
pub struct ManyToManyInElements;

/// The keys of a kind of relation from `S` to `T`.
///
/// `S`, `T` and the join model don't have to be models, for the reason given at `ForeignKey`.
pub trait Kind<S: 'static, T: 'static>: Send + Sync + 'static {
    #[doc(hidden)]
    type Keys: Copy + Send + Sync + 'static;
}

impl<S: 'static, T: 'static> Kind<S, T> for OneToMany {
    type Keys = Key<S, T>;
}

impl<S: 'static, T: 'static> Kind<S, T> for OneToOne {
    type Keys = Key<S, T>;
}

impl<S: 'static, T: 'static> Kind<S, T> for ManyToOne {
    type Keys = Key<T, S>;
}

/// `K` is the type of the field. The marker of the relation knows the rest.
impl<S: 'static, K: 'static> Kind<S, K> for ManyToAny {
    type Keys = ();
}

impl<S: 'static, T: 'static, J: 'static> Kind<S, T> for ManyToMany<J> {
    type Keys = JoinKeys<S, T, J>;
}

impl<S: 'static, T: 'static> Kind<S, T> for ManyToManyByIds {
    type Keys = Keys<T, S>;
}

impl<S: 'static, T: 'static> Kind<S, T> for ManyToManyInIds {
    type Keys = Keys<S, T>;
}

impl<S: 'static, T: 'static> Kind<S, T> for ManyToManyInElements {
    type Keys = Keys<S, T>;
}

/// The two keys of a join model `J` between `S` and `T`.
#[doc(hidden)]
pub struct JoinKeys<S: 'static, T: 'static, J: 'static> {
    pub(crate) source: Key<S, J>,
    pub(crate) target: Key<T, J>,
}

impl<S: 'static, T: 'static, J: 'static> JoinKeys<S, T, J> {
    /// The condition on the tags of the links: that of the join model, and those beside the keys. Empty if the join model
    /// has its own collection and each key refers to one model.
    pub(crate) fn tag_filter(&self) -> Document {
        let mut tags = (self.source.child)().documents().filter();
        tags.extend(self.source.tag_filter());
        tags.extend(self.target.tag_filter());
        tags
    }
}

impl<S: 'static, T: 'static, J: 'static> Clone for JoinKeys<S, T, J> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: 'static, T: 'static, J: 'static> Copy for JoinKeys<S, T, J> {}

/// The join model of a kind, if it has one.
#[doc(hidden)]
pub trait Joins {
    const MODELS: &'static [&'static ModelMetadata] = &[];
}

impl Joins for OneToMany {}
impl Joins for OneToOne {}
impl Joins for ManyToOne {}
impl Joins for ManyToManyByIds {}
impl Joins for ManyToManyInIds {}
impl Joins for ManyToManyInElements {}

impl<J: Model> Joins for ManyToMany<J> {
    const MODELS: &'static [&'static ModelMetadata] = &[J::METADATA];
}
