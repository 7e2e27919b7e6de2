//! Clients and replies for tests with a [`FaultProxy`].

use std::fmt;
use std::ops::RangeInclusive;

use earnorm::mongodb::bson::Document;
use earnorm::mongodb::{Client, Database};
use earnorm::prelude::*;
use earnorm_testkit::{FaultProxy, LocalServer, TestDb};

/// The test's database in a new client through the proxy with these options, and in one that connects directly.
pub async fn clients(test: &TestDb, proxy: &FaultProxy, options: &str) -> (Database, Database) {
    let separator = if proxy.uri().contains('?') { '&' } else { '?' };
    let faulty = Client::with_uri_str(format!("{}{separator}{options}", proxy.uri())).await.unwrap();
    (faulty.database(test.name()), direct_database(test).await)
}

/// The test's database in a new client that connects directly.
pub async fn direct_database(test: &TestDb) -> Database {
    let server = LocalServer::shared().await.unwrap();
    Client::with_uri_str(server.uri()).await.unwrap().database(test.name())
}

/// The reply of a server to a write that conflicts with another transaction.
pub fn write_conflict() -> Document {
    doc! {
        "ok": 0, "code": 112, "codeName": "WriteConflict", "errmsg": "",
        "errorLabels": ["TransientTransactionError"],
    }
}

/// A point at which a connection is cut: before the server receives a command, or after it has executed it.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    command: usize,
    before: bool,
}

impl Cut {
    /// Both points for each of these commands. The first command is 1.
    pub fn all(commands: RangeInclusive<usize>) -> impl Iterator<Item = Self> {
        commands.flat_map(|command| [true, false].map(|before| Self { command, before }))
    }

    /// Cuts the connection once.
    pub fn once(self, proxy: &FaultProxy) {
        if self.before {
            proxy.cut_before(self.command);
        } else {
            proxy.cut_after(self.command);
        }
    }

    /// Cuts the connection and accepts no other.
    pub fn and_stay_down(self, proxy: &FaultProxy) {
        if self.before {
            proxy.down_before(self.command);
        } else {
            proxy.down_after(self.command);
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cut {} command {}", if self.before { "before" } else { "after" }, self.command)
    }
}
