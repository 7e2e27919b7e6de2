//! Filters: conditions on the documents of one model.

mod any;
mod compare;
mod embedded;
mod fields;
mod text;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use mongodb::bson::{Bson, Document, doc};

pub(crate) use self::fields::{Fields, inside};
use super::condition::Condition;
use super::into::conversion;
use crate::bson::{EncodeError, nesting};
use crate::error::Refusal;

/// A condition on documents of the model `M`.
///
/// There are three ways to make one:
///
/// * the methods of a field constant ([`Field`](crate::Field)): `User::AGE.gte(18)`;
/// * `.any()`, `.none()` and `.every(..)` of a relation constant, which test related documents: `User::POSTS.any()`;
/// * a [`Document`], which is sent as it is.
///
/// Filters combine with `&`, `|` and `!`. They are never merged key by key, so none can replace another. An `Option` of
/// a filter is a filter too: `None` matches every document. So `a | None` matches every document.
///
/// ```
/// use earnorm::prelude::*;
/// use earnorm::Filter;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String, age: Option<u32> }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64, author_id: ObjectId }
/// let adults: Filter<User> = User::AGE.gte(18) & !User::NAME.regex("^A");
/// assert_eq!(
///     adults.to_string(),
///     r#"{ "age": { "$gte": 18 }, "$nor": [{ "name": { "$regex": "^A" } }] }"#,
/// );
///
/// let popular: Filter<User> = adults & User::POSTS.filter(Post::LIKES.gt(100)).any();
/// # let _ = User::find(popular);
/// ```
///
/// # Conditions on related documents
///
/// * `.any()`: at least one related document exists.
/// * `.none()`: no related document exists.
/// * `.every(filter)`: no related document fails the filter. It is true for a document without related ones.
/// * `.count()` and then `.gt(n)`, `.gte(n)`, `.lt(n)`, `.lte(n)`, `.eq(n)` or `.ne(n)`: how many related documents exist, within
///   the `.skip(..)` and the `.limit(..)` of the relation; see [`Counted`](crate::Counted).
///
/// A `.filter(..)` before them restricts the related documents that count, in addition to the filter that the relation
/// declares. It takes any filter, so it can have conditions on relations of the related documents. The order of the
/// relation is irrelevant. With `.limit(0)`, no related document counts; any other limit is irrelevant to `.any()` and
/// `.none()`.
///
/// They work in all filters: of queries, handles, includes, counts, updates and deletes.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Comment", fk = "post_id")]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64, author_id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Comment { #[serde(rename = "_id")] id: ObjectId, spam: bool, post_id: ObjectId }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let silent = User::find(User::POSTS.none()).count(&db).await?;
///
/// // every post has likes, or no comment that is spam
/// let clean = Post::COMMENTS.filter(Comment::SPAM.eq(true)).none();
/// let good = User::find(User::POSTS.every(Post::LIKES.gt(0) | clean) & User::NAME.ne("root")).all(&db).await?;
///
/// // users with a post that has comments
/// let discussed = User::find(User::POSTS.filter(Post::COMMENTS.any()).any()).all(&db).await?;
/// # Ok(()) }
/// ```
///
/// They need no further command: the server joins (`$lookup`) the documents that match the rest of the filter, and
/// reads at most one related document for each. There are two exceptions. An update or a delete reads the ids first,
/// which is one more command. A relation whose key or id has an encoder (`#[serde(with = ..)]`) can't be joined: the
/// keys of the related documents are read first, with one more command for each of these relations.
///
/// A [`collation`](crate::Query::collation) of the query applies to the filters of relations too. Keys and ids are
/// compared without it. This includes text in ids that are documents or arrays, up to five levels deep.
///
/// When the query runs, it fails with [`Error::Invalid`](crate::Error::Invalid) for `.any()`, `.none()` or `.every(..)` of a
/// relation with a `.skip(..)`, and for `.every(..)` of a relation with a limit. If keys have to be read first, it also fails if they
/// take more than 8 MiB, or if the query has a collation.
pub struct Filter<M> {
    pub(crate) condition: Condition,
    /// How deep conditions are nested.
    depth: usize,
    /// A mistake in the filter, which is reported when the query runs.
    refusal: Option<Refusal>,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Filter<M> {
    fn clone(&self) -> Self {
        let (condition, refusal) = (self.condition.clone(), self.refusal.clone());
        Self { condition, depth: self.depth, refusal, model: PhantomData }
    }
}

impl<M> Default for Filter<M> {
    fn default() -> Self {
        Document::new().into()
    }
}

impl<M> fmt::Debug for Filter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({self})")
    }
}

