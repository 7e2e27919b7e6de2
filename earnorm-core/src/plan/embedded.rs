//! Loads relations of embedded documents.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use mongodb::bson::{Bson, Document};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::described::Shown;
use super::members::Members;
use super::origin::{JoinAt, JoinedRows, Origin};
use super::parents::{Parent, Parents, only_an_id};
use super::pick::{CountedIn, LoadedIn, Pick, Readable};
use super::place::{Keyed, NotIn, ReplacesNothing};
use super::row::{Entries, Flat, Member, Written};
use super::steps::{Plan, Step};
use super::value::ReadValue;
use super::view::{Keys, View};
use crate::embedded::{Embedded, EmbeddedField, EmbeddedPath, Embedding, Embeds, Flattened, LoadedElement, Record};
use crate::schema::{KeyHolder, Numbered};
use crate::store::{self, BoxFuture};
use crate::{Error, Result, bson, field};

/// A field that holds embedded documents, with relations of these that are loaded: `Order::LINES.with(Line::PRODUCT)`.
///
/// The relations of all embedded documents of all documents are loaded together: one command for every started 1,000
/// distinct keys.
pub struct EmbeddedInclude<I, P> {
    plan: P,
    field: PhantomData<fn() -> I>,
}

impl<I, P: Clone> Clone for EmbeddedInclude<I, P> {
    fn clone(&self) -> Self {
        Self { plan: self.plan.clone(), field: PhantomData }
    }
}

/// The embedded documents of the field `I`.
type RecordOf<I> = <<I as Embedding>::Field as EmbeddedField>::Record;

impl<I: Embedding<Field: EmbeddedField>> EmbeddedInclude<I, ()> {
    const NEW: Self = Self { plan: (), field: PhantomData };
}

impl<I: Embedding<Field: EmbeddedField>, P> EmbeddedInclude<I, P> {
    /// Also loads a relation of the embedded documents, or relations of the documents that are embedded in them.
    pub fn with<X>(self, step: X) -> EmbeddedInclude<I, (P, X::Itself)>
    where
        P: Plan<RecordOf<I>>,
        X: Step<RecordOf<I>>,
        X::Key: NotIn<P::Out>,
    {
        EmbeddedInclude { plan: (self.plan, step.itself()), field: PhantomData }
    }
}

macro_rules! with {
    ($($constant:ident)*) => { $(
        impl<M, T: EmbeddedField, I: Embedding<Holder = M, Field = T>> $constant<M, T, I> {
            /// Loads a relation of the embedded documents: `Order::LINES.with(Line::PRODUCT)`.
            pub fn with<X>(self, step: X) -> EmbeddedInclude<I, ((), X::Itself)>
            where
                X: Step<T::Record>,
                X::Key: NotIn<()>,
            {
                EmbeddedInclude::<I, ()>::NEW.with(step)
            }
        }
    )* };
}
with!(Embeds Flattened);

/// The place of the field `I` among the loaded values of a row.
pub struct EmbeddedKey<I>(PhantomData<fn() -> I>);

impl<I: Embedding> Keyed for EmbeddedKey<I> {
    type Of = I::Holder;
    type Place = <I::Is as Numbered>::Place;
    const HOLDER: KeyHolder = KeyHolder::Source;
    const RELATION: &'static str = I::FIELD;
    fn with_name<T>(f: impl FnOnce(&str) -> T) -> T {
        f(I::FIELD)
    }
}

/// What was loaded for the embedded documents of one document: a value for each, in their order.
#[doc(hidden)]
pub struct EmbeddedValues<I: Embedding, L> {
    pub(super) loaded: Vec<L>,
    /// The embedded documents of a document of which a view was read: the view may lack them.
    own: Option<Arc<I::Field>>,
}

impl<I: Embedding, L: Clone> Clone for EmbeddedValues<I, L> {
    fn clone(&self) -> Self {
        Self { loaded: self.loaded.clone(), own: self.own.clone() }
    }
}

impl<I: Embedding, L: PartialEq> PartialEq for EmbeddedValues<I, L> {
    fn eq(&self, other: &Self) -> bool {
        self.loaded == other.loaded
    }
}

