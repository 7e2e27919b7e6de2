//! The calls of one line.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// The calls of one kind that one line of the program made. The line is that of the last call, such as `.all(&db)`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CallSite {
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
    /// The model, or for a relation the model or the embedded document that declares it. Empty for a commit.
    pub model: &'static str,
    /// The name of the relation.
    pub relation: Option<&'static str>,
    /// The name of the method.
    pub operation: &'static str,
    /// How often it was called and awaited.
    pub calls: u64,
    /// The number of commands that these calls sent.
    pub commands: u64,
    /// The number of documents; see [`Seen::documents`](crate::Seen::documents).
    pub documents: u64,
    /// The number of bytes; see [`Seen::bytes`](crate::Seen::bytes).
    pub bytes: u64,
    /// The sum of the times of all calls. Calls that run at the same time add up.
    #[serde(serialize_with = "seconds")]
    pub time: Duration,
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        for part in [Some(self.model), self.relation].into_iter().flatten().filter(|part| !part.is_empty()) {
            write!(f, "{part}.")?;
        }
        write!(f, "{}", self.operation)?;
        if self.calls != 1 {
            write!(f, ", {} times", self.calls)?;
        }
        write!(f, ": {}", sums(self.commands, self.documents, self.bytes, self.time))
    }
}

pub(super) fn sums(commands: u64, documents: u64, bytes: u64, time: Duration) -> String {
    let number = |n: u64, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let (commands, documents) = (number(commands, "command"), number(documents, "document"));
    format!("{commands}, {documents}, {} in {time:.1?}", size(bytes))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
