//! Handles that were awaited in a loop.

use std::fmt;

use serde::Serialize;

use super::call_site::CallSite;
use super::source::Source;

/// A handle of a relation that one line awaited for several documents: one query for each of them, where an include sends one
/// for all. See [`Seen::n_plus_one`](crate::Seen::n_plus_one).
///
/// `Display` prints what to change: ``src/main.rs:12: `post.author()` was awaited 50 times; add `.with(Post::AUTHOR)` to the
/// query that reads the posts``.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NPlusOne {
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// The line of the call on the handle.
    pub line: u32,
    /// The column of the call on the handle.
    pub column: u32,
    /// The handle: `post.author()`.
    pub handle: String,
    /// How often it was awaited.
    pub awaited: u64,
    /// For how many different documents it was awaited.
    pub parents: u64,
    /// How many commands it sent.
    pub commands: u64,
    /// The include to write instead: `.with(Post::AUTHOR)`.
    pub include: String,
    /// The documents whose query needs the include: `posts`.
    pub reads: &'static str,
}

/// For how many different documents a handle has to be awaited.
const LEAST: u64 = 2;

impl NPlusOne {
    pub(super) fn of(site: &CallSite, source: Source, parents: u64) -> Option<Self> {
        let Source { table, relation, many, .. } = source;
        if parents < LEAST {
            return None;
        }
        let constant = format!("{}::{}", table.name, relation.trim_start_matches("r#").to_uppercase());
        let document = table.singular.replace(' ', "_");
        let mut handle = format!("{document}.{relation}()");
        let modifier = match site.operation {
            "count" | "exists" if many => ".count()",
            "first" if many => ".limit(1)",
            "links" => ".links()",
            "tree" => {
                handle = format!("{constant}.recursive().of(&{document})");
                ".recursive()"
            }
            "all" | "count" | "exists" | "first" | "get" | "one" | "page" | "require" | "stream" => "",
            // an include has no place for what a write does
            _ => return None,
        };
        Some(Self {
            file: site.file,
            line: site.line,
            column: site.column,
            handle,
            awaited: site.calls,
            parents,
            commands: site.commands,
            include: format!(".with({constant}{modifier})"),
            reads: table.plural,
        })
    }
}

impl fmt::Display for NPlusOne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, handle, awaited, include, reads, .. } = self;
        write!(
            f,
            "{file}:{line}: `{handle}` was awaited {awaited} times; add `{include}` to the query that reads the {reads}"
        )
    }
}
