//! Loads a relation to several models: the documents of each model like those of a relation to one.

use std::sync::Arc;

use futures_util::future::join;
use mongodb::bson::Document;

use super::children::reach;
use super::include::{ById, Holds, Values, by_id, load};
use super::reach::LoadKeys;
use super::variant::{IsVariantOf, Models, OfVariant, Replace};
use crate::embedded::Record;
use crate::plan::{
    Alternatives, AnyOf, Documents, Either, JoinAt, Keys, Never, Origin, Parents, Pick, Plan, Readable,
    ReplacesNothing, Rows, RowsOf, Step,
};
use crate::relation::{ManyToAny, ManyToOne, Reference, ReferenceField, RefersTo, RefersToAny, Variant, VariantMarker};
use crate::store::{BoxFuture, Exec, Executor};
use crate::{Model, Result};

/// An include with the list `L` of variants, where `X` is what is loaded of its variant.
type With<S, K, R, L, X> = AnyInclude<S, K, R, <PlaceOf<X, K> as Replace<L, ChosenOf<X, K>>>::List>;

type PlaceOf<X, K> = <X as IsVariantOf<<K as RefersToAny>::To>>::Place;
type ChosenOf<X, K> = <X as IsVariantOf<<K as RefersToAny>::To>>::Chosen;

/// The variants of a field's enum, of which nothing was said yet.
type BareOf<K> = <<<K as RefersToAny>::To as Reference>::Models as Models>::Bare;

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
    type Rows = (Arc<<H::Plan as Plan<H::Target>>::Row<H::View>>, L::Rows);
    fn load<'a>(&'a self, exec: Exec<'a>, parents: Parents<'a, S>) -> BoxFuture<'a, Result<Vec<OneOf<Self::Rows>>>> {
        Box::pin(async move {
            let relation = ManyToOne::<S, H::Target, VariantMarker<R, H::Target>>::of_variant();
            let query = relation.base().filter(self.0.filter());
            let from = Origin::new(exec, None);
            let here = reach::<_, _, H::View>(&relation, &query, self.0.plan(), from, 0, parents);
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
    pub fn with<X: IsVariantOf<K::To>>(self, variant: X) -> With<S, K, R, BareOf<K>, X>
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
    #[track_caller]
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
    #[track_caller]
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
    pub fn with<X: IsVariantOf<K::To>>(self, variant: X) -> With<S, K, R, L, X>
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
    #[track_caller]
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
            D: Alternatives + 'static,
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

            fn keys(&self, keys: &mut Keys) {
                keys.add(R::META);
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