impl<I: Embedding, L: Entries> fmt::Debug for EmbeddedValues<I, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Entry<'a, L>(&'a L);
        impl<L: Entries> fmt::Debug for Entry<'_, L> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("(")?;
                self.0.debug(f)?;
                f.write_str(")")
            }
        }
        f.debug_list().entries(self.loaded.iter().map(Entry)).finish()
    }
}

impl<I: Embedding<Field: EmbeddedField>, L> EmbeddedValues<I, L> {
    fn new(loaded: Vec<L>, own: Option<I::Field>) -> Self {
        Self { loaded, own: own.map(Arc::new) }
    }

    /// The embedded documents for which the values were loaded.
    fn of<'a, V: View<I::Holder>>(&'a self, holder: &'a V) -> &'a I::Field {
        let held = holder.held::<I>(self.own.as_deref());
        held.unwrap_or_else(|| unreachable!("a view has no embedded documents, so they were read for it"))
    }
}

impl<I: Embedding<Field: EmbeddedField>, L, V: View<I::Holder>> ReadValue<V> for EmbeddedValues<I, L> {
    type Ref<'a>
        = <I::Field as EmbeddedField>::View<'a, L>
    where
        L: 'a,
        I: 'a;

    fn view<'a>(&'a self, holder: &'a V) -> Self::Ref<'a> {
        self.of(holder).view(&self.loaded)
    }
}

impl<I, L, V> Member<V> for EmbeddedValues<I, L>
where
    I: Embedding<Field: EmbeddedField>,
    L: Written<RecordOf<I>>,
    V: View<I::Holder> + Shown,
{
    const REPLACES: bool = true;

    /// A flattened field has no member of its own, so the relations of its document are members of the holder. A view may
    /// lack the field; the embedded documents are then a member that is added.
    fn write<S: SerializeMap>(&self, members: &mut Members<'_, V, S>, _: &str) -> Result<(), S::Error> {
        if !I::NAME.is_empty() {
            if V::has_field(I::NAME) {
                return Ok(());
            }
            let merged = Merged(self.of(members.document()), &self.loaded);
            return members.entry(I::NAME, &merged);
        }
        let mut outcome = Ok(());
        let mut loaded = self.loaded.iter();
        self.of(members.document()).visit(&mut |record| {
            if let (Ok(()), Some(loaded)) = (&outcome, loaded.next()) {
                outcome = members.flattened(record, |members| loaded.entries(members));
            }
        });
        outcome
    }

    fn replacement<'a>(&'a self, holder: &'a V, name: &str) -> Option<Box<dyn erased_serde::Serialize + 'a>> {
        (name == I::NAME)
            .then(|| -> Box<dyn erased_serde::Serialize + 'a> { Box::new(Merged(self.of(holder), &self.loaded)) })
    }
}

/// The embedded documents of a field, each with its loaded relations as members.
struct Merged<'a, F, L>(&'a F, &'a [L]);

impl<F: EmbeddedField, L: Written<F::Record>> Serialize for Merged<'_, F, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_with(self.1, &Flat, serializer)
    }
}

#[diagnostic::do_not_recommend]
impl<I, P> Step<I::Holder> for EmbeddedInclude<I, P>
where
    I: Embedding<Field: EmbeddedField>,
    P: Plan<RecordOf<I>>,
{
    type Key = EmbeddedKey<I>;
    type Value = EmbeddedValues<I, P::Out>;
    type Replaces = ReplacesNothing;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }

    fn fetch<'a>(
        &'a self,
        from: Origin<'a>,
        place: usize,
        parents: Parents<'a, I::Holder>,
    ) -> BoxFuture<'a, Result<Vec<Self::Value>>> {
        Box::pin(async move {
            let own =
                parents.iter().map(|holder| own_field::<I>(&holder)).collect::<Result<Vec<Option<I::Field>>>>()?;
            let (mut records, mut holder_of) = (Vec::new(), Vec::new());
            let mut numbers = Vec::with_capacity(own.len());
            for (index, (holder, own)) in parents.iter().zip(&own).enumerate() {
                let field = match (holder, own) {
                    (Parent::Document(holder), _) => Some(I::get(holder)),
                    (_, own) => own.as_ref(),
                };
                let before = records.len();
                if let Some(field) = field {
                    field.visit(&mut |record| {
                        records.push(record);
                        holder_of.push(index);
                    });
                }
                numbers.push(records.len() - before);
            }
            let (rows, slots) = (from.rows_of(&holder_of), from.slots_of(place));
            let rows = rows.as_ref().map(|(batch, rows)| JoinedRows { batch, rows });
            let inside = from.inside(rows, &slots, <I as EmbeddedPath>::MULTIPLE);
            let loaded = self.plan.load(inside, Parents::documents(&records)).await?;
            let mut loaded = loaded.into_iter();
            let values = numbers.into_iter().map(|number| loaded.by_ref().take(number).collect());
            Ok(values.zip(own).map(|(loaded, own)| EmbeddedValues::new(loaded, own)).collect())
        })
    }

    fn keys(&self, keys: &mut Keys) {
        keys.add_embedded(I::NAME);
    }

    fn join(&self, at: &JoinAt, place: usize) -> Result<Vec<Document>> {
        self.plan.join(&at.inside(<I as EmbeddedPath>::PATTERN, place))
    }
}

