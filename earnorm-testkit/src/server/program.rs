//! The server programs, and how each is started.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::process::Process;
use super::ready;
use crate::ServerError;
use crate::error::tail;

/// How many ports are tried, since another process may take one first.
const ATTEMPTS: usize = 5;

/// How long a server may take to become ready. A busy CI machine is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server program and its path.
#[derive(Debug)]
pub(super) enum Program {
    Mongod(PathBuf),
    Secantusd(PathBuf),
    /// In a virtual environment, whose Python runs it.
    SecantusdPy(PathBuf),
}

/// A server that is ready.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) process: Process,
    pub(super) uri: String,
}

impl Program {
    /// Starts a one-node replica set on a free port, and waits until it accepts writes.
    pub(super) async fn start(&self) -> Result<Started, ServerError> {
        let deadline = Instant::now() + PATIENCE;
        let (process, port) = self.listen(deadline)?;
        let set = match self {
            Self::Mongod(_) => ready::REPLICA_SET,
            Self::Secantusd(_) | Self::SecantusdPy(_) => "secantus",
        };
        match ready::wait_for_primary(port, deadline).await {
            Ok(()) => {
                let uri = format!("mongodb://127.0.0.1:{port}/?replicaSet={set}");
                Ok(Started { process, uri })
            }
            Err(error) => {
                let log = format!("{}\n{error}", process.log());
                Err(self.failed(&process, &log))
            }
        }
    }

    /// Starts the server, and tries again if its port was taken.
    ///
    /// The log says whether it listens. A reply on the port isn't enough: it may come from another server that took the port
    /// first, and that must not be made a replica set.
    fn listen(&self, deadline: Instant) -> Result<(Process, u16), ServerError> {
        let mut attempt = 1;
        loop {
            let port = self.choose_port()?;
            let process = Process::start(|dir| self.command_line(dir, port))?;
            loop {
                let log = process.log();
                if let Some(port) = self.listening_port(&log, port) {
                    return Ok((process, port));
                }
                if process.has_exited() {
                    let log = process.log();
                    if attempt < ATTEMPTS && log.contains("Address already in use") {
                        break;
                    }
                    return Err(self.failed(&process, &log));
                }
                if Instant::now() > deadline {
                    return Err(self.failed(&process, &log));
                }
                thread::sleep(Duration::from_millis(2));
            }
            attempt += 1;
        }
    }

    /// The port to request. 0 lets the system choose when the server binds, which excludes a race.
    fn choose_port(&self) -> Result<u16, ServerError> {
        match self {
            Self::Secantusd(_) | Self::SecantusdPy(_) => Ok(0),
            // `mongod --port 0` doesn't print its port.
            Self::Mongod(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .and_then(|listener| listener.local_addr())
                .map(|address| address.port())
                .map_err(|e| ServerError::io("find a free port on 127.0.0.1", e)),
        }
    }

    fn command_line(&self, dir: &Path, port: u16) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![self.path().into()];
        if let Self::SecantusdPy(path) = self {
            // The first line of the program has the path where it was installed, before it was moved.
            words.insert(0, path.with_file_name("python").into());
        }
        match self {
            Self::Mongod(_) => {
                words.extend(["--replSet", ready::REPLICA_SET, "--bind_ip", "127.0.0.1"].map(Into::into));
                words.extend(["--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"].map(Into::into));
                // for `configureFailPoint`
                words.extend(["--setParameter", "enableTestCommands=1"].map(Into::into));
                words.extend(["--nounixsocket", "--dbpath"].map(Into::into));
                words.push(dir.into());
            }
            Self::Secantusd(_) => {
                // Without this file, the server would read one in `~` or `/etc`.
                let config = dir.join("secantusd.toml");
                let _ = std::fs::write(&config, "");
                words.extend(["--config".into(), config.into()]);
                words.extend(["--host", "127.0.0.1", "--log-level", "WARNING"].map(Into::into));
                // The defaults, 4 GiB and 128 MiB, are more than tests need.
                words.extend(["--cache-size", "256M", "--log-file-max", "32MB"].map(Into::into));
                words.extend(["--storage-path".into(), dir.join("data").into()]);
            }
            Self::SecantusdPy(_) => {
                let config = dir.join("secantusd.toml");
                let _ = std::fs::write(&config, "");
                words.extend(["--config".into(), config.into()]);
                words.extend(["--host", "127.0.0.1", "--enable-test-commands", "--cache-size", "256M"].map(Into::into));
                words.extend(["--storage-path".into(), dir.join("data").into()]);
            }
        }
        words.extend(["--port".into(), port.to_string().into()]);
        words
    }

    /// The port on which the server listens, according to its log.
    fn listening_port(&self, log: &str, requested: u16) -> Option<u16> {
        match self {
            Self::Mongod(_) => log.to_ascii_lowercase().contains("waiting for connections").then_some(requested),
            Self::Secantusd(_) | Self::SecantusdPy(_) => log
                .lines()
                .find_map(|line| line.split_once(" listening on 127.0.0.1:"))
                .and_then(|(_, port)| port.trim().parse().ok()),
        }
    }

    fn failed(&self, process: &Process, log: &str) -> ServerError {
        let program = self.path().display().to_string();
        let tail = tail(log);
        if process.has_exited() {
            ServerError::Exited { program, tail }
        } else {
            ServerError::NotReady { program, seconds: PATIENCE.as_secs(), tail }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Mongod(path) | Self::Secantusd(path) | Self::SecantusdPy(path) => path,
        }
    }
}

#[cfg(test)]
mod tests;
