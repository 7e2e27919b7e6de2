//! Limits plain writes, so that transactions find a free connection.
//!
//! A plain write is one outside of a transaction. If it changes a document that a transaction has written, it waits on the
//! server for the end of the transaction, and occupies a connection. If plain writes occupied all connections of the pool,
//! the transaction would have none for its commit, and everything would wait until the server aborts the transaction after
//! a minute. Therefore, while a client has a running transaction, its plain writes may use only a part of the pool.
//! Commands in a transaction are not limited, because the server refuses them at once on a conflict. Reads don't wait
//! either.
//!
//! A transaction that conflicts with another begins again. If it has been retried for a second, it is urgent, and the
//! other transactions and writes of the client wait for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use mongodb::{Client, Database};
use tokio::time::timeout;

use super::debug::text_after;
use super::gate::{Gate, PATIENCE, PermitKind, lock};

tokio::task_local! {
    /// Set while the body of a transaction is polled. Plain writes of the body don't wait for a permit: it may be held by a
    /// write that waits for this transaction.
    pub(super) static IN_BODY: ();
}

/// The driver's default for `maxPoolSize`.
const DEFAULT_SIZE: usize = 10;

/// The number of running transactions of all clients.
static TRANSACTIONS: AtomicUsize = AtomicUsize::new(0);

/// The handles with running writes or transactions, by the address of the handle's `Client`. All clones of a database share
/// that address. An entry is removed when nothing is running.
static HANDLES: LazyLock<Mutex<HashMap<usize, Handle>>> = LazyLock::new(Mutex::default);

struct Handle {
    /// Kept so that no other handle gets the same address.
    database: Database,
    /// Identifies the client, which several handles may share. Set when the first transaction begins.
    client: Option<String>,
    gate: Arc<Gate>,
    uses: usize,
}

/// A permit for one write or one transaction, until it is dropped.
pub(crate) struct Permit {
    address: usize,
    gate: Arc<Gate>,
    kind: PermitKind,
}

/// A permit for one plain write.
pub(crate) async fn write(database: &Database) -> Permit {
    let usage = HandleUse::new(database);
    let kind = usage.gate.admit_write(is_in_body()).await;
    usage.into_permit(kind)
}

/// A permit for one transaction. It waits until few plain writes are running. If the transaction is `urgent`, others wait
/// for it.
pub(super) async fn transaction(database: &Database, urgent: bool) -> Permit {
    TRANSACTIONS.fetch_add(1, Ordering::SeqCst);
    let mut permit = HandleUse::new(database).begin_transaction();
    if !is_in_body() {
        if urgent {
            let urgent = timeout(PATIENCE, Arc::clone(&permit.gate.urgent).acquire_owned()).await;
            permit.kind = PermitKind::Transaction { urgent: urgent.ok().and_then(Result::ok) };
        } else {
            permit.gate.wait_for_urgent().await;
        }
        permit.gate.wait_for_unlimited().await;
    }
    permit
}

fn is_in_body() -> bool {
    IN_BODY.try_with(|()| ()).is_ok()
}

/// A use of a handle that has no permit yet.
struct HandleUse {
    address: usize,
    gate: Arc<Gate>,
    /// Whether a permit has taken over the use.
    passed_on: bool,
}

impl HandleUse {
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
            identify_clients(&mut handles);
        }
        let gate = handles.get(&address).map_or_else(|| Arc::new(Gate::new(DEFAULT_SIZE)), |it| Arc::clone(&it.gate));
        Self { address, gate, passed_on: false }
    }

    fn into_permit(mut self, kind: PermitKind) -> Permit {
        self.passed_on = true;
        Permit { address: self.address, gate: Arc::clone(&self.gate), kind }
    }

    fn begin_transaction(self) -> Permit {
        lock(&self.gate.running).transactions += 1;
        self.into_permit(PermitKind::Transaction { urgent: None })
    }
}

impl Drop for HandleUse {
    fn drop(&mut self) {
        if !self.passed_on {
            end_use(self.address);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if matches!(self.kind, PermitKind::Transaction { .. }) {
            TRANSACTIONS.fetch_sub(1, Ordering::SeqCst);
        }
        self.gate.release(&self.kind);
        end_use(self.address);
    }
}

/// Ends a use of a handle, and removes the handle if that was the last use.
fn end_use(address: usize) {
    let mut handles = lock(&HANDLES);
    let gone = handles.get_mut(&address).is_some_and(|handle| {
        handle.uses -= 1;
        handle.uses == 0
    });
    let gone = if gone { handles.remove(&address) } else { None };
    drop(handles);
    // outside of the lock: if this is the last handle of its client, the driver closes its sessions
    drop(gone);
}

/// Lets handles of the same client share one gate, which has the size of the client's pool.
fn identify_clients(handles: &mut HashMap<usize, Handle>) {
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
        let key = client_key(client).unwrap_or_else(|| format!("handle {address}"));
        let gate = gates.entry(key.clone()).or_insert_with(|| Arc::new(Gate::new(pool_size(client))));
        handle.gate = Arc::clone(gate);
        handle.client = Some(key);
    }
}

/// A key that is the same for all handles of a client: an address in its `Debug` output.
fn client_key(client: &Client) -> Option<String> {
    text_after(client, ", inner: 0x")
}

/// The largest number of connections in a client's pool.
fn pool_size(client: &Client) -> usize {
    let size = text_after(client, "max_pool_size: Some(").and_then(|size| size.parse().ok());
    size.unwrap_or(DEFAULT_SIZE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use mongodb::Client;
    use mongodb::options::ClientOptions;
    use tokio::time::timeout;

    use super::super::gate::PermitKind;
    use super::{DEFAULT_SIZE, client_key, pool_size, transaction, write};

    fn client(size: Option<u32>) -> Client {
        let mut options = ClientOptions::default();
        options.max_pool_size = size;
        Client::with_options(options).unwrap()
    }

    /// If this fails, the driver's `Debug` output has changed. Without it, several handles of one client have separate
    /// gates, and every pool is assumed to have the default size.
    #[tokio::test]
    async fn debug_output_identifies_clients_and_pool_sizes() {
        let (one, other) = (client(Some(25)), client(None));
        let key = client_key;
        assert!(key(&one).is_some() && key(&one) == key(&one.clone()) && key(&one) != key(&other));
        assert_eq!((pool_size(&one), pool_size(&other)), (25, DEFAULT_SIZE));
    }

    #[tokio::test]
    async fn writes_wait_for_a_permit_while_a_transaction_runs() {
        let client = client(Some(3));
        let (db, same) = (client.database("a"), client.database("b"));
        let free: Vec<_> = [write(&db).await, write(&db).await, write(&same).await].into();
        drop(free);
        let begun = transaction(&db, false).await;
        let limited = [write(&db).await, write(&same).await];
        assert!(limited.iter().all(|permit| matches!(permit.kind, PermitKind::Limited(_))));
        let short = Duration::from_millis(50);
        assert!(timeout(short, write(&same)).await.is_err(), "another handle of the same client");
        let other = self::client(Some(3)).database("a");
        assert!(timeout(short, write(&other)).await.is_ok(), "another client");
        let (waited, ()) = tokio::join!(timeout(Duration::from_secs(1), write(&db)), async { drop(begun) });
        assert!(waited.is_ok(), "no transaction any more");
    }
}
