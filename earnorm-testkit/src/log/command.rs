use std::fmt;
use std::io;

use mongodb::bson::{Bson, Document};
use mongodb::event::command::CommandStartedEvent;

/// A command and its outcome.
///
/// Its `Display` is one line: `find posts { "filter": { "draft": true } } -> 21 documents`.
///
/// # Examples
///
/// ```no_run
/// # fn demo(db: earnorm_testkit::TestDb) {
/// for command in &db.log().commands() {
///     assert_eq!(command.database, db.name());
///     println!("{}: {} bytes sent", command.name, command.bytes());
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Command {
    /// The name: `find`, `insert`, `getMore`.
    pub name: String,
    /// The database.
    pub database: String,
    /// The collection, for commands that name one.
    pub collection: Option<String>,
    /// The whole command.
    pub body: Document,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of a command.
///
/// # Examples
///
/// ```no_run
/// use earnorm_testkit::Outcome;
///
/// # fn demo(db: earnorm_testkit::TestDb) {
/// let failed = db.log().commands().iter().any(|c| matches!(c.outcome, Outcome::Failed(_)));
/// assert!(!failed);
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// The server has not replied yet.
    Pending,
    /// The server has replied.
    Replied(Reply),
    /// The server returned an error, or the connection failed: the text of the driver's error.
    Failed(String),
}

/// The numbers in a reply.
///
/// # Examples
///
/// ```no_run
/// use earnorm_testkit::{Outcome, Reply};
///
/// # fn demo(db: earnorm_testkit::TestDb) {
/// if let Outcome::Replied(Reply { bytes, .. }) = db.log().commands()[0].outcome {
///     assert!(bytes < 1_000);
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Reply {
    /// How many documents or distinct values it contains. `None` for a command that returns neither.
    pub documents: Option<usize>,
    /// How many documents were written or matched. `None` for a command that isn't a write.
    pub affected: Option<i64>,
    /// How many writes of the command failed, for example because of a unique index.
    pub write_errors: usize,
    /// Its size as BSON.
    pub bytes: usize,
}

impl Command {
    pub(super) fn new(event: CommandStartedEvent) -> Self {
        let CommandStartedEvent { command_name: name, db: database, command: body, .. } = event;
        // The value of the first key is the collection, except in `getMore`, where it is the cursor.
        let key = if name == "getMore" { "collection" } else { name.as_str() };
        let collection = body.get_str(key).ok().map(str::to_owned);
        Self { name, database, collection, body, outcome: Outcome::Pending }
    }

    /// How many documents the reply contains.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(command: earnorm_testkit::Command) {
    /// assert_eq!(command.documents(), 21);
    /// # }
    /// ```
    pub fn documents(&self) -> usize {
        self.reply().and_then(|reply| reply.documents).unwrap_or(0)
    }

    /// The size of the reply as BSON.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(command: earnorm_testkit::Command) {
    /// assert!(command.reply_bytes() < 1_000);
    /// # }
    /// ```
    pub fn reply_bytes(&self) -> usize {
        self.reply().map_or(0, |reply| reply.bytes)
    }

    /// The size of the command as BSON. The server's limit is 16 MiB.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(command: earnorm_testkit::Command) {
    /// assert!(command.bytes() < 16 * 1024 * 1024);
    /// # }
    /// ```
    pub fn bytes(&self) -> usize {
        encoded_size(&self.body)
    }

    /// Whether it belongs to a transaction. The command that ends the transaction does.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(sent: earnorm_testkit::Sent) {
    /// assert!(sent.iter().all(|command| command.in_transaction()));
    /// # }
    /// ```
    pub fn in_transaction(&self) -> bool {
        matches!(self.body.get_bool("autocommit"), Ok(false))
    }

    /// Whether it is a `commitTransaction` or an `abortTransaction`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(sent: earnorm_testkit::Sent) {
    /// let work = sent.iter().filter(|command| !command.ends_transaction()).count();
    /// # }
    /// ```
    pub fn ends_transaction(&self) -> bool {
        ["commitTransaction", "abortTransaction"].contains(&self.name.as_str())
    }

    fn reply(&self) -> Option<&Reply> {
        match &self.outcome {
            Outcome::Replied(reply) => Some(reply),
            _ => None,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(collection) = &self.collection {
            write!(f, " {collection}")?;
        }
        // Leave out what every command has for sessions and routing.
        let general = ["$db", "lsid", "$clusterTime", "txnNumber", "autocommit", "startTransaction", "$readPreference"];
        let shown = |key: &str| key != self.name && key != "collection" && !general.contains(&key);
        let rest: Document =
            self.body.iter().filter(|(key, _)| shown(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
        if !rest.is_empty() {
            write!(f, " {}", shortened(&rest.to_string()))?;
        }
        write!(f, " -> {}", self.outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("no reply yet"),
            Self::Replied(reply) => reply.fmt(f),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

impl Reply {
    pub(super) fn read(reply: &Document) -> Self {
        let length = |document: &Document, key: &str| document.get_array(key).ok().map(Vec::len);
        let documents = match (reply.get_document("cursor"), reply.get("value")) {
            (Ok(cursor), _) => length(cursor, "firstBatch").or_else(|| length(cursor, "nextBatch")),
            (_, Some(Bson::Document(_))) => Some(1),
            (_, Some(Bson::Null)) => Some(0),
            _ => length(reply, "values"),
        };
        let affected = reply.get("n").and_then(|n| n.as_i64().or_else(|| n.as_i32().map(i64::from)));
        let write_errors = length(reply, "writeErrors").unwrap_or(0);
        Self { documents, affected, write_errors, bytes: encoded_size(reply) }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.documents, self.affected) {
            (Some(1), _) => f.write_str("1 document")?,
            (Some(n), _) => write!(f, "{n} documents")?,
            (None, Some(n)) => write!(f, "n: {n}")?,
            (None, None) => f.write_str("ok")?,
        }
        match self.write_errors {
            0 => Ok(()),
            1 => f.write_str(", 1 write error"),
            n => write!(f, ", {n} write errors"),
        }
    }
}

/// The beginning of a long command, which has many keys or documents.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 400;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} .. ({} more bytes)", &text[..at], text.len() - at),
        None => text.to_owned(),
    }
}

fn encoded_size(document: &Document) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // This can't fail: the document has been encoded before.
    let _ = document.to_writer(&mut counter);
    counter.0
}

#[cfg(test)]
mod tests;
