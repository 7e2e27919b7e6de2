//! How many futures are observed.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of all tasks.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Whether anything is observed.
pub(super) fn is_running() -> bool {
    RUNNING.load(Ordering::Relaxed) > 0
}

/// Counts as one while it exists.
pub(super) struct Running(());

impl Running {
    pub(super) fn new() -> Self {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}
