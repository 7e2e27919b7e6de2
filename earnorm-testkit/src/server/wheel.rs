//! The server that is written in Python: slower than the one that is built, and there in half a minute.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use super::place::{Place, say};
use super::python;
use crate::ServerError;

const PACKAGE: &str = "secantusdb";
const VERSION: &str = "0.7.0b3";
/// The program within the virtual environment.
pub(super) const BINARY: &str = "bin/secantusd-py";

/// The program in the cache, installed now if it isn't there.
pub(super) fn cached_or_installed() -> Result<PathBuf, ServerError> {
    let place = Place::new("secantusd-py", VERSION)?;
    place.file(BINARY, install)
}

/// Whether this machine can install it: with a Python of at least 3.10 that makes virtual environments.
pub(super) fn can_be_installed() -> bool {
    python::find().is_some_and(|python| python::is_fit(&python))
}

fn install(place: &Place) -> Result<(), ServerError> {
    let failed = |reason: &str| ServerError::InstallFailed { package: PACKAGE, reason: reason.to_owned() };
    let python = python::find().ok_or_else(|| failed("python3 is not there"))?;
    if !python::is_fit(&python) {
        return Err(failed("python3 is older than 3.10, or has no `venv`"));
    }
    say(&format!(
        "no MongoDB server found; installing {PACKAGE} {VERSION} (GPL-2.0, runs as a process of its own) into {}. This \
         happens once and takes about half a minute",
        place.home.display(),
    ));
    let start = Instant::now();
    place.fill(|| {
        let venv = place.work.join("venv");
        python::install(&python, &venv, &format!("{PACKAGE}=={VERSION}")).map_err(|reason| failed(&reason))?;
        // A wheel for another system is there as well.
        if !python::runs(Command::new(venv.join("bin").join("python")).arg(venv.join(BINARY)).arg("--help")) {
            return Err(failed("the installed one doesn't run"));
        }
        Ok(venv)
    })?;
    say(&format!("the MongoDB server is installed, in {} s", start.elapsed().as_secs()));
    Ok(())
}
