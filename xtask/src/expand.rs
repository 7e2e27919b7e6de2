use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::command::{Outcome, cargo, locked, root};
use crate::files::collect;

/// Prints the expansion of a model of the workspace.
pub(crate) fn expand(model: &str, file: Option<&str>) -> Outcome {
    let files = candidates(model, file)?;
    let expansions = if files.is_empty() { Vec::new() } else { print(model, &files)? };
    let places: BTreeSet<&str> = expansions.iter().map(|(place, _)| place.as_str()).collect();
    match places.len() {
        0 => {
            let place = file.unwrap_or("the workspace");
            Err(format!(
                "nothing called `{model}` derives `Model`, `Embedded` or `Reference` in {place}; correct the name, or name the file with `--file PATH`"
            )
            .into())
        }
        1 => {
            for (place, expansion) in &expansions {
                println!("// `{model}` in {place}, {} lines\n{expansion}", expansion.lines().count());
            }
            Ok(())
        }
        _ => {
            let places: Vec<&str> = places.into_iter().collect();
            let list = places.join("\n  --file ");
            Err(format!("several models are called `{model}`; choose one:\n  --file {list}").into())
        }
    }
}

/// The files that may contain the model.
fn candidates(model: &str, file: Option<&str>) -> Outcome<Vec<PathBuf>> {
    if let Some(file) = file {
        let path = env::current_dir()?.join(file);
        // relative to the current directory, or to the workspace as in the error below
        let path = if path.is_file() { path } else { root().join(file) };
        return if path.is_file() { Ok(vec![path]) } else { Err(format!("`{file}` is not a file").into()) };
    }
    let mut files = Vec::new();
    collect(&root(), &mut files)?;
    files.sort();
    let mut some = Vec::new();
    // the models in `tests/ui` have mistakes, so they are shown only if the file is named
    for path in files.into_iter().filter(|path| !path.starts_with(root().join("tests/ui"))) {
        let text = fs::read_to_string(&path)?;
        if ["struct", "enum"].iter().any(|item| text.contains(&format!("{item} {model}"))) {
            some.push(path);
        }
    }
    Ok(some)
}

/// The expansions, each with the path of its model's file. A test of the derive writes them, since other crates can't call
/// the code of a macro.
fn print(model: &str, files: &[PathBuf]) -> Outcome<Vec<(String, String)>> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let into = target.join("expand");
    if into.exists() {
        fs::remove_dir_all(&into)?;
    }
    fs::create_dir_all(&into)?;
    let mut command = cargo(["test", "--quiet", "--package", "earnorm-derive", "--lib"]);
    command.args(locked()).args(["--", "--exact", "--ignored", "tests::print::print"]);
    command.env("EARNORM_EXPAND", model).env("EARNORM_EXPAND_INTO", &into);
    command.env("EARNORM_EXPAND_FILES", env::join_paths(files)?);
    // hides the output of the test binary
    let output = command.stdout(Stdio::piped()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned().into());
    }
    let mut expansions = Vec::new();
    for entry in fs::read_dir(&into)? {
        let text = fs::read_to_string(entry?.path())?;
        let (place, expansion) = text.split_once('\n').unwrap_or_default();
        let place = Path::new(place).strip_prefix(root()).unwrap_or(Path::new(place));
        expansions.push((place.display().to_string(), expansion.to_owned()));
    }
    expansions.sort();
    Ok(expansions)
}
