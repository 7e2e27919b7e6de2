#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Program;
use crate::ServerError;
use crate::server::{build, tools};

/// A fake `mongod`: a script with its options and its output, which runs `secantusd-rs`.
fn fake(dir: &Path, script: &str) -> PathBuf {
    let path = dir.join("mongod");
    fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

const READ_OPTIONS: &str = r#"
while [ "$#" -gt 0 ]; do
    case $1 in
        --port) port=$2; shift 2;;
        --dbpath) data=$2; shift 2;;
        *) shift;;
    esac
done
"#;

#[tokio::test]
async fn another_port_is_tried_if_one_is_taken() {
    if tools::find("secantusd-rs").is_none() && tools::find("mongod").is_some() {
        println!("skipped: the fake server needs `secantusd-rs`, which isn't installed");
        return;
    }
    let server = tools::find("secantusd-rs").map_or_else(build::cached_or_built, Ok).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("ports");
    // The first two runs find their port taken, as after a race.
    let script = format!(
        r#"{READ_OPTIONS}
        echo "$port" >>{state}
        if [ "$(wc -l <{state})" -lt 3 ]; then
            echo '{{"msg":"Failed to set up listener: Address already in use"}}'
            exit 48
        fi
        touch "$data/started"
        echo '{{"msg":"Waiting for connections","attr":{{"port":'"$port"'}}}}'
        exec {server} --port "$port" --storage-path "$data/data"
        "#,
        state = state.display(),
        server = server.display(),
    );
    let started = Program::Mongod(fake(dir.path(), &script)).start().await.unwrap();

    let ports: Vec<String> = fs::read_to_string(state).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(ports.len(), 3);
    assert!(started.uri.starts_with(&format!("mongodb://127.0.0.1:{}/", ports[2])));
}

#[tokio::test]
async fn a_server_that_ends_shows_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = fake(dir.path(), "echo 'illegal instruction' >&2; exit 132");
    let error = Program::Mongod(path).start().await.unwrap_err();
    assert!(matches!(error, ServerError::Exited { .. }), "{error}");
    assert!(error.to_string().contains("illegal instruction"), "{error}");
}
