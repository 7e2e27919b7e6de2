use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use earnorm_testkit::LocalServer;

use crate::chores::{example, outside_tests, test_server, workspace_tests};
use crate::command::{Outcome, cargo, locked, root, run};
use crate::tidy::tidy;

/// The test of the compiler's messages. It takes minutes.
const MESSAGES: &str = "compile_errors_have_the_expected_messages";

/// Runs all steps of CI until one fails.
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
    // the tests turn the feature on for the whole workspace, so the others check the crates without it
    step("clippy without features", || {
        let mut command = cargo(["clippy", "--package", "earnorm", "--package", "earnorm-core", "--all-targets"]);
        run(command.args(locked()).args(["--", "--deny", "warnings"]))
    })?;
    step("tidy", tidy)?;
    let server = step("server", || test_server(&[]))?;
    step("tests", || workspace_tests(&server, &["--", "--exact", "--skip", MESSAGES].map(str::to_owned)))?;
    // In parallel, since the second server has only one thread.
    let second = Background::start("second-server", &["test", "--server", "py"])?;
    let compiled = step("messages", || workspace_tests(&server, &["--test", "ui"].map(str::to_owned)))
        .and_then(|()| step("tests outside", || outside_tests(&server)));
    step("tests on a second server", || second.end())?;
    compiled?;
    for name in examples()? {
        step(&format!("example {name}"), || run_example(&server, &name))?;
    }
    step("deny", deny)
}

/// A command of this program that runs in the background. Its output is printed when it ends.
struct Background {
    child: Child,
    output: PathBuf,
}

impl Background {
    fn start(name: &str, args: &[&str]) -> Outcome<Self> {
        let directory = root().join("target");
        fs::create_dir_all(&directory)?;
        let output = directory.join(name).with_extension("log");
        let file = fs::File::create(&output)?;
        let mut command = Command::new(env::current_exe()?);
        let child = command.args(args).current_dir(root()).stdout(file.try_clone()?).stderr(file).spawn()?;
        Ok(Self { child, output })
    }

    fn end(mut self) -> Outcome {
        let status = self.child.wait()?;
        print!("{}", fs::read_to_string(&self.output)?);
        if status.success() { Ok(()) } else { Err(format!("the command failed ({status})").into()) }
    }
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

/// The names of all examples. Like for Cargo, each is a file, or a directory with a `main.rs`.
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
        Ok(folder) => Err(format!("`EARNORM_CHINOOK` is `{folder}`, which is not a directory").into()),
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
