//! The documents of a graph by their models, in the order in which they are inserted.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::marker::PhantomData;

use indexmap::IndexMap;
use mongodb::bson::{Bson, DateTime, Document};
use tokio::sync::Mutex;

use crate::bson::{Identity, identity};
use crate::field::{saved_id, value};
use crate::hooks::copy_of;
use crate::reference::{CountedKey, counted_in, counters_of, references_in};
use crate::schema::{Documents, ModelMetadata};
use crate::store::{BoxFuture, Exec, atomically};
use crate::{Error, Model, Result, document};

/// The documents of a graph, apart from their places in it.
#[doc(hidden)]
pub struct Forest {
    stands: IndexMap<TypeId, Box<dyn AnyStand>>,
    now: DateTime,
}

/// The place of a document in the forest.
#[doc(hidden)]
pub struct Place<M> {
    index: usize,
    model: PhantomData<fn() -> M>,
}

/// The documents of one model.
struct Stand<M> {
    models: Vec<M>,
    /// Copies from before the hooks, for a further attempt.
    originals: Vec<Option<M>>,
    /// Whether an attempt has stored them.
    stored: bool,
    /// The documents that were taken out of it.
    taken: Vec<Option<M>>,
}

/// How many documents refer to a document by a key: the address of the key in the list of counted ones, and the stored key.
type Tally = HashMap<(usize, Identity), i64>;

fn address(counted: &CountedKey) -> usize {
    std::ptr::from_ref(counted).addr()
}

/// A stand without its type.
trait AnyStand: Send {
    fn as_any(&mut self) -> &mut dyn Any;
    fn len(&self) -> usize;
    fn model(&self) -> &'static ModelMetadata;
    fn insert<'a>(&'a mut self, exec: Exec<'a>, now: DateTime) -> BoxFuture<'a, Result<()>>;
    /// Counts the keys by which other documents count these.
    fn tally(&self, tally: &mut Tally) -> Result<()>;
    /// Sets the counters and times in memory that the inserts of others have changed.
    fn count(&mut self, tally: &Tally, now: DateTime) -> Result<()>;
}

impl Forest {
    pub(super) fn new() -> Self {
        Self { stands: IndexMap::new(), now: DateTime::now() }
    }

    /// Gives a document an id, unless it has one.
    #[allow(clippy::unused_self, reason = "only a document of a forest gets one")]
    pub(super) fn give_id<M: Model>(&self, model: &mut M) -> Result<()> {
        if let Some(id) = document::id_to_store(model)? {
            *M::ID.get_mut(model) = id;
        }
        Ok(())
    }

    /// Adds a document whose keys are set.
    pub(super) fn plant<M: Model>(&mut self, model: M) -> Result<Place<M>> {
        let stand = self.stands.entry(TypeId::of::<M>()).or_insert_with(|| Box::new(Stand::<M>::new()));
        let stand = stand.as_any().downcast_mut::<Stand<M>>().ok_or_else(confused)?;
        stand.models.push(model);
        Ok(Place { index: stand.models.len() - 1, model: PhantomData })
    }

    /// Takes a document out, when all are inserted.
    pub(super) fn take<M: Model>(&mut self, place: &Place<M>) -> Result<M> {
        let stand = self.stands.get_mut(&TypeId::of::<M>()).ok_or_else(confused)?;
        let stand = stand.as_any().downcast_mut::<Stand<M>>().ok_or_else(confused)?;
        if stand.taken.is_empty() {
            stand.taken = std::mem::take(&mut stand.models).into_iter().map(Some).collect();
        }
        stand.taken.get_mut(place.index).and_then(Option::take).ok_or_else(confused)
    }

