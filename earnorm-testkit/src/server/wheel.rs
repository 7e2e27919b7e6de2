//! Installs `secantusd-py`: slower than `secantusd-rs`, but installed in half a minute.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use super::place::{Place, say};
use super::python;
use crate::ServerError;

const PACKAGE: &str = "secantusdb";
const VERSION: &str = "0.7.0b3";
/// The path of the program in the virtual environment.
pub(super) const BINARY: &str = "bin/secantusd-py";

/// The program in the cache. It is installed if it is missing.
pub(super) fn cached_or_installed() -> Result<PathBuf, ServerError> {
    let place = Place::new("secantusd-py", VERSION)?;
    place.file(BINARY, install)
}

/// Whether this machine has a Python that can install it.
pub(super) fn can_be_installed() -> bool {
    python::find().is_some_and(|python| python::is_fit(&python))
}

fn install(place: &Place) -> Result<(), ServerError> {
    let failed = |reason: &str| ServerError::InstallFailed { package: PACKAGE, reason: reason.to_owned() };
    let python = python::find().ok_or_else(|| failed("python3 is not installed"))?;
    if !python::is_fit(&python) {
        return Err(failed("python3 is older than 3.10, or has no `venv`"));
    }
    say(&format!(
        "no MongoDB server found; installing {PACKAGE} {VERSION} (GPL-2.0, runs in its own process) into {}. This \
         happens once and takes about half a minute",
        place.home.display(),
    ));
    let start = Instant::now();
    place.fill(|| {
        let venv = place.work.join("venv");
        python::install(&python, &venv, &format!("{PACKAGE}=={VERSION}")).map_err(|reason| failed(&reason))?;
        // The wheel may be for another system.
        if !python::runs(Command::new(venv.join("bin").join("python")).arg(venv.join(BINARY)).arg("--help")) {
            return Err(failed("the installed one doesn't run"));
        }
        Ok(venv)
    })?;
    say(&format!("the MongoDB server is installed, in {} s", start.elapsed().as_secs()));
    Ok(())
}
