//! Loads a relation to several models: the documents of each model like those of a relation to one.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::join;
use mongodb::bson::Document;

use super::children::reach;
use super::include::{ById, Holds, Values, by_id, load};
use super::reach::LoadKeys;
use crate::embedded::Record;
use crate::plan::{
    Alternatives, AnyOf, Documents, Either, JoinAt, Never, NotIn, Origin, Parents, Pick, Plan, Readable,
    ReplacesNothing, Rows, RowsOf, Step,
};
use crate::relation::{
    ManyToAny, ManyToOne, Reference, ReferenceField, RefersTo, RefersToAny, Variant, VariantMarker, VariantOf,
};
use crate::schema::{Next, Numbered, Zero};
use crate::store::{BoxFuture, Exec, Executor};
use crate::{Filter, IntoFilter, Model, Result};

/// The documents of one variant as they are loaded: `Subject::POST.with(Post::AUTHOR)`.
pub struct VariantInclude<E, T: 'static, P> {
    documents: Chosen<T, P>,
    reference: PhantomData<fn() -> E>,
}

/// A variant of which nothing was said: its documents are loaded without relations.
#[doc(hidden)]
pub struct Bare<T>(PhantomData<fn() -> T>);

/// The documents of a variant that match a filter, with what `P` loads for them.
#[doc(hidden)]
pub struct Chosen<T: 'static, P> {
    filter: Filter<T>,
    plan: P,
}

impl<E: Reference, T: Model> VariantOf<E, T> {
    fn include(self) -> VariantInclude<E, T, ()> {
        VariantInclude { documents: Chosen { filter: Filter::default(), plan: () }, reference: PhantomData }
    }

    /// Also loads a relation of these documents, if the query loads the reference.
    pub fn with<X: Step<T>>(self, step: X) -> VariantInclude<E, T, ((), X::Itself)>
    where
        X::Key: NotIn<()>,
    {
        self.include().with(step)
    }

    /// Loads only documents of this model that match the filter. Documents of other models are not affected.
    pub fn filter(self, filter: impl IntoFilter<T>) -> VariantInclude<E, T, ()> {
        self.include().filter(filter)
    }
}

impl<E: Reference, T: Model, P> VariantInclude<E, T, P> {
    /// Also loads a relation of these documents.
    pub fn with<X>(self, step: X) -> VariantInclude<E, T, (P, X::Itself)>
    where
        P: Plan<T>,
        X: Step<T>,
        X::Key: NotIn<P::Out>,
    {
        let Chosen { filter, plan } = self.documents;
        VariantInclude { documents: Chosen { filter, plan: (plan, step.itself()) }, reference: PhantomData }
    }

    /// Loads only documents of this model that match the filter. Documents of other models are not affected.
    pub fn filter(mut self, filter: impl IntoFilter<T>) -> Self {
        self.documents.filter = self.documents.filter & filter.into_filter();
        self
    }
}

/// A variant of the enum `E`, with or without modifiers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a variant of `{E}`",
    label = "not a variant of `{E}`",
    note = "a relation to several models takes the variants of its reference, as in `Comment::SUBJECT.with(Subject::POST.with(Post::AUTHOR))`"
)]
pub trait IsVariantOf<E> {
    #[doc(hidden)]
    type Place;
    #[doc(hidden)]
    type Chosen;
    #[doc(hidden)]
    fn chosen(self) -> Self::Chosen;
}

impl<E: Variant<T>, T: Model> IsVariantOf<E> for VariantOf<E, T> {
    type Place = <<E as Variant<T>>::Is as Numbered>::Place;
    type Chosen = Chosen<T, ()>;
    fn chosen(self) -> Chosen<T, ()> {
        self.include().documents
    }
}

impl<E: Variant<T>, T: Model, P> IsVariantOf<E> for VariantInclude<E, T, P> {
    type Place = <<E as Variant<T>>::Is as Numbered>::Place;
    type Chosen = Chosen<T, P>;
    fn chosen(self) -> Chosen<T, P> {
        self.documents
    }
}

