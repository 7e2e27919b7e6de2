//! The cache of servers: a directory for each program and version, shared by all projects of a user.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::tools;
use crate::ServerError;

/// The directory of one version of a program.
pub(super) struct Place {
    version: &'static str,
    pub(super) home: PathBuf,
    /// Renamed to `home` at the end, so that an interrupted installation leaves no incomplete server.
    pub(super) work: PathBuf,
}

impl Place {
    pub(super) fn new(program: &str, version: &'static str) -> Result<Self, ServerError> {
        let home = tools::cache_dir()?.join(program).join(version);
        let work = home.with_file_name(format!("{version}.build"));
        Ok(Self { version, home, work })
    }

    /// The path of a file in the directory. If it is missing, `make` creates it.
    pub(super) fn file(
        &self,
        name: &str,
        make: impl FnOnce(&Self) -> Result<(), ServerError>,
    ) -> Result<PathBuf, ServerError> {
        let file = self.home.join(name);
        if !file.is_file() {
            let _lock = self.lock()?;
            // Another process may have created it meanwhile.
            if !file.is_file() {
                make(self)?;
            }
        }
        Ok(file)
    }

    /// A file next to the directory, with the version in its name.
    pub(super) fn beside(&self, end: &str) -> PathBuf {
        self.home.with_file_name(format!("{}.{end}", self.version))
    }

    /// Runs `work` in an empty directory, and renames the directory that it returns to `home`. The rest is removed.
    pub(super) fn fill(&self, work: impl FnOnce() -> Result<PathBuf, ServerError>) -> Result<(), ServerError> {
        remove(&self.work)?;
        fs::create_dir_all(&self.work).map_err(|e| ServerError::io_at("make", &self.work, e))?;
        let result = work().and_then(|made| {
            remove(&self.home)?;
            fs::rename(made, &self.home).map_err(|e| ServerError::io_at("rename to", &self.home, e))
        });
        // It may have hundreds of megabytes, which the next attempt can't use.
        remove(&self.work)?;
        result
    }

    /// Locks out other processes until the file is closed.
    fn lock(&self) -> Result<File, ServerError> {
        let path = self.beside("lock");
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| ServerError::io_at("make", parent, e))?;
        }
        let file = File::create(&path).map_err(|e| ServerError::io_at("write", &path, e))?;
        // Fully qualified, since newer versions of std have methods of the same name.
        if fs4::FileExt::try_lock(&file).is_err() {
            say("waiting for another process, which builds the MongoDB server");
            fs4::FileExt::lock(&file).map_err(|e| ServerError::io_at("lock", &path, e))?;
        }
        Ok(file)
    }
}

fn remove(dir: &Path) -> Result<(), ServerError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ServerError::io_at("remove", dir, e)),
        _ => Ok(()),
    }
}

/// Prints a progress message. The test harness would capture `eprintln!`.
pub(super) fn say(message: &str) {
    let _ = writeln!(io::stderr(), "earnorm-testkit: {message}");
}
