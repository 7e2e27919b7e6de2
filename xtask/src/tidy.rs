use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::command::root;

/// Above this a file is worth a look.
const LONG: usize = 300;
/// Above this it has to be split.
const TOO_LONG: usize = 500;
/// The macro does little; what has a branch in it belongs into the runtime.
const DERIVE: usize = 2_500;

pub(crate) fn tidy() -> Outcome {
    let mut files = Vec::new();
    collect(&root(), &mut files)?;
    files.sort();

    let (mut alarms, mut derive) = (0, 0);
    for path in &files {
        let lines = fs::read_to_string(path)?.lines().count();
        let name = path.strip_prefix(root())?;
        if name.starts_with("earnorm-derive/src") {
            derive += lines;
        }
        if lines > TOO_LONG {
            alarms += 1;
            println!("alarm: {} has {lines} lines; split it below {TOO_LONG}", name.display());
        } else if lines > LONG {
            println!("note: {} has {lines} lines", name.display());
        }
    }
    println!("{} files; earnorm-derive has {derive} lines of at most {DERIVE}", files.len());
    match (alarms, derive > DERIVE) {
        (0, false) => Ok(()),
        (0, true) => Err(format!("earnorm-derive/src has {derive} lines, over {DERIVE}").into()),
        _ => Err(format!("files of over {TOO_LONG} lines: {alarms}").into()),
    }
}

/// Finds the `.rs` files, except what is built or hidden.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Outcome {
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
