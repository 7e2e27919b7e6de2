use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use earnorm_testkit::LocalServer;

use crate::Outcome;
use crate::chores::{example, outside_tests, test_server, workspace_tests};
use crate::command::{cargo, locked, root, run};
use crate::second::second_server;
use crate::tidy::tidy;

/// All that CI does, up to the first step that fails.
pub(crate) fn ci() -> Outcome {
    step("fmt", || run(&mut cargo(["fmt", "--all", "--check"])))?;
    step("clippy", || {
        let mut command = cargo(["clippy", "--workspace", "--all-targets"]);
        run(command.args(locked()).args(["--", "--deny", "warnings"]))
    })?;
    step("doc", || {
        let mut command = cargo(["doc", "--workspace", "--no-deps"]);
        run(command.args(locked()).env("RUSTDOCFLAGS", "--deny warnings"))
    })?;
    step("tidy", tidy)?;
    let server = step("server", test_server)?;
    step("tests", || workspace_tests(&server, &[]))?;
    step("tests on a second server", || second_server(&[]))?;
    step("tests outside", || outside_tests(&server))?;
    for name in examples()? {
        step(&format!("example {name}"), || run_example(&server, &name))?;
    }
    step("deny", deny)
}

fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("\n==> {name}");
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(value) => {
            println!("==> {name}: ok, {seconds:.1} s");
            Ok(value)
        }
        Err(error) => Err(format!("step `{name}` failed after {seconds:.1} s: {error}").into()),
    }
}

/// The names of all examples: files and directories with a `main.rs`, as Cargo finds them.
fn examples() -> Outcome<Vec<String>> {
    let entries = match fs::read_dir(root().join("examples/examples")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").is_file() {
            names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}

fn run_example(server: &LocalServer, name: &str) -> Outcome {
    if name != "chinook" {
        return example(server, name, &[]);
    }
    match env::var("EARNORM_CHINOOK") {
        Ok(folder) if Path::new(&folder).is_dir() => example(server, name, &[&folder]),
        Ok(folder) => Err(format!("EARNORM_CHINOOK is `{folder}`, which is no directory").into()),
        Err(_) => {
            println!("skipped: set EARNORM_CHINOOK to the directory with its data");
            Ok(())
        }
    }
}

fn deny() -> Outcome {
    let probe = cargo(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        println!("skipped: `cargo deny` is not installed");
        return Ok(());
    }
    run(&mut cargo(["deny", "check"]))
}
