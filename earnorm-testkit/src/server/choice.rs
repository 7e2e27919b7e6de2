//! Chooses the server.

use std::env;
use std::path::PathBuf;

use super::place::say;
use super::program::Program;
use super::{build, tools, wheel};
use crate::{ServerError, ServerKind};

/// The variable with the connection string of an existing server.
pub(super) const URI: &str = "EARNORM_MONGODB_URI";

/// The variable that chooses the kind of server to start.
const KIND: &str = "EARNORM_SERVER";

#[derive(Debug)]
pub(super) enum Choice {
    /// An existing server with this connection string.
    Given(String),
    /// A program to start.
    Start(Program),
}

impl Choice {
    /// Chooses a server, and installs one if necessary. The environment takes precedence over `preferred`.
    pub(super) fn make(preferred: Option<ServerKind>) -> Result<Self, ServerError> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(uri) = set(URI) {
            return Ok(Self::Given(uri));
        }
        can_start()?;
        let kind = match set(KIND) {
            Some(word) => Some(ServerKind::parse(word)?),
            None => preferred,
        };
        Ok(Self::Start(match kind {
            Some(kind) => Self::of_kind(kind)?,
            None => Self::first()?,
        }))
    }

    /// Chooses a server of this kind, whatever the environment says, and installs it if necessary.
    pub(super) fn of_kind(kind: ServerKind) -> Result<Program, ServerError> {
        can_start()?;
        Ok(match kind {
            ServerKind::Mongod => Program::Mongod(mongod().ok_or(ServerError::NotInstalled { program: "mongod" })?),
            ServerKind::Rust => Program::Secantusd(built()?),
            ServerKind::Python => Program::SecantusdPy(wheel::cached_or_installed()?),
        })
    }

    fn first() -> Result<Program, ServerError> {
        if let Some(path) = mongod() {
            return Ok(Program::Mongod(path));
        }
        if let Some(path) = tools::find(build::NAME).or_else(build::cached) {
            return Ok(Program::Secantusd(path));
        }
        if wheel::can_be_installed() {
            match wheel::cached_or_installed() {
                Ok(path) => return Ok(Program::SecantusdPy(path)),
                Err(error) => say(&format!("{error}; building `secantusd-rs` instead")),
            }
        }
        Ok(Program::Secantusd(build::cached_or_built()?))
    }
}

/// A shell script ends the server when its owner dies, so a Unix system is needed.
fn can_start() -> Result<(), ServerError> {
    if cfg!(unix) { Ok(()) } else { Err(ServerError::NoServer) }
}

fn mongod() -> Option<PathBuf> {
    tools::find("mongod")
}

fn built() -> Result<PathBuf, ServerError> {
    tools::find(build::NAME).map_or_else(build::cached_or_built, Ok)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::env;

    use super::Choice;
    use crate::server::machine::{Machine, ROLE, text};

    /// Runs in the process that the other tests start. In any other process it passes.
    #[test]
    fn chooser() {
        if env::var_os(ROLE).is_some() {
            match Choice::make(None) {
                Ok(Choice::Given(uri)) => println!("given: {uri}"),
                Ok(Choice::Start(program)) => println!("chosen: {program:?}"),
                Err(error) => println!("{error}"),
            }
        }
    }

    fn chosen(machine: &Machine, kind: &str) -> String {
        let mut command = machine.command("server::choice::tests::chooser");
        text(&command.env("EARNORM_SERVER", kind).output().unwrap())
    }

    /// Adds a Python that creates virtual environments with this program as their `pip`.
    fn python(machine: &Machine, pip: &str) {
        let venv = format!(
            r#"case $2 in
                venv) mkdir -p "$4/bin"; printf '#!/bin/sh\n%s\n' '{pip}' >"$4/bin/python"; chmod +x "$4/bin/python";;
            esac"#
        );
        machine.script("python3", &venv);
    }

    #[test]
    fn an_installed_server_is_chosen_in_order() {
        let machine = Machine::with(&["mongod", "secantusd-rs", "python3"]);
        assert!(chosen(&machine, "").contains("chosen: Mongod("));
        assert!(chosen(&machine, "rs").contains("chosen: Secantusd("));
        let machine = Machine::with(&["secantusd-rs", "python3"]);
        assert!(chosen(&machine, "").contains("chosen: Secantusd("));
        assert!(chosen(&machine, "mongod").contains("`mongod` was chosen but is not on the path"));
        assert!(chosen(&machine, "other").contains("expected one of `rs`, `py`, `mongod`"));
    }

    #[test]
    fn the_wheel_is_installed_before_a_server_is_built() {
        let machine = Machine::with(&["cc", "make", "cmake"]);
        python(&machine, r#"case $2 in pip) : >"${0%python}secantusd-py";; esac"#);
        let output = chosen(&machine, "");
        assert!(output.contains("installing secantusdb"), "{output}");
        assert!(output.contains("chosen: SecantusdPy("), "{output}");
        // it is in the cache now
        let output = chosen(&machine, "py");
        assert!(!output.contains("installing") && output.contains("chosen: SecantusdPy("), "{output}");
    }

    #[test]
    fn a_failed_installation_leads_to_a_build() {
        let machine = Machine::with(&["cc", "make", "cmake"]);
        python(&machine, "echo no network; exit 1");
        let output = chosen(&machine, "");
        assert!(output.contains("couldn't be installed (no network)"), "{output}");
        assert!(output.contains("building `secantusd-rs` instead"), "{output}");
        assert!(output.contains("`cargo install secantus-mdb"), "{output}");
        let output = chosen(&machine, "py");
        assert!(output.contains("(no network); it needs Python 3.10"), "{output}");
        assert!(!output.contains("cargo install"), "{output}");
    }

    #[test]
    fn an_old_python_leads_to_a_build() {
        let machine = Machine::with(&["cc", "make", "cmake"]);
        machine.script("python3", "exit 1");
        let output = chosen(&machine, "");
        assert!(output.contains("`cargo install secantus-mdb") && !output.contains("secantusdb"), "{output}");
        assert!(chosen(&machine, "py").contains("python3 is older than 3.10, or has no `venv`"));
    }
}
