//! A real server for tests that use MongoDB: nothing to install or start, a fresh database for each
//! test, and every command counted. It is what `mongodb-memory-server` is for Node.
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
//! Add it where tests are, next to a runtime:
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
//! The first [`TestDb`] of a process gets a server, and all tests of the process share it. Which
//! one, first match wins:
//!
//! 1. **`EARNORM_MONGODB_URI`**, a connection string: nothing is started. Use it for a server of
//!    your own, a MongoDB in a container, or to start one server for many test processes (see
//!    below).
//! 2. **`mongod`** on the path: MongoDB's own server, as a replica set of one node.
//! 3. **`secantusd-rs`** on the path or in the cache directory.
//! 4. **`secantusd-py`, installed** into the cache directory, once, in about half a minute: the
//!    package `secantusdb` from PyPI, in a virtual environment. It takes Python 3.10 or later with
//!    `venv`.
//! 5. **`secantusd-rs`, built** into the cache directory, once, in 3 to 6 minutes: it takes a C
//!    compiler, `make`, and `cmake` or else `python3`, which fetches `cmake`.
//!
//! What is going on, and how long it has taken, is on stderr. `EARNORM_SERVER` chooses one of them:
//! `mongod`, `rs` or `py` ([`ServerKind`]).
//!
//! A started server listens on 127.0.0.1 at a port that nobody had, keeps its data in a temporary
//! directory, and is up in a fraction of a second. It ends with the process that started it,
//! however that ends: after the last test, by Ctrl-C, by a crash or a SIGKILL. What goes wrong is
//! a [`ServerError`], which says what to do.
//!
//! `secantusd-rs` is the crate `secantus-mdb`: a
//! single-node server with MongoDB's wire protocol over WiredTiger, MongoDB's storage engine.
//! Transactions, aggregations, indexes, validators, collations and change streams work. It has no
//! text, hashed or wildcard indexes, no server-side JavaScript and no fail points, does not
//! enforce the limit of 16 MiB a command, and some aggregations are slow; where that matters, test
//! against `mongod`. `secantusd-py` is the same server in Python, with the same gaps. It takes two to
//! three times as long, and much longer with many thousands of documents. It refuses the stage
//! `$count` in a `$lookup` and expressions in `$documents`, and doesn't compare by the collation of a
//! collection. It has `configureFailPoint`.
//!
//! **Their licence** is GPL-2.0. Each runs as a process of its own and is never linked with
//! your program or with this crate, which is MIT or Apache-2.0; neither is shipped with this crate.
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
//! In CI, keep the cache directory from run to run; and since each test binary is a process of its
//! own, start one server for all of them and hand it down, as [`LocalServer`] makes easy:
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
//! Each [`TestDb`] is a database with a name of its own and a client of its own, so tests run side
//! by side without seeing each other's data. When it goes out of scope the database is dropped,
//! and the test ends when that is done; after a panic too.
//!
//! [`CommandLog`] has what the client sent; [`assert_commands!`] turns a promise about it into a
//! test, which is how an accidental query per document is noticed. A mismatch prints the commands:
//!
//! ```text
//! expected 1 command, 2 sent:
//!   1. find posts { "filter": { "author_id": 7 }, "batchSize": 2 } -> 2 documents
//!   2. getMore posts { "batchSize": 2 } -> 1 document
//! ```
//!
//! # Failures
//!
//! [`TestDb::with_proxy`] gives a database behind a [`FaultProxy`]. At the command that a test names, the proxy cuts the
//! connection, before or after the server has done it, or delays or refuses the command. [`TestDb::standalone`] gives a
//! database on a server without transactions. [`TestDb::with_fail_points`] makes a database on a server that has
//! MongoDB's own command for failures, `configureFailPoint`.
//!
//! # Features
//!
//! `bson-2` (default) or `bson-3`: the major version of `bson` that the driver speaks. The second
//! wins for a whole dependency graph once any crate turns it on.

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

/// What the expansion of `assert_commands!` and this repository's own commands name; not part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::assert::Watch;
    pub use crate::server::cache_dir;
}