impl<M> fmt::Display for Filter<M> {
    /// The filter document. With conditions on related documents, the stages of the pipeline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.refusal, &self.condition) {
            (Some(Refusal::Encode { source, .. }), _) => source.fmt(f),
            (Some(Refusal::Invalid { reason, .. }), _) => reason.fmt(f),
            (Some(Refusal::Unsaved { model }), _) => write!(f, "a `{model}` without an id"),
            (None, Condition::Own(document)) => document.fmt(f),
            (None, condition) => {
                let (own, joins) = condition.clone().for_display();
                let first = (!own.is_empty()).then(|| doc! { "$match": own });
                Bson::Array(first.into_iter().chain(joins).map(Bson::Document).collect()).fmt(f)
            }
        }
    }
}

impl<M> From<Document> for Filter<M> {
    fn from(document: Document) -> Self {
        match nesting::check_depth(document) {
            Ok((document, depth)) => Self::with_depth(Condition::Own(document), depth),
            Err(error) => Self::from_error(error),
        }
    }
}

impl<M, F: Into<Filter<M>>> From<Option<F>> for Filter<M> {
    /// `None` matches every document.
    fn from(filter: Option<F>) -> Self {
        filter.map_or_else(Self::default, Into::into)
    }
}

impl<M> Filter<M> {
    pub(crate) fn from_refusal(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }

    fn from_error(error: EncodeError) -> Self {
        Self::from_refusal(Refusal::encode::<M>(error))
    }

    pub(crate) fn with_depth(condition: Condition, depth: usize) -> Self {
        let refusal = (depth > nesting::MAX_DEPTH).then(|| Refusal::encode::<M>(nesting::too_deep()));
        Self { condition, depth, refusal, model: PhantomData }
    }

    /// The same condition on documents of another model that have a tag.
    pub(crate) fn with_model<E>(self, tag: Document) -> Filter<E> {
        let Self { condition, depth, refusal, .. } = self;
        Filter::from(tag) & Filter { condition, depth, refusal, model: PhantomData }
    }

    /// Whether it matches every document.
    pub(crate) fn is_always(&self) -> bool {
        self.refusal.is_none() && self.condition.is_always()
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The filter document of a filter without conditions on related documents.
    pub(crate) fn into_document(self) -> crate::Result<Document> {
        match (self.refusal, self.condition) {
            (Some(refusal), _) => Err(refusal.into()),
            (None, Condition::Own(document)) => Ok(document),
            (None, condition) => Ok(condition.split().0),
        }
    }

    fn combine(
        self,
        other: Self,
        fields: fn(Fields, Fields) -> Fields,
        conditions: fn(Condition, Condition) -> Condition,
        is_list: fn(&Condition) -> bool,
    ) -> Self {
        if self.refusal.is_some() {
            return self;
        }
        if other.refusal.is_some() {
            return other;
        }
        let depth = |one: &Self| one.depth + usize::from(!is_list(&one.condition));
        let depth = depth(&self).max(depth(&other));
        let counted = |document, depth| Fields { document, depth };
        match (self.condition, other.condition) {
            (Condition::Own(one), Condition::Own(two)) => {
                fields(counted(one, self.depth), counted(two, other.depth)).into()
            }
            (one, two) => Self::with_depth(conditions(one, two), depth),
        }
    }
}

impl<M> From<Fields> for Filter<M> {
    fn from(Fields { document, depth }: Fields) -> Self {
        Self::with_depth(Condition::Own(document), depth)
    }
}

impl<M, F: IntoFilter<M>> BitAnd<F> for Filter<M> {
    type Output = Self;

    fn bitand(self, other: F) -> Self {
        self.combine(other.into_filter(), Fields::and, Condition::and, |_| true)
    }
}

impl<M, F: IntoFilter<M>> BitOr<F> for Filter<M> {
    type Output = Self;

    fn bitor(self, other: F) -> Self {
        let is_list = |condition: &Condition| matches!(condition, Condition::Either(_));
        self.combine(other.into_filter(), Fields::or, Condition::or, is_list)
    }
}

impl<M> Not for Filter<M> {
    type Output = Self;

    fn not(self) -> Self {
        if self.refusal.is_some() {
            return self;
        }
        match self.condition {
            Condition::Own(document) => Fields { document, depth: self.depth }.not().into(),
            Condition::Not(inner) => Self::with_depth(*inner, self.depth - 1),
            condition => Self::with_depth(condition.not(), self.depth + 1),
        }
    }
}

conversion! {
    /// A filter of documents of `M`: anything that converts into a [`Filter<M>`], such as a
    /// [`Document`](mongodb::bson::Document).
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not a filter of `{M}`",
        label = "not a filter of `{M}`",
        note = "write a condition on a field of `{M}` (`{M}::FIELD.eq(value)`), `.any()`, `.none()` or `.every(..)` of a relation that `{M}` declares, or a document (`doc! {{ \"name\": \"Ada\" }}`); combine several with `&`",
        note = "for a condition on an embedded document, write `Order::LINES.any(..)` or `Order::BILLING.is(..)`"
    )]
    IntoFilter into_filter Filter;
}
