//! Where servers are kept: a directory of the cache for each program and version, which all projects of a user share.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::tools;
use crate::ServerError;

/// The directory of one version of a program.
pub(super) struct Place {
    version: &'static str,
    pub(super) home: PathBuf,
    /// Renamed to `home` at the very end: work that is killed leaves no half of a server.
    pub(super) work: PathBuf,
}

impl Place {
    pub(super) fn new(program: &str, version: &'static str) -> Result<Self, ServerError> {
        let home = tools::cache_dir()?.join(program).join(version);
        let work = home.with_file_name(format!("{version}.build"));
        Ok(Self { version, home, work })
    }

    /// The file in this place, which `make` puts there if it isn't.
    pub(super) fn file(
        &self,
        name: &str,
        make: impl FnOnce(&Self) -> Result<(), ServerError>,
    ) -> Result<PathBuf, ServerError> {
        let file = self.home.join(name);
        if !file.is_file() {
            let _lock = self.lock()?;
            // Another process may have made it while this one waited.
            if !file.is_file() {
                make(self)?;
            }
        }
        Ok(file)
    }

    /// A file beside the place, with the version in its name.
    pub(super) fn beside(&self, end: &str) -> PathBuf {
        self.home.with_file_name(format!("{}.{end}", self.version))
    }

    /// Runs `work` with an empty directory to work in, and makes what it returns the place. What is left is removed.
    pub(super) fn fill(&self, work: impl FnOnce() -> Result<PathBuf, ServerError>) -> Result<(), ServerError> {
        remove(&self.work)?;
        fs::create_dir_all(&self.work).map_err(|e| ServerError::io_at("make", &self.work, e))?;
        let result = work().and_then(|made| {
            remove(&self.home)?;
            fs::rename(made, &self.home).map_err(|e| ServerError::io_at("rename to", &self.home, e))
        });
        // Perhaps hundreds of megabytes, of no use to the next try.
        remove(&self.work)?;
        result
    }

    /// Keeps other processes from making the same; freed when the file is closed.
    fn lock(&self) -> Result<File, ServerError> {
        let path = self.beside("lock");
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
}

fn remove(dir: &Path) -> Result<(), ServerError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ServerError::io_at("remove", dir, e)),
        _ => Ok(()),
    }
}

/// Tells the person who waits. Written past `eprintln!`, which the test harness would keep back.
pub(super) fn say(words: &str) {
    let _ = writeln!(io::stderr(), "earnorm-testkit: {words}");
}
