//! `observe`, and the counts of one of its calls.

use std::collections::HashSet;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use super::call::Call;
use super::context::{Context, current};
use super::n_plus_one::NPlusOne;
use super::seen::{CallSite, Seen};
use super::source::Source;

/// The number of running scopes of all tasks.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Whether any task is being observed.
pub(super) fn is_running() -> bool {
    RUNNING.load(Ordering::Relaxed) > 0
}

/// Runs a future, and counts what EarnORM sends in it: commands, documents, bytes and time, for each line that makes a call.
///
/// Sends nothing itself. It needs no event handler on the client, so it can be used in production, for example around a
/// handler of a web service.
///
/// It sees the calls of EarnORM that are awaited in this future, and the commits of its transactions. It doesn't see calls of
/// the driver itself, what the driver sends on its own (a second attempt of a command after a lost connection, the end of a
/// cursor that wasn't read to its end), or tasks that the future spawns. A spawned task can have an `observe` of its own.
/// Calls in an `observe` within another one count for both.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post {
/// #     #[serde(rename = "_id")] id: ObjectId,
/// #     #[relation(many_to_one, target = "User")] author_id: ObjectId,
/// # }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let (result, seen) = earnorm::observe(async {
///     for post in Post::find_all().all(&db).await? {
///         let author = post.author().get(&db).await?;
///     }
///     Ok::<_, earnorm::Error>(())
/// })
/// .await;
/// result?;
/// println!("{seen}"); // 51 commands, 100 documents, 9 KiB in 12.5 ms, and a line for each of the two lines
/// for found in seen.n_plus_one() {
///     println!("{found}"); // src/main.rs:12: `post.author()` was awaited 50 times; add `.with(Post::AUTHOR)` to ..
/// }
/// # Ok(()) }
/// ```
pub async fn observe<F: Future>(future: F) -> (F::Output, Seen) {
    let running = Scope::open();
    let begun = Instant::now();
    // boxed, so that the observed future isn't a part of this one twice
    let output = Context::within(Arc::clone(&running.0)).scope(Box::pin(future)).await;
    let seen = running.0.seen(begun.elapsed());
    (output, seen)
}

/// A scope while its future exists.
struct RunningScope(Arc<Scope>);

impl Drop for RunningScope {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What one [`observe`] counts.
pub(super) struct Scope {
    /// The scope around this one.
    outer: Option<Arc<Scope>>,
    counts: Mutex<Counts>,
}

/// The number of a line among those of a scope.
#[derive(Clone, Copy)]
pub(super) struct Entry(usize);

#[derive(Default)]
struct Counts {
    commands: u64,
    documents: u64,
    bytes: u64,
    sites: IndexMap<Key, Site>,
}

/// What distinguishes the calls of one line. A macro or a loop makes several calls at one place.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    location: &'static Location<'static>,
    model: &'static str,
    relation: Option<&'static str>,
    operation: &'static str,
}

/// The calls of one line.
struct Site {
    seen: CallSite,
    source: Option<Source>,
    /// The documents whose relation was read, as far as they are known.
    parents: HashSet<u64>,
    /// The calls whose document isn't known. Each counts as one of another document.
    unknown: u64,
}

impl Scope {
    fn open() -> RunningScope {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        RunningScope(Arc::new(Self { outer: current().scope, counts: Mutex::default() }))
    }

    pub(super) fn outer(&self) -> Option<&Arc<Self>> {
        self.outer.as_ref()
    }

    /// Records that a call begins.
    pub(super) fn begin(&self, call: &Call) -> Entry {
        let Call { location, model, relation, operation, source } = *call;
        let mut counts = self.counts();
        let entry = counts.sites.entry(Key { location, model, relation, operation });
        let place = entry.index();
        let site = entry.or_insert_with(|| Site::new(call));
        site.seen.calls += 1;
        if let Some(source) = source {
            match source.parent {
                Some(parent) => drop(site.parents.insert(parent)),
                None => site.unknown += 1,
            }
        }
        Entry(place)
    }

    /// Adds to the counts, and to those of a line.
    pub(super) fn count(&self, entry: Option<Entry>, commands: u64, documents: u64, bytes: u64) {
        let mut counts = self.counts();
        counts.commands += commands;
        counts.documents += documents;
        counts.bytes += bytes;
        if let Some((_, site)) = entry.and_then(|entry| counts.sites.get_index_mut(entry.0)) {
            site.seen.commands += commands;
            site.seen.documents += documents;
            site.seen.bytes += bytes;
        }
    }

    /// Adds the time that a call took.
    pub(super) fn took(&self, entry: Entry, time: Duration) {
        if let Some((_, site)) = self.counts().sites.get_index_mut(entry.0) {
            site.seen.time += time;
        }
    }

    fn seen(&self, time: Duration) -> Seen {
        let counts = self.counts();
        let Counts { commands, documents, bytes, ref sites } = *counts;
        let call_sites = sites.values().map(|site| site.seen.clone()).collect();
        let n_plus_one = sites.values().filter_map(|site| {
            let parents = site.parents.len() as u64 + site.unknown;
            NPlusOne::of(&site.seen, site.source?, parents)
        });
        Seen { commands, documents, bytes, time, call_sites, n_plus_one: n_plus_one.collect() }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // no code panics while it holds the lock
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site {
    fn new(call: &Call) -> Self {
        let Call { location, model, relation, operation, source } = *call;
        let seen = CallSite {
            file: location.file(),
            line: location.line(),
            column: location.column(),
            model,
            relation,
            operation,
            calls: 0,
            commands: 0,
            documents: 0,
            bytes: 0,
            time: Duration::ZERO,
        };
        Self { seen, source, parents: HashSet::new(), unknown: 0 }
    }
}
