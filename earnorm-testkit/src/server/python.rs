//! Python packages, each in its own virtual environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::tools;

/// A program that succeeds if this Python is new enough and can create virtual environments.
const FIT: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// The Python on the path.
pub(super) fn find() -> Option<PathBuf> {
    tools::find("python3")
}

/// Whether it is at least 3.10 and can create virtual environments.
pub(super) fn is_fit(python: &Path) -> bool {
    runs(Command::new(python).args(["-c", FIT]))
}

/// Whether a command succeeds.
pub(super) fn runs(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Creates a virtual environment and installs a package into it. The error is the last line of the output.
pub(super) fn install(python: &Path, venv: &Path, requirement: &str) -> Result<(), String> {
    fetch(Command::new(python).args(["-m", "venv", "--clear"]).arg(venv))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement];
    fetch(Command::new(venv.join("bin").join("python")).args(pip))
}

fn fetch(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    Err(last.unwrap_or("no output").trim().to_owned())
}
