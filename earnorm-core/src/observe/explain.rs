//! The result of `explain`.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use mongodb::bson::Document;
use serde::Serialize;

use super::access::{Access, Shards};
use super::plan::Found;

/// How the server runs the commands of a query, returned by [`Query::explain`](crate::Query::explain). `Display` prints a line
/// for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The commands of the query and of its includes, in the order in which they were sent.
    pub commands: Vec<ExplainedCommand>,
}

/// How the server runs a command. A number that the server doesn't tell is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedCommand {
    /// `find` or `aggregate`.
    pub command: &'static str,
    /// The collection that the command names.
    pub collection: String,
    /// How it reads this collection, and those that it joins. Empty if that is unknown.
    pub reads: Vec<Access>,
    /// How many entries of indexes the server examined.
    pub keys_examined: Option<u64>,
    /// How many documents the server examined.
    pub documents_examined: Option<u64>,
    /// How many documents the command returns.
    pub returned: Option<u64>,
    /// The shards that run it.
    pub shards: Shards,
    /// The server's message if it can't explain the command.
    pub error: Option<String>,
}

impl Explanation {
    /// The commands that read all documents of a collection.
    ///
    /// ```no_run
    /// # use earnorm::prelude::*;
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
    /// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
    /// let explanation = User::find(User::NAME.eq("Ada")).explain(&db).await?;
    /// assert_eq!(explanation.collection_scans().count(), 0, "{explanation}");
    /// # Ok(()) }
    /// ```
    pub fn collection_scans(&self) -> impl Iterator<Item = &ExplainedCommand> {
        self.commands.iter().filter(|command| command.scans_a_collection())
    }
}

impl ExplainedCommand {
    pub(super) fn new(command: &'static str, collection: &str, reply: Result<&Document, String>) -> Self {
        let (found, error) = match reply {
            Ok(reply) => (Found::of(collection, reply), None),
            Err(error) => (Found::default(), Some(error)),
        };
        let Found { reads, keys_examined, documents_examined, returned, shards } = found;
        let collection = collection.to_owned();
        Self { command, collection, reads, keys_examined, documents_examined, returned, shards, error }
    }

    /// Whether it reads all documents of a collection.
    pub fn scans_a_collection(&self) -> bool {
        self.reads.iter().any(|access| matches!(access, Access::CollectionScan { .. }))
    }

    /// The names of the indexes that it uses.
    pub fn indexes(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().filter_map(|access| match access {
            Access::Index { index, .. } => Some(index.as_str()),
            _ => None,
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.commands.is_empty() {
            return f.write_str("no commands");
        }
        for (number, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl fmt::Display for ExplainedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.command, self.collection)?;
        if let Some(error) = &self.error {
            return write!(f, "unknown ({error})");
        }
        if self.reads.is_empty() {
            f.write_str("unknown access")?;
        }
        for (number, access) in self.reads.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { ", " })?;
            match access {
                Access::Index { index, .. } => write!(f, "index `{index}`")?,
                Access::CollectionScan { .. } => f.write_str("collection scan")?,
                Access::Nothing { .. } => f.write_str("no read")?,
            }
            if access.collection() != self.collection {
                write!(f, " of {}", access.collection())?;
            }
        }
        let number = |n: Option<u64>| n.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
        let (examined, returned) = (number(self.documents_examined), number(self.returned));
        write!(f, "; documents examined: {examined}, returned: {returned}")?;
        match &self.shards {
            Shards::Unsharded => Ok(()),
            Shards::Unknown => f.write_str("; shards: unknown"),
            Shards::One(shard) => write!(f, "; targeted at shard {shard}"),
            Shards::Several(shards) => write!(f, "; sent to {} shards: {}", shards.len(), shards.join(", ")),
        }
    }
}

/// Collects the explanations of commands.
#[derive(Default)]
pub(crate) struct Explained(Mutex<Explanation>);

impl Explained {
    /// Adds the reply to an `explain`.
    pub(crate) fn add(&self, command: &'static str, collection: &str, reply: Result<&Document, String>) {
        let explained = ExplainedCommand::new(command, collection, reply);
        // no code panics while it holds the lock
        self.0.lock().unwrap_or_else(PoisonError::into_inner).commands.push(explained);
    }

    /// What was collected.
    pub(super) fn take(&self) -> Explanation {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
