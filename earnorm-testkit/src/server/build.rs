//! Builds `secantusd-rs` once, into a directory that all projects of a user share.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::place::{Place, say};
use super::{python, tools};
use crate::ServerError;
use crate::error::tail;

pub(super) const NAME: &str = "secantusd-rs";
const PACKAGE: &str = "secantus-mdb";
const VERSION: &str = "0.5.3-beta.193";
const BINARY: &str = "bin/secantusd-rs";

/// The newest `cmake` that this version of the server is known to build with.
const CMAKE_WHEEL: &str = "cmake>=3.25,<5";

/// The server in the cache, if it has been built.
pub(super) fn cached() -> Option<PathBuf> {
    Place::new(NAME, VERSION).ok().map(|place| place.home.join(BINARY)).filter(|binary| binary.is_file())
}

/// The server in the cache. It is built if it is missing.
pub(super) fn cached_or_built() -> Result<PathBuf, ServerError> {
    Place::new(NAME, VERSION)?.file(BINARY, |place| Site { place }.build())
}

/// A build.
struct Site<'p> {
    place: &'p Place,
}

impl Site<'_> {
    fn build(&self) -> Result<(), ServerError> {
        find_compiler()?;
        let log = self.place.beside("log");
        say(&format!(
            "no MongoDB server found (`EARNORM_MONGODB_URI` is not set, `mongod` not on the path); \
             building {PACKAGE} {VERSION} (GPL-2.0, runs in its own process) into {}. This \
             happens once and takes 3 to 6 minutes. The log is {}",
            self.place.home.display(),
            log.display()
        ));
        let start = Instant::now();
        self.place.fill(|| {
            let cmake = cmake()?;
            run(&mut self.install(&cmake), &log)?;
            Ok(self.root())
        })?;
        say(&format!("the MongoDB server is built, in {} s", start.elapsed().as_secs()));
        Ok(())
    }

    fn root(&self) -> PathBuf {
        self.place.work.join("root")
    }

    fn install(&self, cmake: &Path) -> Command {
        // The `cargo` that runs the tests, if any.
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command
            .args(["install", PACKAGE, "--version", VERSION, "--locked"])
            // The package declares a newer Rust than it needs.
            .arg("--ignore-rust-version")
            .arg("--root")
            .arg(self.root())
            .env("CMAKE", cmake)
            .env("CARGO_TARGET_DIR", self.place.work.join("target"))
            // The flags of the project under test aren't for the server.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET")
            .current_dir(&self.place.work);
        command
    }
}

/// Finds `cmake`, or installs its wheel into a virtual environment in the cache.
fn cmake() -> Result<PathBuf, ServerError> {
    if let Some(named) = env::var_os("CMAKE") {
        return Ok(named.into());
    }
    if let Some(found) = tools::find("cmake") {
        return Ok(found);
    }
    let missing = |reason: &str| ServerError::CmakeMissing { reason: reason.to_owned() };
    let venv = tools::cache_dir()?.join("cmake");
    let cmake = venv.join("bin").join("cmake");
    // The file may be of an interrupted installation, or for another system.
    let works = || python::runs(Command::new(&cmake).arg("--version"));
    if works() {
        return Ok(cmake);
    }
    let python = python::find().ok_or_else(|| missing("python3 is not installed"))?;
    say(&format!("downloading `cmake` into {}", venv.display()));
    python::install(&python, &venv, CMAKE_WHEEL).map_err(|reason| missing(&reason))?;
    if works() { Ok(cmake) } else { Err(missing("the downloaded one doesn't run")) }
}

fn find_compiler() -> Result<(), ServerError> {
    let found = |names: &[&str]| names.iter().any(|name| tools::find(name).is_some());
    if env::var_os("CC").is_none() && !found(&["cc", "gcc", "clang"]) {
        return Err(ServerError::CompilerMissing { tool: "cc" });
    }
    // `cmake` generates makefiles by default.
    if env::var_os("CMAKE_GENERATOR").is_none() && !found(&["make", "gmake"]) {
        return Err(ServerError::CompilerMissing { tool: "make" });
    }
    Ok(())
}

/// Runs the long command, and prints a message every 30 seconds.
fn run(command: &mut Command, log: &Path) -> Result<(), ServerError> {
    const MESSAGE_EVERY: Duration = Duration::from_secs(30);
    let output = File::create(log).map_err(|e| ServerError::io_at("write", log, e))?;
    let errors = output.try_clone().map_err(|e| ServerError::io_at("write", log, e))?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut child = command.spawn().map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => ServerError::CargoMissing,
        _ => ServerError::io("start `cargo`", e),
    })?;
    let start = Instant::now();
    let mut next = MESSAGE_EVERY;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => thread::sleep(Duration::from_millis(100)),
            Err(e) => return Err(ServerError::io("wait for `cargo`", e)),
        }
        if start.elapsed() > next {
            say(&format!("still building the MongoDB server, {} s", next.as_secs()));
            next += MESSAGE_EVERY;
        }
    };
    if status.success() {
        return Ok(());
    }
    let text = fs::read(log).unwrap_or_default();
    Err(ServerError::BuildFailed {
        command: format!("cargo install {PACKAGE} --version {VERSION} --locked --ignore-rust-version"),
        log: log.to_owned(),
        tail: tail(&String::from_utf8_lossy(&text)),
    })
}

#[cfg(test)]
mod tests;
