//! Source files of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Outcome;

/// Adds the `.rs` files below a directory to the list. Build output and hidden directories are left out.
pub(crate) fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