    /// Inserts all documents: one command for each model, in one transaction if there are several documents.
    pub(super) async fn insert(&mut self, exec: Exec<'_>) -> Result<()> {
        let order = order(&self.stands.values().map(|stand| stand.model()).collect::<Vec<_>>());
        let now = self.now;
        if self.stands.values().map(|stand| stand.len()).sum::<usize>() > 1 {
            let stands = Mutex::new(&mut self.stands);
            atomically(exec, async |exec| insert_in_order(&mut **stands.lock().await, &order, exec, now).await).await?;
        } else {
            insert_in_order(&mut self.stands, &order, exec, now).await?;
        }
        let mut tally = Tally::new();
        for stand in self.stands.values() {
            stand.tally(&mut tally)?;
        }
        self.stands.values_mut().try_for_each(|stand| stand.count(&tally, now))
    }
}

async fn insert_in_order(
    stands: &mut IndexMap<TypeId, Box<dyn AnyStand>>,
    order: &[usize],
    exec: Exec<'_>,
    now: DateTime,
) -> Result<()> {
    for index in order {
        if let Some((_, stand)) = stands.get_index_mut(*index) {
            stand.insert(exec, now).await?;
        }
    }
    Ok(())
}

fn confused() -> Error {
    Error::other("a graph has lost a document")
}

/// The order of the models in which those that others refer to come first. In a cycle, the first of the graph comes first.
fn order(models: &[&'static ModelMetadata]) -> Vec<usize> {
    let refers = |from: usize, to: usize| {
        let parents: Documents = models[to].documents();
        from != to && references_in(models[from].documents()).any(|reference| reference.parents.overlaps(parents))
    };
    let (mut order, mut left) = (Vec::new(), (0..models.len()).collect::<Vec<_>>());
    while !left.is_empty() {
        let is_free = |model: &usize| !left.iter().any(|other| refers(*model, *other));
        let place = left.iter().position(is_free).unwrap_or(0);
        order.push(left.remove(place));
    }
    order
}

impl<M: Model> Stand<M> {
    fn new() -> Self {
        Self { models: Vec::new(), originals: Vec::new(), stored: false, taken: Vec::new() }
    }
}

impl<M: Model> AnyStand for Stand<M> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.models.len()
    }

    fn model(&self) -> &'static ModelMetadata {
        M::METADATA
    }

    fn insert<'a>(&'a mut self, exec: Exec<'a>, now: DateTime) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if self.stored {
                // an attempt that was rolled back has run the hooks on these
                for (model, original) in self.models.iter_mut().zip(&self.originals) {
                    if let Some(copy) = original.as_ref().and_then(copy_of) {
                        *model = copy;
                    }
                }
                self.stored = false;
            } else if self.originals.is_empty() {
                self.originals = self.models.iter().map(copy_of).collect();
            }
            document::insert_all(exec, &mut self.models, now).await?;
            self.stored = true;
            Ok(())
        })
    }

    fn tally(&self, tally: &mut Tally) -> Result<()> {
        for counted in counted_in(M::METADATA.documents()) {
            for model in &self.models {
                for (key, _) in counted.keys_in(&document::encoded(model)?)? {
                    *tally.entry((address(counted), key)).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, tally: &Tally, now: DateTime) -> Result<()> {
        let counters: Vec<_> = counters_of(M::METADATA.documents()).collect();
        if counters.is_empty() {
            return Ok(());
        }
        for model in &mut self.models {
            let stored = document::encoded(model)?;
            let mut members = Document::new();
            for counted in &counters {
                let by = if counted.own {
                    i64::try_from(counted.keys_in(&stored)?.len()).unwrap_or(i64::MAX)
                } else {
                    let key = counted.reference.stored.key(&saved_id(model)?);
                    tally.get(&(address(counted), identity(&key))).copied().unwrap_or(0)
                };
                if let Some(counter) = counted.counter() {
                    let is_small = matches!(value(&stored, counter)?, Bson::Int32(_));
                    let small = i32::try_from(by).ok().filter(|_| is_small);
                    members.insert(counter, small.map_or(Bson::Int64(by), Bson::Int32));
                }
                if let (Some(touch), true) = (counted.touch(), by > 0 && !counted.own) {
                    members.insert(touch.name(), touch.encode(now).map_err(Error::encode::<M>)?);
                }
            }
            document::set_members(model, &members)?;
        }
        Ok(())
    }
}
