//! Which server is used: first match wins.

use std::env;

use super::program::Program;
use super::{build, tools};
use crate::ServerError;

/// The variable that names a server to use instead of starting one.
pub(super) const URI: &str = "EARNORM_MONGODB_URI";

#[derive(Debug)]
pub(super) enum Choice {
    /// One that runs, at this connection string.
    Given(String),
    /// One to start.
    Start(Program),
}

impl Choice {
    /// Chooses, building a server if there is none.
    pub(super) fn make() -> Result<Self, ServerError> {
        if let Some(uri) = env::var(URI).ok().filter(|uri| !uri.is_empty()) {
            return Ok(Self::Given(uri));
        }
        if !cfg!(unix) {
            // What ends the server when its owner dies is a shell.
            return Err(ServerError::NoServer);
        }
        if let Some(path) = tools::find("mongod") {
            return Ok(Self::Start(Program::Mongod(path)));
        }
        let path = match tools::find("secantusd-rs") {
            Some(path) => path,
            None => build::cached_or_built()?,
        };
        Ok(Self::Start(Program::Secantusd(path)))
    }
}