/// The place of a variant of which nothing was said yet in the list `L`.
#[diagnostic::on_unimplemented(
    message = "one variant is included twice",
    label = "already included",
    note = "write everything that is loaded of a variant in one `.with(..)`"
)]
pub trait Replace<L, New> {
    #[doc(hidden)]
    type List;
    #[doc(hidden)]
    fn replace(list: L, new: New) -> Self::List;
}

impl<T, L, New> Replace<(Bare<T>, L), New> for Zero {
    type List = (New, L);
    fn replace((_, rest): (Bare<T>, L), new: New) -> (New, L) {
        (new, rest)
    }
}

#[diagnostic::do_not_recommend]
impl<H, L, N: Replace<L, New>, New> Replace<(H, L), New> for Next<N> {
    type List = (H, N::List);
    fn replace((here, rest): (H, L), new: New) -> (H, N::List) {
        (here, N::replace(rest, new))
    }
}

/// The models of an enum of references.
#[doc(hidden)]
pub trait Models {
    /// The variants, of which nothing was said yet.
    type Bare;
    fn bare() -> Self::Bare;
}

impl Models for () {
    type Bare = ();
    fn bare() {}
}

impl<T: Model, L: Models> Models for (T, L) {
    type Bare = (Bare<T>, L::Bare);
    fn bare() -> Self::Bare {
        (Bare(PhantomData), L::bare())
    }
}

type BareOf<K> = <<<K as RefersToAny>::To as Reference>::Models as Models>::Bare;

/// What is loaded of one variant.
#[doc(hidden)]
pub trait OfVariant: Send + Sync {
    type Target: Model;
    type Plan: Plan<Self::Target>;
    fn filter(&self) -> Filter<Self::Target>;
    fn plan(&self) -> &Self::Plan;
}

impl<T: Model> OfVariant for Bare<T> {
    type Target = T;
    type Plan = ();
    fn filter(&self) -> Filter<T> {
        Filter::default()
    }
    fn plan(&self) -> &() {
        &()
    }
}

impl<T: Model, P: Plan<T>> OfVariant for Chosen<T, P> {
    type Target = T;
    type Plan = P;
    fn filter(&self) -> Filter<T> {
        self.filter.clone()
    }
    fn plan(&self) -> &P {
        &self.plan
    }
}

/// The value of each parent: a document of one of the models, if its key refers to one.
type OneOf<L> = Option<<L as Rows>::One>;

/// What is loaded of all variants of the relation `R`, as a list with an item for each.
#[doc(hidden)]
pub trait LoadVariants<S: Record, R>: Send + Sync {
    type Rows: Rows;
    fn load<'a>(&'a self, exec: Exec<'a>, parents: Parents<'a, S>) -> BoxFuture<'a, Result<Vec<OneOf<Self::Rows>>>>;
}

impl<S: Record, R> LoadVariants<S, R> for () {
    type Rows = ();
    fn load<'a>(&'a self, _: Exec<'a>, parents: Parents<'a, S>) -> BoxFuture<'a, Result<Vec<Option<Never>>>> {
        Box::pin(std::future::ready(Ok((0..parents.len()).map(|_| None).collect())))
    }
}

