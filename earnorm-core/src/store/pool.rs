//! Plain writes leave connections to transactions.
//!
//! A write outside of transactions that meets a document which a transaction has written waits on the server until that
//! ends, and keeps its connection meanwhile. If such writes had all connections of the pool, the transaction would have
//! none for its commit, and all would wait until the server gives it up after a minute. So while a transaction of a client
//! is under way, its plain writes get only part of the pool. Commands in a transaction don't wait: the server refuses them
//! at once. Nor do reads.
//!
//! They are refused though, and begin again, whenever another has written what they are about to. One that has lost for a
//! second goes ahead of the others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mongodb::{Client, Database};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::debug::text_after;

tokio::task_local! {
    /// Set while the body of a transaction is polled. Its plain writes don't wait here: their place may be held by a write
    /// that waits for this very transaction.
    pub(super) static IN_BODY: ();
}

/// The driver's `maxPoolSize`, unless it is set.
const DEFAULT_SIZE: usize = 10;

/// For how long a write waits for its place before it may take one of those that are kept for transactions, except the
/// last; and a transaction for writes that were sent before it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many transactions are under way, of all clients.
static TRANSACTIONS: AtomicUsize = AtomicUsize::new(0);

/// What is under way, by the address of its database's handle, which is one for all clones of it. An entry lives as long as
/// something is under way.
static HANDLES: LazyLock<Mutex<HashMap<usize, Handle>>> = LazyLock::new(Mutex::default);

struct Handle {
    /// Keeps the address taken.
    database: Database,
    /// Identifies its client, which another handle may share. Read when the first transaction begins.
    client: Option<String>,
    gate: Arc<Gate>,
    uses: usize,
}

/// The writes and transactions of one client.
struct Gate {
    /// The places of writes beside transactions, given away in turn.
    few: Arc<Semaphore>,
    /// How many more there may be when they have waited long enough.
    more: usize,
    /// Held by a transaction that has been beaten by others for long.
    alone: Arc<Semaphore>,
    counts: Mutex<Counts>,
    /// Notified when the last transaction ends.
    open: Notify,
    /// Notified when the last write without a place ends.
    calm: Notify,
}

#[derive(Default)]
struct Counts {
    /// Writes without a place: sent while there was no transaction, or by the body of one.
    beyond: usize,
    transactions: usize,
}

/// A place among the writes or the transactions of a client, until it is dropped.
pub(super) struct Turn {
    address: usize,
    gate: Arc<Gate>,
    kind: Kind,
}

