//! Waiting for a server, by asking it as a user's program would.

use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{ClientOptions, ServerAddress};

/// The name of the replica set that a `mongod` is made into; transactions need one.
pub(super) const REPLICA_SET: &str = "earnorm";

/// How long a server that should be there is given to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Asks a server once, by options that a user gave.
pub(super) async fn ping(options: &ClientOptions) -> Result<(), Error> {
    let mut options = options.clone();
    options.server_selection_timeout.get_or_insert(ANSWER);
    let client = Client::with_options(options)?;
    client.database("admin").run_command(doc! { "ping": 1 }).await?;
    Ok(())
}

/// Whether a server has `configureFailPoint`. It turns off a fail point that has no effect, since another test may be
/// using `failCommand`.
pub(super) async fn has_fail_points(options: &ClientOptions) -> bool {
    let Ok(client) = Client::with_options(options.clone()) else {
        return false;
    };
    let off = doc! { "configureFailPoint": "dummy", "mode": "off" };
    client.database("admin").run_command(off).await.is_ok()
}

/// Waits until the server on this port takes writes, first making it a replica set if need be.
pub(super) async fn wait_for_primary(port: u16, deadline: Instant) -> Result<(), Error> {
    let mut options = ClientOptions::default();
    options.hosts = vec![ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: Some(port) }];
    // A member of no set yet belongs to no topology, and could not be discovered.
    options.direct_connection = Some(true);
    options.server_selection_timeout = Some(ANSWER);
    let admin = Client::with_options(options)?.database("admin");

    let mut asked = false;
    loop {
        let state = admin.run_command(doc! { "hello": 1 }).await;
        match &state {
            Ok(hello) if matches!(hello.get_bool("isWritablePrimary"), Ok(true)) => return Ok(()),
            Ok(hello) if !asked && !hello.contains_key("setName") => {
                initiate(&admin, port).await?;
                asked = true;
            }
            _ => {}
        }
        if Instant::now() > deadline {
            return match state {
                Ok(hello) => Err(Error::custom(format!("it is no primary: {}", summary(&hello)))),
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
