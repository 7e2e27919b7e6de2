//! Building a server once, into a directory that all projects of a user share.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::tools;
use crate::ServerError;
use crate::error::tail;

const PACKAGE: &str = "secantus-mdb";
const VERSION: &str = "0.5.3-beta.193";
const BINARY: &str = "bin/secantusd-rs";

/// The newest `cmake` that this version of the server is known to build with.
const CMAKE_WHEEL: &str = "cmake>=3.25,<5";

/// The server in the cache, built now if it isn't there.
pub(super) fn cached_or_built() -> Result<PathBuf, ServerError> {
    let site = Site::new()?;
    let binary = site.home.join(BINARY);
    if !binary.is_file() {
        let _lock = site.lock()?;
        // Another process may have built it while this one waited.
        if !binary.is_file() {
            site.build()?;
        }
    }
    Ok(binary)
}

/// Where a build happens and where its result goes.
struct Site {
    cache: PathBuf,
    home: PathBuf,
    /// Renamed to `home` at the very end: a build that is killed leaves no half of a server.
    work: PathBuf,
}

impl Site {
    fn new() -> Result<Self, ServerError> {
        let cache = tools::cache_dir()?;
        let home = cache.join("secantusd-rs").join(VERSION);
        let work = home.with_file_name(format!("{VERSION}.build"));
        Ok(Self { cache, home, work })
    }

    /// Keeps other processes from building the same; freed when the file is closed.
    fn lock(&self) -> Result<File, ServerError> {
        let path = self.home.with_file_name(format!("{VERSION}.lock"));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| ServerError::io_at("make", parent, e))?;
        }
        let file = File::create(&path).map_err(|e| ServerError::io_at("write", &path, e))?;
        // Named in full: newer versions of std have methods of the same name.
        if fs4::FileExt::try_lock(&file).is_err() {
            say("waiting for another process, which builds the MongoDB server");
            fs4::FileExt::lock(&file).map_err(|e| ServerError::io_at("lock", &path, e))?;
        }
        Ok(file)
    }

    fn build(&self) -> Result<(), ServerError> {
        find_compiler()?;
        let log = self.home.with_file_name(format!("{VERSION}.log"));
        say(&format!(
            "no MongoDB server found (`EARNORM_MONGODB_URI` is not set, `mongod` not on the path); \
             building {PACKAGE} {VERSION} (GPL-2.0, runs as a process of its own) into {}. This \
             happens once and takes 3 to 6 minutes; its log is {}",
            self.home.display(),
            log.display()
        ));
        let start = Instant::now();
        remove(&self.work)?;
        fs::create_dir_all(&self.work).map_err(|e| ServerError::io_at("make", &self.work, e))?;
        let cmake = self.cmake()?;
        let result = run(&mut self.install(&cmake), &log).and_then(|()| self.move_in());
        // Hundreds of megabytes, of no use to the next try.
        remove(&self.work)?;
        result?;
        say(&format!("the MongoDB server is built, in {} s", start.elapsed().as_secs()));
        Ok(())
    }

    fn move_in(&self) -> Result<(), ServerError> {
        remove(&self.home)?;
        fs::rename(self.root(), &self.home).map_err(|e| ServerError::io_at("rename to", &self.home, e))
    }

    fn root(&self) -> PathBuf {
        self.work.join("root")
    }

    fn install(&self, cmake: &Path) -> Command {
        // The one that runs the tests, if any: it is surely there.
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command
            .args(["install", PACKAGE, "--version", VERSION, "--locked"])
            // It declares a newer Rust than it needs.
            .arg("--ignore-rust-version")
            .arg("--root")
            .arg(self.root())
            .env("CMAKE", cmake)
            .env("CARGO_TARGET_DIR", self.work.join("target"))
            // Flags of the project under test are not meant for the server.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET")
            .current_dir(&self.work);
        command
    }

    /// `cmake`: the machine's own, or a wheel in a virtual environment in the cache.
    fn cmake(&self) -> Result<PathBuf, ServerError> {
        if let Some(named) = env::var_os("CMAKE") {
            return Ok(named.into());
        }
        if let Some(found) = tools::find("cmake") {
            return Ok(found);
        }
        let missing = |reason: &str| ServerError::CmakeMissing { reason: reason.to_owned() };
        let venv = self.cache.join("cmake");
        let cmake = venv.join("bin").join("cmake");
        if works(&cmake) {
            return Ok(cmake);
        }
        let python = tools::find("python3").ok_or_else(|| missing("python3 is not there"))?;
        say(&format!("fetching `cmake` into {}", venv.display()));
        fetch(Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv)).map_err(|e| missing(&e))?;
        let pip = venv.join("bin").join("python");
        fetch(Command::new(pip).args(["-m", "pip", "install", "--quiet", CMAKE_WHEEL])).map_err(|e| missing(&e))?;
        if works(&cmake) { Ok(cmake) } else { Err(missing("the fetched one doesn't run")) }
    }
}

fn find_compiler() -> Result<(), ServerError> {
    let found = |names: &[&str]| names.iter().any(|name| tools::find(name).is_some());
    if env::var_os("CC").is_none() && !found(&["cc", "gcc", "clang"]) {
        return Err(ServerError::CompilerMissing { tool: "cc" });
    }
    // What `cmake` writes by default is for `make`.
    if env::var_os("CMAKE_GENERATOR").is_none() && !found(&["make", "gmake"]) {
        return Err(ServerError::CompilerMissing { tool: "make" });
    }
    Ok(())
}

/// Whether this `cmake` runs: a wheel for another system, or half of one, is a file too.
fn works(cmake: &Path) -> bool {
    Command::new(cmake)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a short command; the error is the last line that it wrote.
fn fetch(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    Err(last.unwrap_or("it said nothing").trim().to_owned())
}

/// Runs the long command, with a sign of life now and then.
fn run(command: &mut Command, log: &Path) -> Result<(), ServerError> {
    const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
    let output = File::create(log).map_err(|e| ServerError::io_at("write", log, e))?;
    let errors = output.try_clone().map_err(|e| ServerError::io_at("write", log, e))?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut child = command.spawn().map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => ServerError::CargoMissing,
        _ => ServerError::io("start `cargo`", e),
    })?;
    let start = Instant::now();
    let mut next = SIGN_OF_LIFE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => thread::sleep(Duration::from_millis(100)),
            Err(e) => return Err(ServerError::io("wait for `cargo`", e)),
        }
        if start.elapsed() > next {
            say(&format!("still building the MongoDB server, {} s", next.as_secs()));
            next += SIGN_OF_LIFE;
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

fn remove(dir: &Path) -> Result<(), ServerError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ServerError::io_at("remove", dir, e)),
        _ => Ok(()),
    }
}

/// Tells the person who waits. Written past `eprintln!`, which the test harness would keep back.
fn say(words: &str) {
    let _ = writeln!(io::stderr(), "earnorm-testkit: {words}");
}

#[cfg(test)]
mod tests;
