//! Parents by their children: conditions on the documents that a document is related to.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use mongodb::bson::Document;
use mongodb::options::FindOptions;

use super::condition::{Condition, Question};
use super::join::stages;
use super::{Filter, Find, Query, Refusal};
use crate::IntoHaving;
use crate::store::{self, Exec};
use crate::{Error, Model, Relation, Result, nesting};

/// A condition on documents of the model `M` by what they are related to: `User::POSTS.any()`, `.none()`, `.every(..)`.
///
/// Conditions combine with `&`, `|` and `!`, with each other and with a [`Filter`], on either side. What they are for is
/// [`Query::having`].
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, likes: i64, author_id: ObjectId }
/// let liked: Having<User> = User::POSTS.filter(Post::LIKES.gt(100)).any();
/// let modest = User::NAME.regex("^A") & (liked | User::POSTS.none());
/// # let _ = User::query().having(modest);
/// ```
pub struct Having<M> {
    condition: Condition,
    /// How many conditions lie in each other.
    depth: usize,
    refusal: Option<Refusal>,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Having<M> {
    fn clone(&self) -> Self {
        let (condition, refusal) = (self.condition.clone(), self.refusal.clone());
        Self { condition, depth: self.depth, refusal, model: PhantomData }
    }
}

impl<M> fmt::Debug for Having<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Having").field(&self.condition).finish()
    }
}

impl<M: Model> From<Filter<M>> for Having<M> {
    fn from(filter: Filter<M>) -> Self {
        match filter.document() {
            Ok(document) => document.clone().into(),
            Err(source) => Self::refused(Refusal::Encode { model: M::METADATA.name, source }),
        }
    }
}

impl<M> From<Document> for Having<M> {
    fn from(document: Document) -> Self {
        match nesting::checked(document) {
            Ok((document, _)) => Condition::Own(document).into(),
            Err(source) => Self::refused(Refusal::encode::<M>(source)),
        }
    }
}

impl<M, H: Into<Having<M>>> From<Option<H>> for Having<M> {
    /// Every document fulfils `None`.
    fn from(condition: Option<H>) -> Self {
        condition.map_or_else(|| Document::new().into(), Into::into)
    }
}

impl<M> From<Condition> for Having<M> {
    fn from(condition: Condition) -> Self {
        let depth = condition.nesting();
        Self::nested(condition, depth)
    }
}

impl<M> Having<M> {
    fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Condition::always().into() }
    }

    fn nested(condition: Condition, depth: usize) -> Self {
        let refusal = (depth > nesting::MOST).then(|| Refusal::encode::<M>(nesting::too_deep()));
        Self { condition, depth, refusal, model: PhantomData }
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident $join:ident $list:ident;)*) => { $(
        impl<M, H: IntoHaving<M>> $operator<H> for Having<M> {
            type Output = Self;

            fn $method(self, other: H) -> Self {
                let other = other.into_having();
                // what is a list already grows
                let depth = |one: &Self| one.depth + usize::from(!matches!(one.condition, Condition::$list(_)));
                let depth = depth(&self).max(depth(&other));
                if let Some(refusal) = self.refusal.or(other.refusal) {
                    return Self::refused(refusal);
                }
                Self::nested(self.condition.$join(other.condition), depth)
            }
        }

        impl<M: Model> $operator<Having<M>> for Filter<M> {
            type Output = Having<M>;

            fn $method(self, other: Having<M>) -> Having<M> {
                Having::from(self).$method(other)
            }
        }
    )* };
}
operators! {
    BitAnd bitand and All;
    BitOr bitor or Either;
}

impl<M> Not for Having<M> {
    type Output = Self;

    fn not(self) -> Self {
        if self.refusal.is_some() {
            return self;
        }
        let depth = if matches!(self.condition, Condition::Not(_)) { self.depth - 1 } else { self.depth + 1 };
        Self::nested(self.condition.not(), depth)
    }
}

impl<M: Model> Having<M> {
    /// That the documents of a relation which `query` asks for are not none.
    pub(crate) fn any<R: Relation<Source = M>, T: Model>(query: Query<T>) -> Self {
        if query.window_end() == Some(0) {
            return Condition::never().into();
        }
        if query.skip.is_some_and(|n| n > 0) {
            return Self::of_a_part::<R>("a `skip`", "leave it out");
        }
        let Having { condition, refusal, .. } = query.condition();
        Self::of(Condition::has(R::META, condition), refusal)
    }

    /// That none of the documents of a relation which `query` asks for fails a condition.
    pub(crate) fn every<R: Relation<Source = M>, T: Model>(query: Query<T>, condition: Having<T>) -> Self {
        let limit = query.window_end();
        if limit == Some(0) {
            return Condition::always().into();
        }
        if limit.is_some() || query.skip.is_some_and(|n| n > 0) {
            return Self::of_a_part::<R>("a `limit` or a `skip`", "leave it out, or ask a relation without");
        }
        let Having { condition: related, refusal, .. } = query.condition();
        let failing = related.and(condition.condition.not());
        Self::of(Condition::has(R::META, failing).not(), refusal.or(condition.refusal))
    }

