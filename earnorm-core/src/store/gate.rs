//! The gate through which the writes and the transactions of one client go. `pool` explains why.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How long a write waits for a permit before it may use a connection that is reserved for transactions (except the last
/// one), and how long a transaction waits for the writes that were sent before it.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The writes and transactions of one client.
pub(super) struct Gate {
    /// The permits of plain writes that run beside transactions. Waiting writes get them in order.
    limited: Arc<Semaphore>,
    /// How many further writes may run after they have waited.
    reserve: usize,
    /// Held by an urgent transaction.
    pub(super) urgent: Arc<Semaphore>,
    pub(super) running: Mutex<Running>,
    /// Notified when the last transaction ends.
    no_transactions: Notify,
    /// Notified when the last unlimited write ends.
    no_unlimited: Notify,
}

#[derive(Default)]
pub(super) struct Running {
    /// Writes without a permit of `limited`: they began without a running transaction or in the body of one, or have waited.
    unlimited: usize,
    pub(super) transactions: usize,
}

pub(super) enum PermitKind {
    Transaction {
        #[allow(dead_code, reason = "held until it is dropped")]
        urgent: Option<OwnedSemaphorePermit>,
    },
    Limited(#[allow(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit),
    Unlimited,
}

impl Gate {
    /// Three quarters of the connections are for writes. At least one is reserved for transactions, if there are several.
    pub(super) fn new(size: usize) -> Self {
        let most = size.saturating_sub(1).max(1);
        let limited = (size - size / 4).min(most);
        Self {
            limited: Arc::new(Semaphore::new(limited)),
            reserve: most - limited,
            urgent: Arc::new(Semaphore::new(1)),
            running: Mutex::default(),
            no_transactions: Notify::new(),
            no_unlimited: Notify::new(),
        }
    }

    /// Waits for an urgent transaction.
    pub(super) async fn wait_for_urgent(&self) {
        if self.urgent.available_permits() == 0 {
            drop(timeout(PATIENCE, self.urgent.acquire()).await);
        }
    }

    /// Waits until a plain write may run. `in_body`: the body of a transaction sends it.
    pub(super) async fn admit_write(&self, in_body: bool) -> PermitKind {
        if !in_body {
            self.wait_for_urgent().await;
        }
        if let Ok(permit) = Arc::clone(&self.limited).try_acquire_owned() {
            return PermitKind::Limited(permit);
        }
        let mut permit = std::pin::pin!(Arc::clone(&self.limited).acquire_owned());
        let mut patience = std::pin::pin!(sleep(PATIENCE));
        let mut waited = false;
        loop {
            let mut no_transactions = std::pin::pin!(self.no_transactions.notified());
            no_transactions.as_mut().enable();
            let reserve = if waited { self.reserve } else { 0 };
            if self.add_unlimited(|running| in_body || running.transactions == 0 || running.unlimited < reserve) {
                return PermitKind::Unlimited;
            }
            tokio::select! {
                biased;
                Ok(permit) = &mut permit => return PermitKind::Limited(permit),
                () = no_transactions => {}
                () = &mut patience => {
                    waited = true;
                    patience.set(sleep(PATIENCE));
                }
            }
        }
    }

    /// Running an unlimited write if `is_allowed` says so.
    fn add_unlimited(&self, is_allowed: impl FnOnce(&Running) -> bool) -> bool {
        let mut running = lock(&self.running);
        let allowed = is_allowed(&running);
        running.unlimited += usize::from(allowed);
        allowed
    }

    /// Waits until no unlimited write is running, but at most for [`PATIENCE`].
    pub(super) async fn wait_for_unlimited(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut no_unlimited = std::pin::pin!(self.no_unlimited.notified());
            no_unlimited.as_mut().enable();
            if lock(&self.running).unlimited == 0 || timeout_at(deadline, no_unlimited).await.is_err() {
                return;
            }
        }
    }

    /// Updates the counts when a permit is dropped, and notifies those who wait for that.
    pub(super) fn release(&self, kind: &PermitKind) {
        let mut running = lock(&self.running);
        match kind {
            PermitKind::Limited(_) => {}
            PermitKind::Unlimited => {
                running.unlimited -= 1;
                if running.unlimited == 0 {
                    self.no_unlimited.notify_waiters();
                }
            }
            PermitKind::Transaction { .. } => {
                running.transactions -= 1;
                if running.transactions == 0 {
                    self.no_transactions.notify_waiters();
                }
            }
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // no code panics while it holds the lock
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::Gate;

    #[test]
    fn a_quarter_of_the_pool_is_reserved_and_at_least_one_connection() {
        let permits = |size| {
            let gate = Gate::new(size);
            (gate.limited.available_permits(), gate.reserve)
        };
        assert_eq!([1, 2, 4, 10, 100].map(permits), [(1, 0), (1, 0), (3, 0), (8, 1), (75, 24)]);
    }
}
