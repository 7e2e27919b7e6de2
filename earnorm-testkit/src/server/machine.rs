//! A fake machine for tests, with chosen programs on its path.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::tools;

/// This variable is set in the process that a test starts with its own environment.
pub(super) const ROLE: &str = "EARNORM_TESTKIT_ROLE";

/// A machine that has only the chosen programs, and a fake `cargo`.
pub(super) struct Machine {
    dir: TempDir,
}

impl Machine {
    pub(super) fn with(programs: &[&str]) -> Self {
        let machine = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(machine.dir.path().join("bin")).unwrap();
        for program in programs {
            symlink(tools::find("true").unwrap(), machine.program(program)).unwrap();
        }
        machine.script("cargo", "exit 1");
        machine
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.path().join("bin").join(name)
    }

    pub(super) fn script(&self, name: &str, body: &str) {
        let path = self.program(name);
        fs::write(&path, format!("#!/bin/sh\nPATH={}\n{body}\n", env::var("PATH").unwrap())).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(super) fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs a test of this program on the machine.
    pub(super) fn command(&self, test: &str) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", test, "--nocapture"])
            .env_clear()
            .env("PATH", self.dir.path().join("bin"))
            .env("EARNORM_CACHE_DIR", self.cache())
            .env("CARGO", self.program("cargo"))
            .env(ROLE, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

pub(super) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
