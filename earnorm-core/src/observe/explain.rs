//! The result of `explain`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mongodb::bson::Document;
use serde::Serialize;

use super::context::{Context, current};
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

/// How a command reads a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "access", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Access {
    /// By an index.
    Index {
        /// The collection.
        collection: String,
        /// The name of the index. `_id_` is that of the ids.
        index: String,
    },
    /// By reading all of its documents.
    CollectionScan {
        /// The collection.
        collection: String,
    },
    /// Not at all: the server knows that there is no result, for example because the collection doesn't exist.
    Nothing {
        /// The collection.
        collection: String,
    },
}

/// The shards that run a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "targets", content = "shards", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shards {
    /// The server doesn't tell.
    #[default]
    Unknown,
    /// The server isn't a router of a sharded cluster.
    Unsharded,
    /// The command is targeted at this shard.
    One(String),
    /// The command is sent to these shards.
    Several(Vec<String>),
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

impl Shards {
    /// Whether a command is targeted at one shard of a cluster. `None` if there is no cluster, or if it is unknown.
    pub fn is_targeted(&self) -> Option<bool> {
        match self {
            Self::Unknown | Self::Unsharded => None,
            Self::One(_) => Some(true),
            Self::Several(_) => Some(false),
        }
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

impl Access {
    /// The collection.
    pub fn collection(&self) -> &str {
        match self {
            Self::Index { collection, .. } | Self::CollectionScan { collection } | Self::Nothing { collection } => {
                collection
            }
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
}

/// Runs a future, and lets the commands that it sends be explained.
pub(crate) async fn explained<F: Future>(future: F) -> (F::Output, Explanation) {
    let explained = Arc::new(Explained::default());
    let context = Context { explained: Some(Arc::clone(&explained)), ..current() };
    let output = context.scope(future).await;
    let explanation = std::mem::take(&mut *explained.0.lock().unwrap_or_else(PoisonError::into_inner));
    (output, explanation)
}

/// Who wants the next command to be explained.
pub(crate) fn wants_explanation() -> Option<Arc<Explained>> {
    current().explained
}
