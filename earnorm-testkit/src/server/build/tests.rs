#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{BINARY, VERSION, cached_or_built};
use crate::server::machine::{Machine, ROLE, text};

/// What the process does; a test that passes when it isn't one.
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

fn said(machine: &Machine) -> String {
    text(&command(machine).output().unwrap())
}

#[test]
fn what_is_missing_is_said_before_anything_is_built() {
    assert!(said(&Machine::with(&["make", "cmake"])).contains("built without `cc`; install a C compiler"));
    assert!(said(&Machine::with(&["cc", "cmake"])).contains("built without `make`; install a C compiler"));
    assert!(said(&Machine::with(&["cc", "make"])).contains("(python3 is not there); install `cmake`"));
    let machine = Machine::with(&["cc", "make", "cmake"]);
    fs::remove_file(machine.program("cargo")).unwrap();
    assert!(said(&machine).contains("none can be built without `cargo`"));
}

#[test]
fn a_python_that_cannot_fetch_is_quoted() {
    let machine = Machine::with(&["cc", "make"]);
    machine.script("python3", "echo 'Error: ensurepip is not available'; exit 1");
    let said = said(&machine);
    assert!(said.contains("fetching `cmake` into"), "{said}");
    assert!(said.contains("(Error: ensurepip is not available); install `cmake`"), "{said}");
}

#[test]
fn a_failed_build_shows_the_end_of_its_log_and_leaves_no_server() {
    let machine = Machine::with(&["cc", "make", "cmake"]);
    machine.script("cargo", "echo 'error: linking failed' >&2; exit 101");
    let said = said(&machine);
    assert!(said.contains("`cargo install secantus-mdb"), "{said}");
    assert!(said.contains("\n  error: linking failed"), "{said}");
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

/// Whatever is in the cache beside the server, its lock and its log.
fn left_over(cache: &Path) -> Vec<String> {
    let known = ["", ".lock", ".log"].map(|end| format!("{VERSION}{end}"));
    fs::read_dir(cache.join("secantusd-rs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !known.contains(name))
        .collect()
}