impl<S, R, H, L> LoadVariants<S, R> for (H, L)
where
    S: Record,
    R: ReferenceField<Source = S>,
    R::Key: RefersToAny<To: Variant<H::Target, Id: RefersTo<<H::Target as Model>::Id>>>,
    H: OfVariant,
    L: LoadVariants<S, R>,
{
    type Rows = (Arc<<H::Plan as Plan<H::Target>>::Row>, L::Rows);
    fn load<'a>(&'a self, exec: Exec<'a>, parents: Parents<'a, S>) -> BoxFuture<'a, Result<Vec<OneOf<Self::Rows>>>> {
        Box::pin(async move {
            let relation = ManyToOne::<S, H::Target, VariantMarker<R, H::Target>>::of_variant();
            let query = relation.base().filter(self.0.filter());
            let here = reach(&relation, &query, self.0.plan(), Origin::new(exec, None), 0, parents);
            // both are awaited to their end: a future of the driver must not be dropped while it runs
            let (here, rest) = join(here, self.1.load(exec, parents)).await;
            let each = here?.into_iter().zip(rest?);
            Ok(each.map(|(here, rest)| here.into_inner().map(Either::Here).or(rest.map(Either::There))).collect())
        })
    }
}

/// A relation to several models together with what is loaded of its variants:
/// `Comment::SUBJECT.with(Subject::POST.with(Post::AUTHOR))`.
pub struct AnyInclude<S: 'static, K: 'static, R, L> {
    relation: ManyToAny<S, K, R>,
    variants: L,
}

impl<S: Record, K: RefersToAny, R: ReferenceField<Source = S, Key = K>> ManyToAny<S, K, R>
where
    <K::To as Reference>::Models: Models,
{
    /// Also loads relations of the documents of one variant, or only some of these documents. Documents of the other
    /// variants are loaded too.
    ///
    /// A query with the relation sends one command more for each model that occurs and each started 1,000 ids, and one
    /// for each further relation.
    ///
    /// ```no_run
    /// use earnorm::prelude::*;
    ///
    /// # #[derive(Clone, Copy, Serialize, Deserialize, Reference)]
    /// # #[serde(tag = "type", content = "id")]
    /// # enum Subject { Post(ObjectId), Photo(ObjectId) }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Comment { #[serde(rename = "_id")] id: ObjectId, #[relation(many_to_one)] subject: Subject }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, #[relation(many_to_one, target = User)] author_id: ObjectId }
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Photo { #[serde(rename = "_id")] id: ObjectId }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let comments = Comment::find_all().with(Comment::SUBJECT.with(Subject::POST.with(Post::AUTHOR))).all(&db).await?;
    /// for comment in &comments {
    ///     match comment.related(Comment::SUBJECT) {
    ///         Some(SubjectDocument::Post(post)) => println!("{:?}", post.related(Post::AUTHOR).map(|user| &user.name)),
    ///         Some(SubjectDocument::Photo(photo)) => println!("photo {}", photo.id),
    ///         None => println!("what it refers to doesn't exist"),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn with<X: IsVariantOf<K::To>>(
        self,
        variant: X,
    ) -> AnyInclude<S, K, R, <X::Place as Replace<BareOf<K>, X::Chosen>>::List>
    where
        X::Place: Replace<BareOf<K>, X::Chosen>,
    {
        let variants = X::Place::replace(<K::To as Reference>::Models::bare(), variant.chosen());
        AnyInclude { relation: self, variants }
    }

    /// Loads the relation for documents that you already hold, and returns one value for each, in the order of
    /// `parents`: `None` for a null key, an unknown tag and a document that doesn't exist. One command for each model that
    /// occurs and each started 1,000 ids, concurrently.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), [`Error::Driver`](crate::Error::Driver).
    pub fn load<'a, H: Holds<S>>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> Values<'a, Self, S>
    where
        Self: Step<S>,
    {
        load(self, on.executor(), parents)
    }

    /// Does the same as [`load`](Self::load), but returns a map from the ids of the documents. As many commands.
    ///
    /// # Errors
    ///
    /// The same as for [`load`](Self::load).
    pub fn batch_load<'a, H: Holds<S>>(
        &'a self,
        on: impl Executor<'a>,
        parents: &'a [H],
    ) -> ById<'a, S, <Self as Step<S>>::Value>
    where
        S: Model,
        Self: Step<S>,
    {
        by_id(self, on.executor(), parents)
    }
}

