#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{BINARY, VERSION, cached_or_built};
use crate::server::machine::{Machine, ROLE, text};

/// Runs in the process that the other tests start. In any other process it passes.
#[test]
fn builder() {
    if env::var_os(ROLE).is_some() {
        match cached_or_built() {
            Ok(binary) => println!("built: {}", binary.display()),
            Err(error) => println!("{error}"),
        }
    }
}

fn command(machine: &Machine) -> Command {
    machine.command("server::build::tests::builder")
}

fn output(machine: &Machine) -> String {
    text(&command(machine).output().unwrap())
}

#[test]
fn a_missing_tool_is_reported_before_the_build() {
    assert!(output(&Machine::with(&["make", "cmake"])).contains("built without `cc`; install a C compiler"));
    assert!(output(&Machine::with(&["cc", "cmake"])).contains("built without `make`; install a C compiler"));
    assert!(output(&Machine::with(&["cc", "make"])).contains("(python3 is not installed); install `cmake`"));
    let machine = Machine::with(&["cc", "make", "cmake"]);
    fs::remove_file(machine.program("cargo")).unwrap();
    assert!(output(&machine).contains("none can be built without `cargo`"));
}

#[test]
fn the_error_of_a_failed_download_is_shown() {
    let machine = Machine::with(&["cc", "make"]);
    machine.script("python3", "echo 'Error: ensurepip is not available'; exit 1");
    let output = output(&machine);
    assert!(output.contains("downloading `cmake` into"), "{output}");
    assert!(output.contains("(Error: ensurepip is not available); install `cmake`"), "{output}");
}

#[test]
fn a_failed_build_shows_the_end_of_its_log_and_leaves_no_server() {
    let machine = Machine::with(&["cc", "make", "cmake"]);
    machine.script("cargo", "echo 'error: linking failed' >&2; exit 101");
    let output = output(&machine);
    assert!(output.contains("`cargo install secantus-mdb"), "{output}");
    assert!(output.contains("\n  error: linking failed"), "{output}");
    assert!(!machine.cache().join("secantusd-rs").join(VERSION).exists());
}

#[test]
fn two_processes_build_once() {
    let machine = Machine::with(&["cc", "make", "cmake"]);
    let runs = machine.path().join("runs");
    machine.script(
        "cargo",
        &format!(
            r#"echo "$@" >>{}
            while [ "$1" != --root ]; do shift; done
            mkdir -p "$2/bin"
            sleep 1
            echo server >"$2/{BINARY}""#,
            runs.display()
        ),
    );
    let first = command(&machine).spawn().unwrap();
    let second = command(&machine).spawn().unwrap();
    let outputs = [first, second].map(|child| text(&child.wait_with_output().unwrap()));

    let binary = machine.cache().join("secantusd-rs").join(VERSION).join(BINARY);
    for output in &outputs {
        assert!(output.contains(&format!("built: {}", binary.display())), "{output}");
    }
    let runs = fs::read_to_string(runs).unwrap();
    assert_eq!(runs.lines().count(), 1, "{runs}");
    assert!(runs.starts_with("install secantus-mdb --version"), "{runs}");
    assert!(runs.contains("--locked --ignore-rust-version"), "{runs}");
    assert_eq!(left_over(&machine.cache()), Vec::<String>::new());
}

/// The files in the cache other than the server, its lock and its log.
fn left_over(cache: &Path) -> Vec<String> {
    let known = ["", ".lock", ".log"].map(|end| format!("{VERSION}{end}"));
    fs::read_dir(cache.join("secantusd-rs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !known.contains(name))
        .collect()
}