    /// A condition, unless a part of it was refused.
    fn of(condition: Condition, refusal: Option<Refusal>) -> Self {
        refusal.map_or_else(|| condition.into(), Self::refused)
    }

    fn of_a_part<R: Relation<Source = M>>(part: &str, instead: &str) -> Self {
        let relation = R::META.name;
        let reason = format!("`having` asks of all documents of `{relation}`, but this one has {part}; {instead}");
        Self::refused(Refusal::Invalid { model: M::METADATA.name, reason })
    }
}

impl<M, P> Query<M, P> {
    /// Only documents that also fulfil this: a condition on what they are related to.
    ///
    /// Such a condition begins with a relation, and ends with what is asked of its documents:
    ///
    /// * `.any()`: there is one;
    /// * `.none()`: there is none;
    /// * `.every(..)`: none of them fails a condition. It is true where there are none.
    ///
    /// A `.filter(..)` or a `.having(..)` between the two says which documents of the relation are meant, besides what it
    /// declares itself. So conditions go through relations of relations, as far as you like. The order and the limit of a
    /// relation don't matter to whether there is one; `.limit(0)` leaves none. A `.skip(..)` is refused, and so is
    /// `.every(..)` of a relation with a limit.
    ///
    /// It costs no command: the server joins (`$lookup`) the documents that pass the query's own filter, and reads no more
    /// than one document of a relation. [`update`](Query::update) reads the ids first, one command more. A relation whose
    /// key or id is stored by an encoder of its own (`#[serde(with = ..)]`) can't be joined: its documents are read first
    /// for their keys, one command more for each.
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
    /// let liked = User::POSTS.filter(Post::LIKES.gt(100)).any();
    /// let stars = User::query().having(liked).order_by(User::NAME.asc()).all(&db).await?;
    ///
    /// let silent = User::query().having(User::POSTS.none()).count(&db).await?;
    ///
    /// // every post has likes, or no comment that is spam
    /// let clean = Post::COMMENTS.filter(Comment::SPAM.eq(true)).none();
    /// let good = User::POSTS.every(Post::LIKES.gt(0) | clean);
    /// let good = User::query().having(good & User::NAME.ne("root")).all(&db).await?;
    ///
    /// // whose posts have comments
    /// let discussed = User::POSTS.having(Post::COMMENTS.any()).any();
    /// let discussed = User::query().having(discussed).all(&db).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// A [`collation`](Query::collation) of the query counts for all its filters, those of relations too; keys and ids are
    /// compared as they are, text in documents and arrays too, if it is no more than five levels deep.
    ///
    /// # Errors
    ///
    /// Told when the query runs: [`Error::Invalid`] for what is refused above, and where keys that have to be read first
    /// are together over 8 MiB, or meet a collation.
    pub fn having(mut self, condition: impl IntoHaving<M>) -> Self {
        let Having { condition, refusal, .. } = condition.into_having();
        self.having = self.having.and(condition);
        self.refusal = self.refusal.or(refusal);
        self
    }
}

impl<M: Model> Query<M> {
    /// What its documents fulfil.
    fn condition(self) -> Having<M> {
        let refusal = self.refusal;
        let filter = Having::from(self.filter);
        Having::of(filter.condition.and(self.having), refusal.or(filter.refusal))
    }
}

/// The next part of a condition that the server can't answer together with the rest.
fn question<M: Model>(condition: &mut Condition, collated: bool) -> Result<Option<Question<'_>>> {
    match condition.question() {
        Some(question) if collated => Err(invalid::<M>(format!(
            "`having` reads keys of `{}` first, and a collation would take some for equal that aren't; leave it out",
            question.find.collection
        ))),
        question => Ok(question),
    }
}

impl<M: Model, P> Query<M, P> {
    /// The query with its open questions answered: one command for each.
    pub(super) async fn answered(mut self, exec: Exec<'_>) -> Result<Self> {
        let options = FindOptions::builder()
            .comment(self.options.comment.clone())
            .max_time(self.options.max_time)
            // what follows may be a write
            .selection_criteria(store::primary(exec))
            .build();
        while let Some(question) = question::<M>(&mut self.having, self.options.collation.is_some())? {
            let (mut options, read) = (options.clone(), question.reading());
            options.projection = question.projection();
            let found = store::find(exec, question.find.clone(), options, read).await?;
            question.answer(found).map_err(|keys| {
                invalid::<M>(format!(
                    "`having` reads {keys} keys first, which don't fit into a command; ask of fewer documents"
                ))
            })?;
        }
        Ok(self)
    }

    /// Adds to `find` what related documents have to fulfil; gives what is left for the document itself.
    pub(super) fn join(&self, find: &mut Find) -> Result<Filter<M>> {
        let (mut condition, collated) = (self.having.clone(), self.options.collation.is_some());
        while let Some(question) = question::<M>(&mut condition, collated)? {
            find.first.push(question.show());
        }
        let (own, related) = condition.split();
        find.having = stages(&related, collated);
        Ok(own.into())
    }
}

fn invalid<M: Model>(reason: String) -> Error {
    Error::Invalid { model: M::METADATA.name, reason, value: false }
}