impl<S: Record, K: RefersToAny, R: ReferenceField<Source = S, Key = K>, L> AnyInclude<S, K, R, L> {
    /// Does the same for one more variant.
    pub fn with<X: IsVariantOf<K::To>>(
        self,
        variant: X,
    ) -> AnyInclude<S, K, R, <X::Place as Replace<L, X::Chosen>>::List>
    where
        X::Place: Replace<L, X::Chosen>,
    {
        AnyInclude { relation: self.relation, variants: X::Place::replace(self.variants, variant.chosen()) }
    }

    /// Loads the relation for documents that you already hold; see [`ManyToAny::load`].
    ///
    /// # Errors
    ///
    /// The same as for [`ManyToAny::load`].
    pub fn load<'a, H: Holds<S>>(&'a self, on: impl Executor<'a>, parents: &'a [H]) -> Values<'a, Self, S>
    where
        Self: Step<S>,
    {
        load(self, on.executor(), parents)
    }
}

async fn load_any<S, R, L, D>(exec: Exec<'_>, variants: &L, parents: Parents<'_, S>) -> Result<Vec<AnyOf<D>>>
where
    S: Record,
    R: ReferenceField<Source = S>,
    R::Key: RefersToAny<To: Documents<L::Rows, Document = D>>,
    L: LoadVariants<S, R, Rows: RowsOf<D>>,
{
    let found = variants.load(exec, parents).await?;
    let build = |one| L::Rows::build(one, <R::Key as RefersToAny>::To::constructors());
    Ok(found.into_iter().map(|one| AnyOf(one.map(build))).collect())
}

macro_rules! steps {
    ($([$($generic:ident)?] $step:ty, $variants:ty, |$self:ident| $list:expr;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S, K, R, D $(, $generic)?> Step<S> for $step
        where
            S: Record,
            R: ReferenceField<Source = S, Key = K>,
            K: RefersToAny<To: Documents<<$variants as LoadVariants<S, R>>::Rows, Document = D>>,
            <K::To as Reference>::Models: Models,
            $variants: LoadVariants<S, R, Rows: RowsOf<D>>,
            D: Alternatives,
        {
            type Key = R;
            type Value = AnyOf<D>;
            type Replaces = ReplacesNothing;
            type Itself = Self;

            fn itself(self) -> Self {
                self
            }

            fn fetch<'a>(
                &'a $self,
                from: Origin<'a>,
                _: usize,
                parents: Parents<'a, S>,
            ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
                Box::pin(async move { load_any::<S, R, _, D>(from.exec, $list, parents).await })
            }

            /// A join can't choose a collection by the tag of a document.
            fn join(&self, _: &JoinAt, _: usize) -> Result<Vec<Document>> {
                Ok(Vec::new())
            }
        }
    )* };
}
steps! {
    [] ManyToAny<S, K, R>, BareOf<K>, |self| &<K::To as Reference>::Models::bare();
    [L] AnyInclude<S, K, R, L>, L, |self| &self.variants;
}

#[diagnostic::do_not_recommend]
impl<S: 'static, K: 'static, R> Pick for ManyToAny<S, K, R> {
    type Key = R;
}

#[diagnostic::do_not_recommend]
impl<S: 'static, K: 'static, R, L> Pick for AnyInclude<S, K, R, L> {
    type Key = R;
}

/// The type of the loaded value if it had been loaded, for messages.
#[diagnostic::do_not_recommend]
impl<S, K, R, D> Readable for ManyToAny<S, K, R>
where
    S: 'static,
    K: RefersToAny,
    <K::To as Reference>::Models: RowsOf<D>,
    K::To: Documents<<K::To as Reference>::Models, Document = D>,
    D: 'static,
{
    type Ref<'a> = Option<&'a D>;
}

impl<E: Reference, T: 'static, P> fmt::Debug for VariantInclude<E, T, P>
where
    E: Variant<T>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VariantInclude").field(&<E as Variant<T>>::TAG_VALUE).finish()
    }
}
