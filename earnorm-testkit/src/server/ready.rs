//! Waits for a server, and checks what it supports.

use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{ClientOptions, ServerAddress};

/// The name of the replica set of a started `mongod`. Transactions need a replica set.
pub(super) const REPLICA_SET: &str = "earnorm";

/// How long an existing server may take to reply.
const ANSWER: Duration = Duration::from_secs(5);

/// Sends a `ping` to a server, with the options of the user.
pub(super) async fn ping(options: &ClientOptions) -> Result<(), Error> {
    let mut options = options.clone();
    options.server_selection_timeout.get_or_insert(ANSWER);
    let client = Client::with_options(options)?;
    client.database("admin").run_command(doc! { "ping": 1 }).await?;
    Ok(())
}

/// Whether a server has `configureFailPoint`. The check turns off a fail point without an effect, since another test may use
/// `failCommand`.
pub(super) async fn has_fail_points(options: &ClientOptions) -> bool {
    let Ok(client) = Client::with_options(options.clone()) else {
        return false;
    };
    let off = doc! { "configureFailPoint": "dummy", "mode": "off" };
    client.database("admin").run_command(off).await.is_ok()
}

/// Waits until the server on this port accepts writes. If it has no replica set yet, it gets one.
pub(super) async fn wait_for_primary(port: u16, deadline: Instant) -> Result<(), Error> {
    let mut options = ClientOptions::default();
    options.hosts = vec![ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: Some(port) }];
    // The driver can't discover a server that isn't a member of its set yet.
    options.direct_connection = Some(true);
    options.server_selection_timeout = Some(ANSWER);
    let admin = Client::with_options(options)?.database("admin");

    let mut initiated = false;
    loop {
        let state = admin.run_command(doc! { "hello": 1 }).await;
        match &state {
            Ok(hello) if matches!(hello.get_bool("isWritablePrimary"), Ok(true)) => return Ok(()),
            Ok(hello) if !initiated && !hello.contains_key("setName") => {
                initiate(&admin, port).await?;
                initiated = true;
            }
            _ => {}
        }
        if Instant::now() > deadline {
            return match state {
                Ok(hello) => Err(Error::custom(format!("it is not a primary: {}", summary(&hello)))),
                Err(error) => Err(error),
            };
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn initiate(admin: &mongodb::Database, port: u16) -> Result<(), Error> {
    const ALREADY_INITIALIZED: i32 = 23;
    let members = vec![doc! { "_id": 0, "host": format!("127.0.0.1:{port}") }];
    let config = doc! { "_id": REPLICA_SET, "members": members };
    match admin.run_command(doc! { "replSetInitiate": config }).await {
        Ok(_) => Ok(()),
        Err(error) => match *error.kind {
            ErrorKind::Command(ref refusal) if refusal.code == ALREADY_INITIALIZED => Ok(()),
            _ => Err(error),
        },
    }
}

fn summary(hello: &Document) -> String {
    ["setName", "isWritablePrimary", "secondary", "info"]
        .iter()
        .filter_map(|key| hello.get(key).map(|value| format!("{key} is {value}")))
        .collect::<Vec<_>>()
        .join(", ")
}
