//! Programs on the path, and the cache directory.

use std::env;
use std::path::{Path, PathBuf};

use crate::ServerError;

/// The program with this name on the path.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// The cache directory of the user, which all projects share.
pub fn cache_dir() -> Result<PathBuf, ServerError> {
    let named = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("EARNORM_CACHE_DIR")
        .or_else(|| named("XDG_CACHE_HOME").map(|dir| dir.join("earnorm")))
        .or_else(|| named("HOME").map(|dir| dir.join(".cache").join("earnorm")))
        .map(|dir| std::path::absolute(&dir).unwrap_or(dir))
        .ok_or(ServerError::NoCacheDir)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn only_programs_are_found() {
        assert!(find("sh").is_some());
        assert!(find("no-program-has-this-name").is_none());
    }
}
