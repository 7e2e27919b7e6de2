//! Waits until the tasks that are ready to run have run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

/// With several threads, the calls are sent after this many turns without a new one. A turn of an idle runtime takes about a
/// microsecond, and another thread takes some time to start the tasks that were given to it.
const QUIET_TURNS: usize = 128;

/// After this many turns, the thread lets another one run. If the machine has more to do than it has processors, the thread
/// with the other calls may be waiting for one.
const TURNS_OF_A_THREAD: usize = 8;

/// With one thread, all tasks that are ready run in one turn. Those that they have started run in the next one.
const QUIET_TURNS_OF_ONE_THREAD: usize = 2;

/// After this many turns, the calls are sent even if new ones keep coming.
const MOST_TURNS: usize = 4096;

/// Completes when no new call has come for some turns of the runtime. `calls` is the number of calls so far.
///
/// A task counts the turns, because each turn would wake all callers otherwise. It ends after some turns in any case, and at
/// once if this future is dropped.
pub(super) async fn until_quiet(calls: Arc<AtomicUsize>) {
    let Ok(runtime) = Handle::try_current() else { return };
    let (quiet, is_quiet) = oneshot::channel();
    runtime.spawn(watch(runtime.clone(), calls, quiet));
    // an error means that the runtime is shutting down, and the command that follows will fail
    let _ = is_quiet.await;
}

async fn watch(runtime: Handle, calls: Arc<AtomicUsize>, quiet: oneshot::Sender<()>) {
    let has_one_thread = runtime.runtime_flavor() == RuntimeFlavor::CurrentThread;
    let enough = if has_one_thread { QUIET_TURNS_OF_ONE_THREAD } else { QUIET_TURNS };
    let (mut known, mut turns) = (0, 0);
    for _ in 0..MOST_TURNS {
        tokio::task::yield_now().await;
        if quiet.is_closed() {
            return;
        }
        let now = calls.load(Ordering::Acquire);
        // tasks may wait for a worker
        let is_quiet = now == known && runtime.metrics().global_queue_depth() == 0;
        (known, turns) = (now, if is_quiet { turns + 1 } else { 0 });
        if turns >= enough {
            break;
        }
        if !has_one_thread && turns % TURNS_OF_A_THREAD == 0 {
            std::thread::yield_now();
        }
    }
    // the callers may be gone
    let _ = quiet.send(());
}
