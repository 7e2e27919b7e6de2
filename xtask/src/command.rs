use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use earnorm_testkit::LocalServer;

/// The result of a command. Its error is a sentence.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The root directory of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The `cargo` that runs this program, with these arguments.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(args).current_dir(root());
    command
}

/// In CI, the argument that requires the committed `Cargo.lock`.
pub(crate) fn locked() -> &'static [&'static str] {
    if env::var_os("CI").is_some() { &["--locked"] } else { &[] }
}

/// Passes the server to a command.
pub(crate) fn against<'a>(server: &LocalServer, command: &'a mut Command) -> &'a mut Command {
    command.env("EARNORM_MONGODB_URI", server.uri())
}

/// Runs a command. A failure is an error.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    let line = format!("cargo {}", arguments.join(" "));
    println!("$ {line}");
    let status = command.status().map_err(|e| format!("`{line}` can't be started: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})").into()) }
}
