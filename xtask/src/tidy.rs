//! Rules of this repository that the compiler and Clippy don't check.

mod conditions;
mod imports;
mod lengths;

use std::path::PathBuf;

use crate::command::{Outcome, root};
use crate::files::collect;

/// Runs every check, prints what each one finds, and fails if one of them found an error.
pub(crate) fn tidy() -> Outcome {
    let mut files = Vec::new();
    collect(&root(), &mut files)?;
    files.sort();
    let files =
        files.iter().map(|file| Ok(file.strip_prefix(root())?.to_owned())).collect::<Outcome<Vec<PathBuf>>>()?;
    let checks = [
        ("length of files", lengths::check(&root(), &files)?),
        ("conditions on ids and keys", conditions::check(&root(), &files)?),
        ("direction of imports", imports::check(&root())?),
    ];
    let mut failed = Vec::new();
    for (name, errors) in &checks {
        for error in errors {
            println!("error: {error}");
        }
        if !errors.is_empty() {
            failed.push(format!("{name} ({})", errors.len()));
        }
    }
    if failed.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    Err(format!("not tidy: {}", failed.join(", ")).into())
}
