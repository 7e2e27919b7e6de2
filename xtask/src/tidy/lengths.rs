//! The length of files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Outcome;

/// A longer file is worth a look.
const LONG: usize = 300;

/// A longer file has to be split.
const TOO_LONG: usize = 500;

/// Directories of tests. A list of cases may be long, so only the upper limit holds there.
const TESTS: [&str; 2] = ["tests", "expansion"];

/// Prints which files are long. A file that is too long is an error.
pub(super) fn check(root: &Path, files: &[PathBuf]) -> Outcome<Vec<String>> {
    let mut errors = Vec::new();
    for file in files {
        let (lines, name) = (fs::read_to_string(root.join(file))?.lines().count(), file.display());
        if lines > TOO_LONG {
            errors.push(format!("{name} has {lines} lines; split it, {TOO_LONG} is the limit"));
        } else if lines > LONG && !is_test(file) {
            println!("warning: {name} has {lines} lines; over {LONG}, consider splitting it");
        }
    }
    Ok(errors)
}

fn is_test(file: &Path) -> bool {
    let within = file.components().any(|part| TESTS.iter().any(|name| part.as_os_str() == *name));
    within || file.file_name().is_some_and(|name| name == "tests.rs")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{LONG, TOO_LONG, check};

    #[test]
    fn only_a_file_over_the_limit_is_an_error() -> crate::command::Outcome {
        let dir = tempfile::tempdir()?;
        let file = |name: &str, lines: usize| {
            fs::write(dir.path().join(name), "\n".repeat(lines))?;
            Ok::<_, std::io::Error>(PathBuf::from(name))
        };
        let files = [file("short.rs", LONG)?, file("long.rs", TOO_LONG)?, file("too_long.rs", TOO_LONG + 1)?];
        assert_eq!(check(dir.path(), &files)?, ["too_long.rs has 501 lines; split it, 500 is the limit"]);
        Ok(())
    }
}
