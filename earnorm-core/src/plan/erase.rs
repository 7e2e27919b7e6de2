//! Type erasure of results: from [`Loaded`] to [`Erased`].

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::embedded::EmbeddedValues;
use super::erased::{Erased, ErasedSlot, LoadedValue};
use super::erased_element::ErasedElements;
use super::linked::Linked;
use super::place::Keyed;
use super::row::Loaded;
use super::slot::Slot;
use super::value::{Asked, Shared};
use crate::Model;
use crate::embedded::{EmbeddedField, Embedding};

/// A result of a query that can be erased: one row, or a `Vec` or an `Option` of rows.
///
/// ```no_run
/// use earnorm::Erased;
/// use earnorm::prelude::*;
///
/// # #[derive(Clone, Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, #[relation(many_to_one, target = "User")] author_id: ObjectId }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let posts: Vec<Erased<Post>> = Post::find_all().with(Post::AUTHOR).all(&db).await?.erase();
/// let post: Option<Erased<Post>> = Post::find_all().first(&db).await?.erase();
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a result of a query",
    label = "expected a row of a query, or a `Vec` or an `Option` of rows",
    note = "a row with views can't be erased: an `Erased` value has documents of models"
)]
pub trait Erase: Sized {
    /// The same type with [`Erased`] in place of each row.
    type Erased;

    /// Removes from the type what was loaded. Sends nothing.
    ///
    /// A document to which several parents refer is still shared by them. It is cloned once, so its model must
    /// implement `Clone`.
    fn erase(self) -> Self::Erased {
        self.erase_with(&mut Memo::default())
    }

    #[doc(hidden)]
    fn erase_with(self, memo: &mut Memo) -> Self::Erased;
}

/// The shared documents that were erased already, by their addresses. Keeps the originals, so that no other value can
/// get the same address.
#[doc(hidden)]
#[derive(Default)]
pub struct Memo(HashMap<usize, SharedPair>);

/// A shared document, and the same document erased.
type SharedPair = (Box<dyn Any>, Box<dyn Any>);

impl<M: Model> Erase for M {
    type Erased = Erased<M>;

    fn erase_with(self, _: &mut Memo) -> Erased<M> {
        Erased::new(self, Vec::new())
    }
}

impl<M: Model, L: EraseSlots> Erase for Loaded<M, L> {
    type Erased = Erased<M>;

    fn erase_with(self, memo: &mut Memo) -> Erased<M> {
        let (model, related) = self.into_parts();
        let mut slots = Vec::with_capacity(L::COUNT);
        related.slots(memo, &mut slots);
        Erased::new(model, slots)
    }
}

impl<M: Model, L: EraseSlots> Loaded<M, L> {
    /// Removes from the type what was loaded; see [`Erase::erase`].
    pub fn erase(self) -> Erased<M> {
        Erase::erase(self)
    }
}

impl<T: Erase> Erase for Vec<T> {
    type Erased = Vec<T::Erased>;

    fn erase_with(self, memo: &mut Memo) -> Vec<T::Erased> {
        self.into_iter().map(|row| row.erase_with(memo)).collect()
    }
}

impl<T: Erase> Erase for Option<T> {
    type Erased = Option<T::Erased>;

    fn erase_with(self, memo: &mut Memo) -> Option<T::Erased> {
        self.map(|row| row.erase_with(memo))
    }
}

impl<T: Erase, J> Erase for Linked<T, J> {
    type Erased = Linked<T::Erased, J>;

    fn erase_with(self, memo: &mut Memo) -> Linked<T::Erased, J> {
        Linked { target: self.target.erase_with(memo), link: self.link }
    }
}

/// The loaded relations of a document.
#[doc(hidden)]
pub trait EraseSlots {
    const COUNT: usize;
    fn slots(self, memo: &mut Memo, slots: &mut Vec<ErasedSlot>);
}

impl EraseSlots for () {
    const COUNT: usize = 0;
    fn slots(self, _: &mut Memo, _: &mut Vec<ErasedSlot>) {}
}

impl<P: EraseSlots, K: Keyed + 'static, V: Erasable> EraseSlots for (P, Slot<K, V>) {
    const COUNT: usize = P::COUNT + 1;
    fn slots(self, memo: &mut Memo, slots: &mut Vec<ErasedSlot>) {
        self.0.slots(memo, slots);
        slots.extend(self.1.value.value(memo).map(ErasedSlot::new::<K>));
    }
}

