//! How a command reads its collections, and on which shards.

use serde::Serialize;

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
    /// Not at all: the server knows without reading that nothing matches. The collection doesn't exist, for example.
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

impl Shards {
    /// Whether a command is targeted at one shard of a cluster. `None` on a server without shards, or if it is unknown.
    pub fn is_targeted(&self) -> Option<bool> {
        match self {
            Self::Unknown | Self::Unsharded => None,
            Self::One(_) => Some(true),
            Self::Several(_) => Some(false),
        }
    }
}
