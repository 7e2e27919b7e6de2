//! The result of `observe`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::call_site::{CallSite, seconds, sums};
use super::n_plus_one::NPlusOne;

/// What an [`observe`](crate::observe()) has seen. `Display` prints the totals and a line for each place that made calls.
///
/// Serialized, it has the same fields, the time in seconds, and the results of [`n_plus_one`](Self::n_plus_one).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// The number of commands that were sent: queries with their `getMore`s, writes, commits.
    pub commands: u64,
    /// The number of documents that were sent whole: those in replies, and those that were inserted or replaced.
    pub documents: u64,
    /// The size of these documents and of the replies that contain them, in bytes.
    pub bytes: u64,
    /// How long the observed future ran.
    #[serde(serialize_with = "seconds")]
    pub time: Duration,
    /// The places that made calls, in the order of their first calls.
    pub call_sites: Vec<CallSite>,
    pub(super) n_plus_one: Vec<NPlusOne>,
}

impl Seen {
    /// The handles that were awaited at one place for two or more different documents, each with the include to write
    /// instead. A handle that is awaited again for the same document isn't one of them.
    ///
    /// Calls that read count: `get`, `require`, `all`, `first`, `one`, `exists`, `count`, `stream`, `page`, `links`, `tree`.
    /// Two documents are different if their ids are, or, for embedded documents, if they are at different places in memory.
    pub fn n_plus_one(&self) -> &[NPlusOne] {
        &self.n_plus_one
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sums(self.commands, self.documents, self.bytes, self.time))?;
        for site in &self.call_sites {
            write!(f, "\n  {site}")?;
        }
        for found in &self.n_plus_one {
            write!(f, "\n  {found}")?;
        }
        Ok(())
    }
}
