use crate::CommandLog;
use crate::log::Mark;

/// Runs an expression and asserts how many commands it sends. Evaluates to the value of the expression.
///
/// The first argument is a [`CommandLog`] or a [`TestDb`](crate::TestDb), or a reference to one.
/// The expression may be a block, and use `.await` and `?`.
///
/// # Panics
///
/// If the number differs. The message lists the commands that were sent.
///
/// # Examples
///
/// ```
/// use earnorm_testkit::{TestDb, assert_commands};
/// use mongodb::bson::{Document, doc};
///
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// let db = TestDb::new().await?;
/// let posts = db.db().collection::<Document>("posts");
///
/// let count = assert_commands!(db, 2, {
///     posts.insert_one(doc! { "title": "first" }).await?;
///     posts.count_documents(doc! {}).await?
/// });
/// assert_eq!(count, 1);
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
/// ```
#[macro_export]
macro_rules! assert_commands {
    ($log:expr, $expected:expr, $body:expr $(,)?) => {{
        let watch = $crate::__private::Watch::start(&$log);
        let value = $body;
        watch.expect($expected);
        value
    }};
}

/// The state of `assert_commands!` while its expression runs.
#[derive(Debug)]
pub struct Watch {
    log: CommandLog,
    start: Mark,
}

impl Watch {
    /// Starts to watch.
    pub fn start(log: &impl AsRef<CommandLog>) -> Self {
        let log = log.as_ref().clone();
        let start = log.mark();
        Self { log, start }
    }

    /// Asserts that this many commands were sent since the start.
    ///
    /// # Panics
    ///
    /// If the number differs.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion that doesn't hold panics")]
    pub fn expect(self, expected: usize) {
        let sent = self.log.since(self.start);
        if sent.len() == expected {
            return;
        }
        let commands = if expected == 1 { "command" } else { "commands" };
        let list = sent.to_string().replace('\n', "\n  ");
        panic!("expected {expected} {commands}, {} sent:\n  {list}", sent.len());
    }
}
