mod command;
mod sent;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::options::ClientOptions;

pub use self::command::{Command, Outcome, Reply};
pub use self::sent::Sent;

/// The commands that a client has sent, in order.
///
/// Every command counts: also a `getMore` of a cursor, a retry of the driver, and the `commitTransaction` of a session
/// ([`Command::ends_transaction`] is true for that). Only the driver's own `hello` and `endSessions` don't count.
///
/// The log has a command before it is sent, and its reply before the caller gets it. When a future has returned, the log
/// has everything that it sent. The driver sends two commands later, in the background: `killCursors` if a cursor is
/// dropped before its end, and `abortTransaction` if a session is dropped inside a transaction.
///
/// Clones share one log. Every [`TestDb`](crate::TestDb) has one. [`attach`](Self::attach) adds one to another client.
///
/// # Examples
///
/// ```
/// use earnorm_testkit::TestDb;
/// use mongodb::bson::{Document, doc};
///
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// let db = TestDb::new().await?;
/// let posts = db.db().collection::<Document>("posts");
///
/// let (found, sent) = db.log().record(posts.find_one(doc! { "draft": true }).into_future()).await;
/// assert_eq!(found?, None);
/// assert_eq!(sent.len(), 1, "{sent}");
/// assert_eq!(sent[0].collection.as_deref(), Some("posts"));
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct CommandLog {
    entries: Arc<Mutex<Entries>>,
}

/// A position in a log.
///
/// # Examples
///
/// ```
/// let log = earnorm_testkit::CommandLog::new();
/// let before = log.mark();
/// assert!(log.since(before).is_empty());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Mark(u64);

#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// The number of the next command. Clearing the log doesn't reset it, so that marks stay valid.
    next: u64,
}

struct Entry {
    number: u64,
    request: i32,
    command: Command,
}

impl CommandLog {
    /// Creates an empty log.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(earnorm_testkit::CommandLog::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Records what a client with these options sends.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use earnorm_testkit::CommandLog;
    /// use mongodb::{Client, options::ClientOptions};
    ///
    /// # async fn demo() -> mongodb::error::Result<()> {
    /// let mut options = ClientOptions::parse("mongodb://127.0.0.1:27017").await?;
    /// let log = CommandLog::new();
    /// log.attach(&mut options);
    /// let client = Client::with_options(options)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn attach(&self, options: &mut ClientOptions) {
        let log = self.clone();
        // The driver calls a callback at once. A channel or a future would get the event later.
        options.command_event_handler = Some(EventHandler::callback(move |event| log.add(event)));
    }

    /// The number of commands in the log.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(earnorm_testkit::CommandLog::new().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.entries().list.len()
    }

    /// Whether the log is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(earnorm_testkit::CommandLog::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All commands in the log.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(db: earnorm_testkit::TestDb) {
    /// println!("{}", db.log().commands());
    /// # }
    /// ```
    pub fn commands(&self) -> Sent {
        self.since(Mark(0))
    }

    /// Removes all commands.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(db: earnorm_testkit::TestDb) {
    /// db.log().clear();
    /// assert!(db.log().is_empty());
    /// # }
    /// ```
    pub fn clear(&self) {
        self.entries().list.clear();
    }

    /// The end of the log, for a later call of [`since`](Self::since).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(db: earnorm_testkit::TestDb) {
    /// let before = db.log().mark();
    /// // ..
    /// println!("{}", db.log().since(before));
    /// # }
    /// ```
    pub fn mark(&self) -> Mark {
        Mark(self.entries().next)
    }

    /// The commands that were sent after the mark.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(db: earnorm_testkit::TestDb) {
    /// let before = db.log().mark();
    /// // ..
    /// assert_eq!(db.log().since(before).len(), 2);
    /// # }
    /// ```
    pub fn since(&self, mark: Mark) -> Sent {
        let entries = self.entries();
        let recent = entries.list.iter().filter(|entry| entry.number >= mark.0);
        Sent::new(recent.map(|entry| entry.command.clone()).collect())
    }

    /// Runs a future, and returns the commands that were sent meanwhile, by it and by others with the same client.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use mongodb::bson::{Document, doc};
    /// # async fn demo(db: earnorm_testkit::TestDb) {
    /// let posts = db.db().collection::<Document>("posts");
    /// let (count, sent) = db.log().record(async { posts.count_documents(doc! {}).await }).await;
    /// assert_eq!(sent.len(), 1, "{sent}");
    /// # }
    /// ```
    pub async fn record<F: Future>(&self, future: F) -> (F::Output, Sent) {
        let before = self.mark();
        let output = future.await;
        (output, self.since(before))
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A panic can't leave the list in an invalid state.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, event: CommandEvent) {
        let mut entries = self.entries();
        match event {
            CommandEvent::Started(event) if !is_housekeeping(&event.command_name) => {
                let number = entries.next;
                entries.next += 1;
                let request = event.request_id;
                entries.list.push(Entry { number, request, command: Command::new(event) });
            }
            CommandEvent::Succeeded(event) => {
                entries.answer(event.request_id, || Outcome::Replied(Reply::read(&event.reply)));
            }
            CommandEvent::Failed(event) => {
                entries.answer(event.request_id, || Outcome::Failed(event.failure.to_string()));
            }
            _ => {}
        }
    }
}

impl Entries {
    fn answer(&mut self, request: i32, outcome: impl FnOnce() -> Outcome) {
        // There is no entry for housekeeping, or after a clear.
        if let Some(entry) = self.list.iter_mut().rev().find(|entry| entry.request == request) {
            entry.command.outcome = outcome();
        }
    }
}

fn is_housekeeping(command: &str) -> bool {
    ["hello", "isMaster", "ismaster", "endSessions"].contains(&command)
}

impl AsRef<CommandLog> for CommandLog {
    fn as_ref(&self) -> &CommandLog {
        self
    }
}

impl fmt::Debug for CommandLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.commands().iter().map(ToString::to_string)).finish()
    }
}
