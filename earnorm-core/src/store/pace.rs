//! Long work in slices, so that a worker of the runtime can run other tasks in between.

use std::time::{Duration, Instant};

/// How long a task works before it lets others run. Several futures of one task can be at work, each with a slice.
const SLICE: Duration = Duration::from_micros(300);

/// After how many items the time is compared.
const ITEMS: u32 = 64;

/// The pace of work on many items: after a slice of time, the task yields to the runtime.
pub(crate) struct Pace {
    since: Instant,
    items: u32,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), items: 0 }
    }

    /// Counts an item. Returns whether to [`rest`](Self::rest).
    #[inline]
    pub(crate) fn is_due(&mut self) -> bool {
        self.items += 1;
        self.items >= ITEMS && self.is_over()
    }

    fn is_over(&mut self) -> bool {
        self.items = 0;
        self.since.elapsed() >= SLICE
    }

    /// Lets other tasks run.
    pub(crate) async fn rest(&mut self) {
        tokio::task::yield_now().await;
        self.since = Instant::now();
    }
}
