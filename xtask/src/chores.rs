use std::env;
use std::fs;
use std::path::PathBuf;
use std::thread;

use earnorm_testkit::{LocalServer, ServerKind};

use crate::command::{Outcome, against, cargo, locked, root, run};

pub(crate) fn demo() -> Outcome {
    let server = LocalServer::start_blocking()?;
    example(&server, "blog", &[])
}

pub(crate) fn test(args: &[String]) -> Outcome {
    let server = test_server(args)?;
    workspace_tests(&server, args)?;
    outside_tests(&server)
}

/// Starts the server for tests. The tests that `args` select are compiled at the same time, since the server may have to be
/// built.
pub(crate) fn test_server(args: &[String]) -> Outcome<LocalServer> {
    let (server, compiled) = thread::scope(|scope| {
        let server = scope.spawn(|| LocalServer::start_blocking_as(ServerKind::Rust));
        let mut command = cargo(["test", "--workspace", "--no-run"]);
        let of_cargo = args.iter().take_while(|arg| *arg != "--");
        let compiled = run(command.args(locked()).args(of_cargo));
        (server.join(), compiled)
    });
    compiled?;
    match server {
        Ok(server) => Ok(server?),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

pub(crate) fn example(server: &LocalServer, name: &str, args: &[&str]) -> Outcome {
    let mut command = cargo(["run", "--package", "earnorm-examples", "--example", name]);
    command.args(locked()).arg("--").args(args);
    run(against(server, &mut command))
}

pub(crate) fn workspace_tests(server: &LocalServer, args: &[String]) -> Outcome {
    let mut command = cargo(["test", "--workspace"]);
    command.args(locked()).args(args);
    run(against(server, &mut command))
}

/// Runs the tests of the crates outside the workspace, which have their own features and lints.
pub(crate) fn outside_tests(server: &LocalServer) -> Outcome {
    let Ok(entries) = fs::read_dir(root().join("tests/outside")) else {
        println!("skipped: there is no tests/outside");
        return Ok(());
    };
    let mut manifests = Vec::new();
    for entry in entries {
        let manifest = entry?.path().join("Cargo.toml");
        if manifest.is_file() {
            manifests.push(manifest);
        }
    }
    manifests.sort();
    // One target directory for all, or each would build the driver again.
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    for manifest in manifests {
        let mut command = cargo(["test", "--manifest-path"]);
        command.arg(&manifest).env("CARGO_TARGET_DIR", target.join("outside"));
        run(against(server, &mut command))?;
    }
    Ok(())
}
