//! What is loaded of the variants of a reference to several models.

use std::fmt;
use std::marker::PhantomData;

use crate::plan::{NotIn, Plan, Step, View};
use crate::relation::{Reference, Variant, VariantOf};
use crate::schema::{Next, Numbered, Zero};
use crate::{Filter, IntoFilter, Model};

/// The documents of one variant as they are loaded: `Subject::POST.with(Post::AUTHOR)`.
pub struct VariantInclude<E, T: 'static, P, V = T> {
    documents: Chosen<T, P, V>,
    reference: PhantomData<fn() -> E>,
}

/// A variant of which nothing was said: its documents are loaded without relations.
#[doc(hidden)]
pub struct Bare<T>(PhantomData<fn() -> T>);

/// The documents of a variant that match a filter, with what `P` loads for them.
#[doc(hidden)]
pub struct Chosen<T: 'static, P, V = T> {
    filter: Filter<T>,
    plan: P,
    view: PhantomData<fn() -> V>,
}

impl<E: Reference, T: Model> VariantOf<E, T> {
    fn include() -> VariantInclude<E, T, ()> {
        VariantInclude {
            documents: Chosen { filter: Filter::default(), plan: (), view: PhantomData },
            reference: PhantomData,
        }
    }

    /// Reads only the fields of a view of these documents, if the query loads the reference: see
    /// [`Query::view`](crate::Query::view).
    pub fn view<W: View<T>>(self) -> VariantInclude<E, T, (), W::Itself> {
        Self::include().view::<W>()
    }

    /// Also loads a relation of these documents, if the query loads the reference.
    pub fn with<X: Step<T>>(self, step: X) -> VariantInclude<E, T, ((), X::Itself)>
    where
        X::Key: NotIn<()>,
    {
        Self::include().with(step)
    }

    /// Loads only documents of this model that match the filter. Documents of other models are not affected.
    pub fn filter(self, filter: impl IntoFilter<T>) -> VariantInclude<E, T, ()> {
        Self::include().filter(filter)
    }
}

impl<E: Reference, T: Model, P, V> VariantInclude<E, T, P, V> {
    /// Reads only the fields of a view of these documents; see [`Query::view`](crate::Query::view).
    pub fn view<W: View<T>>(self) -> VariantInclude<E, T, P, W::Itself> {
        let Chosen { filter, plan, .. } = self.documents;
        VariantInclude { documents: Chosen { filter, plan, view: PhantomData }, reference: PhantomData }
    }

    /// Also loads a relation of these documents.
    pub fn with<X>(self, step: X) -> VariantInclude<E, T, (P, X::Itself), V>
    where
        P: Plan<T>,
        X: Step<T>,
        X::Key: NotIn<P::Out>,
    {
        let Chosen { filter, plan, .. } = self.documents;
        let documents = Chosen { filter, plan: (plan, step.itself()), view: PhantomData };
        VariantInclude { documents, reference: PhantomData }
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
        Self::include().documents
    }
}

impl<E: Variant<T>, T: Model, P, V> IsVariantOf<E> for VariantInclude<E, T, P, V> {
    type Place = <<E as Variant<T>>::Is as Numbered>::Place;
    type Chosen = Chosen<T, P, V>;
    fn chosen(self) -> Chosen<T, P, V> {
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

/// What is loaded of one variant.
#[doc(hidden)]
pub trait OfVariant: Send + Sync {
    type Target: Model;
    type Plan: Plan<Self::Target>;
    type View: View<Self::Target>;
    fn filter(&self) -> Filter<Self::Target>;
    fn plan(&self) -> &Self::Plan;
}

impl<T: Model> OfVariant for Bare<T> {
    type Target = T;
    type Plan = ();
    type View = T;
    fn filter(&self) -> Filter<T> {
        Filter::default()
    }
    fn plan(&self) -> &() {
        &()
    }
}

impl<T: Model, P: Plan<T>, V: View<T>> OfVariant for Chosen<T, P, V> {
    type Target = T;
    type Plan = P;
    type View = V;
    fn filter(&self) -> Filter<T> {
        self.filter.clone()
    }
    fn plan(&self) -> &P {
        &self.plan
    }
}

impl<E: Reference, T: 'static, P, V> fmt::Debug for VariantInclude<E, T, P, V>
where
    E: Variant<T>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VariantInclude").field(&<E as Variant<T>>::TAG_VALUE).finish()
    }
}
