//! The calls of one turn with the same relation and query, which are sent together.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::FutureExt;

use super::turn::until_quiet;
use crate::store::{BoxFuture, Exec};
use crate::{Error, Result};

/// Loads the values of several keys, in their order.
pub(super) type Load<K, V> = Box<dyn for<'a> Fn(Exec<'a>, &'a [K]) -> BoxFuture<'a, Result<Vec<V>>> + Send + Sync>;

/// Calls that are sent together, without the types of their keys and values.
#[doc(hidden)]
pub trait Batch: Send + Sync {
    /// Waits for the other calls of this turn, and then sends all of them.
    fn run<'a>(&'a self, exec: Exec<'a>) -> BoxFuture<'a, ()>;
}

pub(super) struct BatchOf<K, V> {
    number: u64,
    /// The keys until they are sent.
    keys: Mutex<Option<Vec<K>>>,
    /// The number of keys so far.
    calls: Arc<AtomicUsize>,
    load: Load<K, V>,
    found: OnceLock<Result<HashMap<K, V>, Arc<Error>>>,
}

impl<K: Eq + Hash + Clone + Send + Sync, V: Clone + Send + Sync> BatchOf<K, V> {
    /// Adds a key, unless the keys were sent.
    fn add(&self, key: K) -> bool {
        let is_open = lock(&self.keys).as_mut().map(|keys| keys.push(key)).is_some();
        self.calls.fetch_add(1, Ordering::Release);
        is_open
    }

    /// The value of a key, when the command has run.
    fn answer(&self, key: &K) -> Option<Result<V>> {
        Some(match self.found.get()? {
            Ok(found) => found.get(key).cloned().ok_or_else(|| Error::other("a loader has lost a key")),
            Err(error) => Err(Error::copy_of(error)),
        })
    }
}

impl<K: Eq + Hash + Clone + Send + Sync, V: Clone + Send + Sync> Batch for BatchOf<K, V> {
    fn run<'a>(&'a self, exec: Exec<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            until_quiet(Arc::clone(&self.calls)).await;
            let keys = lock(&self.keys).take().unwrap_or_default();
            // a panic would leave the other callers without an answer
            let values = AssertUnwindSafe(async { (self.load)(exec, &keys).await }).catch_unwind().await;
            let found = match values {
                Ok(Ok(values)) => Ok(keys.into_iter().zip(values).collect()),
                Ok(Err(error)) => Err(Arc::new(error)),
                Err(panic) => Err(Arc::new(panicked(&*panic))),
            };
            // it is set only here, and this runs once
            let _ = self.found.set(found);
        })
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::other(format!("a call of this loader panicked: {}", text.unwrap_or("without a message")))
}

/// What calls must have in common to be sent together.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct GroupName {
    /// The relation and the type of the value.
    pub(super) types: TypeId,
    /// The query as it will be sent, without the keys; empty if it is that of the relation.
    pub(super) query: String,
}

/// The calls of one group so far.
struct Group<K, V> {
    /// The batch of each key that was asked for.
    batches: HashMap<K, Arc<BatchOf<K, V>>>,
    /// The batch that takes further keys.
    open: Option<Arc<BatchOf<K, V>>>,
}

/// All groups of a loader.
#[derive(Default)]
pub(super) struct Groups {
    groups: HashMap<GroupName, Box<dyn Any + Send>>,
    batches: u64,
}

/// Where the answer to a call comes from.
pub(super) enum Place<V> {
    /// It is known.
    Known(Result<V>),
    /// From the batch that was found to run last, which is waiting or was sent.
    Joined(Answer<V>),
    /// From a new batch with this number.
    Opened(u64, Arc<dyn Batch>, Answer<V>),
}

/// Returns the answer when the batch has run.
pub(super) type Answer<V> = Box<dyn Fn() -> Option<Result<V>> + Send + Sync>;

impl Groups {
    /// Places a call. `runs` says whether the batch with a number still has a caller. Its command was dropped otherwise.
    pub(super) fn place<K, V>(
        &mut self,
        name: GroupName,
        key: K,
        load: Load<K, V>,
        runs: &mut dyn FnMut(u64) -> bool,
    ) -> Place<V>
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
    {
        let group = self.groups.entry(name);
        let group = group.or_insert_with(|| Box::new(Group::<K, V> { batches: HashMap::new(), open: None }));
        let Some(Group { batches, open }) = group.downcast_mut::<Group<K, V>>() else {
            return Place::Known(Err(Error::other("two groups of a loader have one name")));
        };
        let joined = |batch: &Arc<BatchOf<K, V>>, key: K| {
            let batch = Arc::clone(batch);
            Place::Joined(Box::new(move || batch.answer(&key)) as Answer<V>)
        };
        let entry = batches.entry(key);
        if let Entry::Occupied(batch) = &entry {
            let (key, batch) = (batch.key(), batch.get());
            match batch.found.get() {
                Some(Ok(found)) if found.contains_key(key) => {
                    if let Some(answer) = batch.answer(key) {
                        return Place::Known(answer);
                    }
                }
                None if runs(batch.number) => return joined(batch, key.clone()),
                // an error is not kept: the next call sends again
                Some(_) | None => {}
            }
        }
        let key = entry.key().clone();
        if let Some(batch) = open
            && runs(batch.number)
            && batch.add(key.clone())
        {
            entry.insert_entry(Arc::clone(batch));
            return joined(batch, key);
        }
        self.batches += 1;
        let keys = Mutex::new(Some(vec![key.clone()]));
        let calls = Arc::new(AtomicUsize::new(1));
        let batch = Arc::new(BatchOf { number: self.batches, keys, calls, load, found: OnceLock::new() });
        entry.insert_entry(Arc::clone(&batch));
        *open = Some(Arc::clone(&batch));
        let answer = Arc::clone(&batch);
        Place::Opened(batch.number, batch, Box::new(move || answer.answer(&key)))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
