//! Drops databases after their tests.
//!
//! A test's own client can't do that: its runtime may be shutting down, and `Drop` can't wait for a future. One thread
//! per process drops them all, with its own runtime and client.

use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use mongodb::Client;
use mongodb::options::{ClientOptions, ServerAddress};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long a test waits for its database to be dropped.
const PATIENCE: Duration = Duration::from_secs(10);

struct Job {
    server: ClientOptions,
    database: String,
    done: mpsc::Sender<Result<(), String>>,
}

/// Drops a database on the server of these options, and waits for it. The error is the reason for a failure.
pub(crate) fn drop_database(server: ClientOptions, database: String) -> Result<(), String> {
    static JOBS: OnceLock<UnboundedSender<Job>> = OnceLock::new();
    let jobs = JOBS.get_or_init(|| {
        let (send, receive) = unbounded_channel();
        // If the thread can't start, the receiver is dropped, and each job reports it.
        let _ = thread::Builder::new().name("earnorm-testkit".to_owned()).spawn(move || serve(receive));
        send
    });
    let (done, answer) = mpsc::channel();
    jobs.send(Job { server, database, done }).map_err(|_| "its thread has ended".to_owned())?;
    answer.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

fn serve(mut jobs: UnboundedReceiver<Job>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async move {
        let mut clients = Vec::new();
        while let Some(Job { server, database, done }) = jobs.recv().await {
            match client(&mut clients, server) {
                Ok(client) => {
                    let database = client.database(&database);
                    // Each in a task, since a drop may wait for an open transaction.
                    tokio::spawn(async move {
                        let result = database.drop().await.map_err(|e| e.to_string());
                        // The test may have stopped waiting.
                        let _ = done.send(result);
                    });
                }
                Err(error) => {
                    let _ = done.send(Err(error.to_string()));
                }
            }
        }
    });
}

/// The client of a server, for all its databases. A process has at most two servers.
fn client(
    clients: &mut Vec<(Vec<ServerAddress>, Client)>,
    mut server: ClientOptions,
) -> mongodb::error::Result<Client> {
    if let Some((_, client)) = clients.iter().find(|(hosts, _)| *hosts == server.hosts) {
        return Ok(client.clone());
    }
    server.server_selection_timeout = Some(PATIENCE / 2);
    let hosts = server.hosts.clone();
    let client = Client::with_options(server)?;
    clients.push((hosts, client.clone()));
    Ok(client)
}
