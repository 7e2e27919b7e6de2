use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant};

/// Runs a future. Returns its result, and how long its longest poll took: how long it blocked the thread of the runtime.
pub async fn longest_poll<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let (mut future, mut longest) = (pin!(future), Duration::ZERO);
    let result = poll_fn(|cx| {
        let start = Instant::now();
        let poll = future.as_mut().poll(cx);
        longest = longest.max(start.elapsed());
        poll
    })
    .await;
    (result, longest)
}