/// The value of one relation.
#[doc(hidden)]
pub trait Erasable {
    /// The value; `None` if the include was `None`.
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>>;
}

/// A value that is stored and serialized unchanged.
pub(super) struct Plain<T>(pub(super) T);

impl<T: Any + Serialize + Send + Sync> LoadedValue for Plain<T> {
    fn loaded(&self) -> &dyn Any {
        &self.0
    }
    fn as_serialize(&self) -> &dyn erased_serde::Serialize {
        &self.0
    }
}

impl<T: Erase<Erased: Item>> Erasable for Vec<T> {
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        Some(Item::list(self.erase_with(memo)))
    }
}

impl<T: Erase<Erased: Any + Serialize + Send + Sync>> Erasable for Option<T> {
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        Some(Box::new(Plain(self.erase_with(memo))))
    }
}

impl<T> Erasable for Shared<T>
where
    T: Erase<Erased: Any + Serialize + Send + Sync> + Clone + Send + Sync + 'static,
{
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        Some(Box::new(Plain(Shared(self.0.map(|row| memo.share(row))))))
    }
}

impl Erasable for u64 {
    fn value(self, _: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        Some(Box::new(Plain(self)))
    }
}

impl<V: Erasable> Erasable for Asked<V> {
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        self.0.and_then(|value| value.value(memo))
    }
}

impl<I, L> Erasable for EmbeddedValues<I, L>
where
    I: Embedding<Field: EmbeddedField>,
    L: EraseSlots,
{
    fn value(self, memo: &mut Memo) -> Option<Box<dyn LoadedValue>> {
        let each = self.loaded.into_iter().map(|loaded| {
            let mut slots = Vec::with_capacity(L::COUNT);
            loaded.slots(memo, &mut slots);
            slots
        });
        Some(Box::new(ErasedElements::<I>::new(each.collect())))
    }
}

/// A shared row that can be erased.
#[doc(hidden)]
pub trait EraseShared: Erase<Erased: Any> + Clone + 'static {}

impl<T: Erase<Erased: Any> + Clone + 'static> EraseShared for T {}

impl Memo {
    #[doc(hidden)]
    pub fn share<T: EraseShared>(&mut self, row: Arc<T>) -> Arc<T::Erased> {
        let row = match Arc::try_unwrap(row) {
            Ok(row) => return Arc::new(row.erase_with(self)),
            Err(row) => row,
        };
        let place = Arc::as_ptr(&row).addr();
        if let Some(erased) = self.0.get(&place).and_then(|(_, erased)| erased.downcast_ref::<Arc<T::Erased>>()) {
            return Arc::clone(erased);
        }
        let erased = Arc::new(T::clone(&row).erase_with(self));
        self.0.insert(place, (Box::new(row), Box::new(Arc::clone(&erased))));
        erased
    }
}

/// An erased row of a relation to many.
#[doc(hidden)]
pub trait Item: Sized {
    fn list(rows: Vec<Self>) -> Box<dyn LoadedValue>;
}

impl<M: Model> Item for Erased<M> {
    fn list(rows: Vec<Self>) -> Box<dyn LoadedValue> {
        Box::new(Plain(rows))
    }
}

impl<T: Model, J: Model> Item for Linked<Erased<T>, J> {
    fn list(rows: Vec<Self>) -> Box<dyn LoadedValue> {
        let (targets, links) = rows.into_iter().map(|row| (row.target, row.link)).unzip();
        Box::new(WithLinks { targets, links })
    }
}

/// Documents and their links in two lists, so that the documents are read like those of any other relation.
struct WithLinks<T, J> {
    targets: Vec<Erased<T>>,
    links: Vec<J>,
}

impl<T: Model, J: Model> Serialize for WithLinks<T, J> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.targets.iter().zip(&self.links).map(|(target, link)| Linked { target, link }))
    }
}

impl<T: Model, J: Model> LoadedValue for WithLinks<T, J> {
    fn loaded(&self) -> &dyn Any {
        &self.targets
    }
    fn links(&self) -> Option<&dyn Any> {
        Some(&self.links)
    }
    fn as_serialize(&self) -> &dyn erased_serde::Serialize {
        self
    }
}
