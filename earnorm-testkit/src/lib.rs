//! A real server for tests that use MongoDB. It is started for you, each test gets a database of its own, and every
//! command is counted. It is what `mongodb-memory-server` is for Node.
//!
//! ```
//! use earnorm_testkit::{TestDb, assert_commands};
//! use mongodb::bson::{Document, doc};
//!
//! # const _: &str = stringify!(
//! #[tokio::test]
//! # );
//! async fn a_post_is_found() -> Result<(), Box<dyn std::error::Error>> {
//!     let db = TestDb::new().await?;
//!     let posts = db.db().collection::<Document>("posts");
//!     posts.insert_one(doc! { "title": "first" }).await?;
//!
//!     let found = assert_commands!(db, 1, posts.find_one(doc! { "title": "first" }).await?);
//!     assert!(found.is_some());
//!     Ok(())
//! }
//! # tokio::runtime::Runtime::new().unwrap().block_on(a_post_is_found()).unwrap();
//! ```
//!
//! Add it to a crate with tests, together with a runtime:
//!
//! ```toml
//! [dev-dependencies]
//! earnorm-testkit = "0.1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It is for any program that uses the [`mongodb`] driver; EarnORM is not needed.
//!
//! # The server
//!
//! The first [`TestDb`] of a process finds or starts a server, and all tests of the process share it. The first of these
//! that applies is used:
//!
//! 1. **`EARNORM_MONGODB_URI`**, a connection string: nothing is started. Use it for your own server, for a MongoDB in a
//!    container, or for one server that many test processes share (see below).
//! 2. **`mongod`** on the path: MongoDB's own server, as a replica set of one node.
//! 3. **`secantusd-rs`** on the path or in the cache directory.
//! 4. **`secantusd-py`, installed** into the cache directory, once, in about half a minute: the package `secantusdb` from
//!    PyPI, in a virtual environment. It needs Python 3.10 or later with `venv`.
//! 5. **`secantusd-rs`, built** in the cache directory, once, in 3 to 6 minutes. It needs a C compiler, `make`, and either
//!    `cmake` or `python3`, which downloads `cmake`.
//!
//! Progress messages go to stderr. `EARNORM_SERVER` chooses a server: `mongod`, `rs` or `py` ([`ServerKind`]).
//!
//! A started server listens on a free port of 127.0.0.1, keeps its data in a temporary directory, and is ready in a
//! fraction of a second. It ends with the process that started it, even if that is killed. If something goes wrong, a
//! [`ServerError`] says what to do.
//!
//! `secantusd-rs` is the crate `secantus-mdb`: a single-node server with MongoDB's wire protocol over WiredTiger, MongoDB's
//! storage engine. Transactions, aggregations, indexes, validators, collations and change streams work. It has no text,
//! hashed or wildcard indexes, no server-side JavaScript and no fail points. It doesn't enforce the limit of 16 MiB per
//! command, and some aggregations are slow. If your tests need any of these, use `mongod`.
//!
//! `secantusd-py` is the same server in Python, with the same gaps. It is two to three times slower, and much slower with
//! many thousands of documents. It rejects the stage `$count` in a `$lookup` and expressions in `$documents`, and it ignores
//! the collation of a collection. It has `configureFailPoint`.
//!
//! **The licence** of both is GPL-2.0. Each runs in its own process and is never linked with your program or with this
//! crate, which is licensed under MIT or Apache-2.0. Neither is part of this crate's package.
//!
//! # The variables
//!
//! | variable | meaning |
//! |---|---|
//! | `EARNORM_MONGODB_URI` | the server to use, instead of starting one |
//! | `EARNORM_SERVER` | which server to start: `mongod`, `rs` or `py` |
//! | `EARNORM_CACHE_DIR` | where a built server is kept; otherwise `$XDG_CACHE_HOME/earnorm` or `~/.cache/earnorm` |
//! | `TMPDIR` | where a started server keeps its data |
//!
//! In CI, keep the cache directory between runs. Each test binary is a separate process, so start one server for all of
//! them with [`LocalServer`]:
//!
//! ```no_run
//! use std::process::Command;
//! use earnorm_testkit::LocalServer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = LocalServer::start_blocking()?;
//! Command::new("cargo").arg("test").env("EARNORM_MONGODB_URI", server.uri()).status()?;
//! # Ok(())
//! # }
//! ```
//!
//! # The tests
//!
//! Each [`TestDb`] has its own database and its own client, so tests can run in parallel. The end of the scope drops the
//! database and waits for that, also after a panic.
//!
//! [`CommandLog`] records what the client sends. [`assert_commands!`] asserts the number of commands, which detects an
//! accidental query per document. A mismatch prints the commands:
//!
//! ```text
//! expected 1 command, 2 sent:
//!   1. find posts { "filter": { "author_id": 7 }, "batchSize": 2 } -> 2 documents
//!   2. getMore posts { "batchSize": 2 } -> 1 document
//! ```
//!
//! # Failures
//!
//! [`TestDb::with_proxy`] creates a database behind a [`FaultProxy`]. At the command that a test chooses, the proxy cuts the
//! connection before or after the server executes the command, or delays or rejects the command. [`TestDb::standalone`]
//! creates a database on a server without transactions. [`TestDb::with_fail_points`] creates a database on a server with
//! `configureFailPoint`, MongoDB's own command for failures.
//!
//! # Features
//!
//! `bson-2` (default) or `bson-3`: the major version of `bson` that the driver uses. If any crate of a dependency graph
//! enables `bson-3`, all use it.

mod assert;
mod db;
mod error;
mod janitor;
mod log;
mod proxy;
mod server;
mod uri;

pub use self::db::TestDb;
pub use self::error::ServerError;
pub use self::log::{Command, CommandLog, Mark, Outcome, Reply, Sent};
pub use self::proxy::FaultProxy;
pub use self::server::{LocalServer, ServerKind};

/// For the expansion of `assert_commands!` and the commands of this repository. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::assert::Watch;
    pub use crate::server::cache_dir;
}
