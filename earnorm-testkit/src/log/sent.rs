use std::fmt;
use std::ops::Deref;
use std::slice;
use std::vec;

use super::Command;

/// A list of commands in the order in which they were sent. It derefs to a slice of [`Command`], and has totals.
///
/// Its `Display` is a numbered list with one command per line.
///
/// # Examples
///
/// ```no_run
/// # async fn demo(db: earnorm_testkit::TestDb) {
/// let (names, sent) = db.log().record(db.db().list_collection_names().into_future()).await;
/// assert_eq!(sent.len(), 1, "{sent}");
/// assert_eq!(sent.names(), ["listCollections"]);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Sent {
    commands: Vec<Command>,
}

impl Sent {
    pub(super) fn new(commands: Vec<Command>) -> Self {
        Self { commands }
    }

    /// The names of the commands.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(sent: earnorm_testkit::Sent) {
    /// assert_eq!(sent.names(), ["find", "getMore"]);
    /// # }
    /// ```
    pub fn names(&self) -> Vec<&str> {
        self.iter().map(|command| command.name.as_str()).collect()
    }

    /// How many documents all replies contain.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(sent: earnorm_testkit::Sent) {
    /// assert_eq!(sent.documents(), 121);
    /// # }
    /// ```
    pub fn documents(&self) -> usize {
        self.iter().map(Command::documents).sum()
    }

    /// The size of all replies as BSON.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(sent: earnorm_testkit::Sent) {
    /// assert!(sent.reply_bytes() < 100_000);
    /// # }
    /// ```
    pub fn reply_bytes(&self) -> usize {
        self.iter().map(Command::reply_bytes).sum()
    }

    /// The size of all commands as BSON.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(sent: earnorm_testkit::Sent) {
    /// assert!(sent.bytes() < 100_000);
    /// # }
    /// ```
    pub fn bytes(&self) -> usize {
        self.iter().map(Command::bytes).sum()
    }
}

impl Deref for Sent {
    type Target = [Command];

    fn deref(&self) -> &[Command] {
        &self.commands
    }
}

impl<'a> IntoIterator for &'a Sent {
    type Item = &'a Command;
    type IntoIter = slice::Iter<'a, Command>;

    fn into_iter(self) -> Self::IntoIter {
        self.commands.iter()
    }
}

impl IntoIterator for Sent {
    type Item = Command;
    type IntoIter = vec::IntoIter<Command>;

    fn into_iter(self) -> Self::IntoIter {
        self.commands.into_iter()
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no commands");
        }
        for (index, command) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}. {command}", index + 1)?;
        }
        Ok(())
    }
}