#[diagnostic::do_not_recommend]
impl<M, T, I> Pick for Embeds<M, T, I> {
    type Key = EmbeddedKey<I>;
}

#[diagnostic::do_not_recommend]
impl<M, T, I> Pick for Flattened<M, T, I> {
    type Key = EmbeddedKey<I>;
}

#[diagnostic::do_not_recommend]
impl<I, P> Pick for EmbeddedInclude<I, P> {
    type Key = EmbeddedKey<I>;
}

#[diagnostic::do_not_recommend]
impl<M, T: EmbeddedField, I> Readable for Embeds<M, T, I> {
    type Ref<'a> = T::View<'a, ()>;
}

#[diagnostic::do_not_recommend]
impl<M, T: EmbeddedField, I> Readable for Flattened<M, T, I> {
    type Ref<'a> = T::View<'a, ()>;
}

/// The embedded documents of a document of which a view was read; `None` for other documents, which have them.
fn own_field<I: Embedding<Field: EmbeddedField>>(holder: &Parent<'_, I::Holder>) -> Result<Option<I::Field>> {
    let document = match holder {
        Parent::Document(_) => return Ok(None),
        Parent::Id(_) => return Err(only_an_id::<I::Holder>()),
        Parent::Raw(document) => *document,
    };
    if I::NAME.is_empty() {
        return store::decode_as::<I::Holder, I::Field>(document).map(Some);
    }
    match (field::value(document, I::NAME)?, I::Field::missing()) {
        (Bson::Null, Some(missing)) => Ok(Some(missing)),
        (value, _) => bson::decode(value).map(Some).map_err(|source| Error::Decode {
            model: <I::Holder as Record>::TABLE.name,
            field: I::NAME.to_owned(),
            id: Box::new(field::value(document, "_id").unwrap_or(Bson::Null)),
            source,
        }),
    }
}

/// Implemented by no type: an embedded document in its field has no loaded relations.
#[diagnostic::on_unimplemented(
    message = "this `{Self}` has no loaded relations",
    label = "a `{Self}` without its relations",
    note = "add the relation to the query, and read the field with it: `.with(Order::LINES.with(Line::PRODUCT))`, and `order.related(Order::LINES)` in place of `order.lines`",
    note = "to load a relation now, call its method: `line.product().get(&db)`"
)]
#[doc(hidden)]
pub trait LoadedInPlace {
    fn none<T>() -> T;
}

/// For an embedded document in its field, `related` and `count` are compiler errors that say what to write.
#[doc(hidden)]
pub trait PlainElement: Embedded {
    fn related<D: Readable>(&self, _relation: D) -> D::Ref<'_>
    where
        Self: LoadedInPlace,
    {
        Self::none()
    }

    fn count<D: Readable>(&self, _relation: D) -> u64
    where
        Self: LoadedInPlace,
    {
        Self::none()
    }
}

impl<E: Embedded> PlainElement for E {}

impl<'a, E, L> LoadedElement<'a, E, L> {
    /// The loaded documents of a relation; see [`Loaded::related`](crate::Loaded::related).
    pub fn related<D: LoadedIn<L, Value = V>, V: ReadValue<E>>(self, _relation: D) -> V::Ref<'a> {
        D::value(self.loaded).view(self.record)
    }

    /// The loaded count of a relation; see [`Loaded::count`](crate::Loaded::count).
    pub fn count<D: CountedIn<L, N>, N>(self, _relation: D) -> N {
        D::number(self.loaded)
    }
}
