//! A started server ends with its owner. Errors say what to do.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use earnorm_testkit::LocalServer;

/// This variable is set in the processes that these tests start, and says what they do.
const ROLE: &str = "EARNORM_TESTKIT_ROLE";

/// Runs in the processes that the other tests start. In any other process it passes.
#[test]
fn role() {
    let Ok(role) = env::var(ROLE) else {
        return;
    };
    match LocalServer::start_blocking() {
        Err(error) => println!("error: {error}"),
        Ok(server) => {
            println!("uri: {}", server.uri());
            match role.as_str() {
                "hold" => thread::sleep(Duration::from_secs(60)),
                "drop" => {
                    let address = address(server.uri());
                    drop(server);
                    println!("refused: {}", TcpStream::connect(address).is_err());
                }
                // Like a static, it is never dropped.
                _ => std::mem::forget(server),
            }
        }
    }
}

fn play(role: &str, temporary: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "role", "--nocapture"])
        .env(ROLE, role)
        .env("TMPDIR", temporary)
        .env_remove("EARNORM_MONGODB_URI")
        .stdout(Stdio::piped())
        .process_group(0);
    command
}

/// The rest of the first line that begins with these words.
fn line(child: &mut Child, beginning: &str) -> String {
    BufReader::new(child.stdout.as_mut().unwrap())
        .lines()
        .map_while(Result::ok)
        // libtest prints the name of the test before it
        .find_map(|line| line.split_once(beginning).map(|(_, rest)| rest.trim().to_owned()))
        .unwrap_or_default()
}

fn address(uri: &str) -> SocketAddr {
    let host = uri.trim_start_matches("mongodb://").split('/').next().unwrap();
    host.parse().unwrap()
}

fn assert_gone(server: SocketAddr, temporary: &Path) {
    let is_gone = || TcpStream::connect(server).is_err() && temporary.read_dir().unwrap().next().is_none();
    let start = Instant::now();
    while !is_gone() {
        assert!(start.elapsed() < Duration::from_secs(10), "{server} still answers, or its directory is still there");
        thread::sleep(Duration::from_millis(10));
    }
}

fn started(role: &str, temporary: &Path) -> (Child, SocketAddr) {
    let mut child = play(role, temporary).spawn().unwrap();
    let address = address(&line(&mut child, "uri: "));
    (child, address)
}

#[test]
fn a_killed_process_leaves_no_server() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut child, server) = started("hold", temporary.path());
    assert!(TcpStream::connect(server).is_ok());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_gone(server, temporary.path());
}

#[test]
fn an_interrupt_of_the_whole_group_leaves_no_server() {
    for signal in ["-INT", "-TERM", "-HUP", "-KILL"] {
        let temporary = tempfile::tempdir().unwrap();
        let (mut child, server) = started("hold", temporary.path());
        let group = format!("-{}", child.id());
        assert!(Command::new("kill").args([signal, "--", &group]).status().unwrap().success());
        assert!(!child.wait().unwrap().success());
        assert_gone(server, temporary.path());
    }
}

#[test]
fn a_process_that_just_ends_leaves_no_server() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut child, server) = started("forget", temporary.path());
    assert!(child.wait().unwrap().success());
    assert_gone(server, temporary.path());
}

#[test]
fn dropping_waits_for_the_end() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = play("drop", temporary.path()).spawn().unwrap();
    assert_eq!(line(&mut child, "refused: "), "true");
    child.wait().unwrap();
    assert!(temporary.path().read_dir().unwrap().next().is_none());
}

#[test]
fn two_processes_have_two_servers() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut one, first) = started("hold", temporary.path());
    let (mut two, second) = started("hold", temporary.path());
    assert_ne!(first, second);
    one.kill().unwrap();
    one.wait().unwrap();
    assert!(TcpStream::connect(second).is_ok());
    two.kill().unwrap();
    two.wait().unwrap();
    assert_gone(second, temporary.path());
}

#[test]
fn an_unreachable_server_is_an_error() {
    let temporary = tempfile::tempdir().unwrap();
    let uri = "mongodb://user:secret@127.0.0.1:1/?serverSelectionTimeoutMS=100";
    let mut child = play("hold", temporary.path()).env("EARNORM_MONGODB_URI", uri).spawn().unwrap();
    let error = line(&mut child, "error: ");
    child.wait().unwrap();
    assert_eq!(
        error,
        "the server in `EARNORM_MONGODB_URI` (mongodb://***@127.0.0.1:1) doesn't answer; \
         start it, or unset the variable to have one started for you"
    );
}

#[test]
fn an_invalid_connection_string_is_an_error() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = play("hold", temporary.path()).env("EARNORM_MONGODB_URI", "localhost").spawn().unwrap();
    let error = line(&mut child, "error: ");
    child.wait().unwrap();
    assert!(error.starts_with("`EARNORM_MONGODB_URI` is not a connection string: "), "{error}");
    assert!(error.ends_with("write it like `mongodb://127.0.0.1:27017`"), "{error}");
}