enum Kind {
    Transaction {
        #[allow(dead_code, reason = "held")]
        alone: Option<OwnedSemaphorePermit>,
    },
    Placed(#[allow(dead_code, reason = "held")] OwnedSemaphorePermit),
    Beyond,
}

/// A place for one write outside of transactions.
pub(super) async fn write(database: &Database) -> Turn {
    let entered = Entered::new(database);
    let kind = entered.gate.place().await;
    entered.turn(kind)
}

/// A place for one transaction, which begins once the writes are few enough. `urgent`: it has been beaten by others for
/// long, so others wait for this attempt.
pub(super) async fn transaction(database: &Database, urgent: bool) -> Turn {
    TRANSACTIONS.fetch_add(1, Ordering::SeqCst);
    let mut turn = Entered::new(database).begin();
    if IN_BODY.try_with(|()| ()).is_err() {
        if urgent {
            let alone = timeout(PATIENCE, Arc::clone(&turn.gate.alone).acquire_owned()).await;
            turn.kind = Kind::Transaction { alone: alone.ok().and_then(Result::ok) };
        } else {
            turn.gate.let_pass().await;
        }
        turn.gate.calmed().await;
    }
    turn
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // nothing panics while it is held
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A use of a handle that has no place yet.
struct Entered {
    address: usize,
    gate: Arc<Gate>,
    left: bool,
}

impl Entered {
    fn new(database: &Database) -> Self {
        let address = std::ptr::from_ref::<Client>(database.client()).addr();
        let mut handles = lock(&HANDLES);
        let handle = handles.entry(address).or_insert_with(|| Handle {
            database: database.clone(),
            client: None,
            gate: Arc::new(Gate::new(DEFAULT_SIZE)),
            uses: 0,
        });
        handle.uses += 1;
        if TRANSACTIONS.load(Ordering::SeqCst) > 0 {
            tell_clients(&mut handles);
        }
        let gate = handles.get(&address).map_or_else(|| Arc::new(Gate::new(DEFAULT_SIZE)), |it| Arc::clone(&it.gate));
        Self { address, gate, left: false }
    }

    fn turn(mut self, kind: Kind) -> Turn {
        self.left = true;
        Turn { address: self.address, gate: Arc::clone(&self.gate), kind }
    }

    fn begin(self) -> Turn {
        lock(&self.gate.counts).transactions += 1;
        self.turn(Kind::Transaction { alone: None })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if !self.left {
            leave(self.address);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = lock(&self.gate.counts);
        match self.kind {
            Kind::Placed(_) => {}
            Kind::Beyond => {
                counts.beyond -= 1;
                if counts.beyond == 0 {
                    self.gate.calm.notify_waiters();
                }
            }
            Kind::Transaction { .. } => {
                TRANSACTIONS.fetch_sub(1, Ordering::SeqCst);
                counts.transactions -= 1;
                if counts.transactions == 0 {
                    self.gate.open.notify_waiters();
                }
            }
        }
        drop(counts);
        leave(self.address);
    }
}

fn leave(address: usize) {
    let mut handles = lock(&HANDLES);
    let gone = handles.get_mut(&address).is_some_and(|handle| {
        handle.uses -= 1;
        handle.uses == 0
    });
    let gone = if gone { handles.remove(&address) } else { None };
    drop(handles);
    // perhaps the last of its client, which then says goodbye to its server
    drop(gone);
}

/// Finds out which handles have the same client, so that they have one gate, and how large its pool is.
fn tell_clients(handles: &mut HashMap<usize, Handle>) {
    if handles.values().all(|handle| handle.client.is_some()) {
        return;
    }
    let mut gates: HashMap<String, Arc<Gate>> = HashMap::new();
    for handle in handles.values() {
        if let Some(client) = &handle.client {
            gates.insert(client.clone(), Arc::clone(&handle.gate));
        }
    }
    for (address, handle) in handles.iter_mut().filter(|(_, handle)| handle.client.is_none()) {
        let client = handle.database.client();
        let name = name(client).unwrap_or_else(|| format!("handle {address}"));
        let gate = gates.entry(name.clone()).or_insert_with(|| Arc::new(Gate::new(size(client))));
        handle.gate = Arc::clone(gate);
        handle.client = Some(name);
    }
}

/// What tells a client from others: the address of a part of it, which it prints.
fn name(client: &Client) -> Option<String> {
    text_after(client, ", inner: 0x")
}

/// How many connections a client's pool has at the most.
fn size(client: &Client) -> usize {
    let size = text_after(client, "max_pool_size: Some(").and_then(|size| size.parse().ok());
    size.unwrap_or(DEFAULT_SIZE)
}

impl Gate {
    /// Three of four connections for writes, as far as there are so many.
    fn new(size: usize) -> Self {
        let most = size.saturating_sub(1).max(1);
        let few = (size - size / 4).min(most);
        Self {
            few: Arc::new(Semaphore::new(few)),
            more: most - few,
            alone: Arc::new(Semaphore::new(1)),
            counts: Mutex::default(),
            open: Notify::new(),
            calm: Notify::new(),
        }
    }

    /// Lets a transaction that is urgent go ahead.
    async fn let_pass(&self) {
        if self.alone.available_permits() == 0 {
            drop(timeout(PATIENCE, self.alone.acquire()).await);
        }
    }

    async fn place(&self) -> Kind {
        let in_body = IN_BODY.try_with(|()| ()).is_ok();
        if !in_body {
            self.let_pass().await;
        }
        if let Ok(place) = Arc::clone(&self.few).try_acquire_owned() {
            return Kind::Placed(place);
        }
        let mut place = std::pin::pin!(Arc::clone(&self.few).acquire_owned());
        let mut patience = std::pin::pin!(sleep(PATIENCE));
        let mut waited = false;
        loop {
            let mut open = std::pin::pin!(self.open.notified());
            open.as_mut().enable();
            let more = if waited { self.more } else { 0 };
            if self.beyond(|counts| in_body || counts.transactions == 0 || counts.beyond < more) {
                return Kind::Beyond;
            }
            tokio::select! {
                biased;
                Ok(place) = &mut place => return Kind::Placed(place),
                () = open => {}
                () = &mut patience => {
                    waited = true;
                    patience.set(sleep(PATIENCE));
                }
            }
        }
    }

    /// Counts a write without a place, if it may be one.
    fn beyond(&self, may: impl FnOnce(&Counts) -> bool) -> bool {
        let mut counts = lock(&self.counts);
        let may = may(&counts);
        counts.beyond += usize::from(may);
        may
    }

    /// Waits for the writes that were sent while there was no transaction, as far as they are too many.
    async fn calmed(&self) {
        let patience = Instant::now() + PATIENCE;
        loop {
            let mut calm = std::pin::pin!(self.calm.notified());
            calm.as_mut().enable();
            if lock(&self.counts).beyond == 0 || timeout_at(patience, calm).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use mongodb::Client;
    use mongodb::options::ClientOptions;
    use tokio::time::timeout;

    use super::{DEFAULT_SIZE, Gate, Kind, name, size, transaction, write};

    fn client(size: Option<u32>) -> Client {
        let mut options = ClientOptions::default();
        options.max_pool_size = size;
        Client::with_options(options).unwrap()
    }

    /// If this fails, the driver prints itself in another way now: without, pools of another size than the default and
    /// several handles of one client are not known as such.
    #[tokio::test]
    async fn the_driver_tells_clients_and_sizes() {
        let (one, other) = (client(Some(25)), client(None));
        assert!(name(&one).is_some() && name(&one) == name(&one.clone()) && name(&one) != name(&other));
        assert_eq!((size(&one), size(&other)), (25, DEFAULT_SIZE));
    }

    #[test]
    fn a_quarter_is_kept_and_at_least_one() {
        let places = |size| {
            let gate = Gate::new(size);
            (gate.few.available_permits(), gate.more)
        };
        assert_eq!([1, 2, 4, 10, 100].map(places), [(1, 0), (1, 0), (3, 0), (8, 1), (75, 24)]);
    }

    #[tokio::test]
    async fn writes_wait_for_a_place_while_there_is_a_transaction() {
        let client = client(Some(3));
        let (db, same) = (client.database("a"), client.database("b"));
        let free: Vec<_> = [write(&db).await, write(&db).await, write(&same).await].into();
        drop(free);
        let begun = transaction(&db, false).await;
        let placed = [write(&db).await, write(&same).await];
        assert!(matches!(placed[0].kind, Kind::Placed(_)) && matches!(placed[1].kind, Kind::Placed(_)));
        let short = Duration::from_millis(50);
        assert!(timeout(short, write(&same)).await.is_err(), "another handle of the same client");
        let other = self::client(Some(3)).database("a");
        assert!(timeout(short, write(&other)).await.is_ok(), "another client");
        let (waited, ()) = tokio::join!(timeout(Duration::from_secs(1), write(&db)), async { drop(begun) });
        assert!(waited.is_ok(), "no transaction any more");
    }
}
