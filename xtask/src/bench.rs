use earnorm_testkit::{LocalServer, ServerKind};

use crate::command::{Outcome, against, cargo, locked, root, run};

/// Runs one of the benches.
pub(crate) fn bench(name: &str, args: &[String]) -> Outcome {
    match name {
        "load" => {
            let server = LocalServer::start_blocking_as(ServerKind::Rust)?;
            binary(&server, "load", args)?;
            if args.is_empty() { binary(&server, "memory", args) } else { Ok(()) }
        }
        "delete" | "observe" => binary(&LocalServer::start_blocking_as(ServerKind::Rust)?, name, args),
        "compile" => {
            let mut command = cargo(["run", "--package", "earnorm-benches", "--bin", "compile"]);
            run(command.args(locked()).arg("--").arg(root()).args(args))
        }
        _ => Err(format!("`{name}` isn't a bench; expected one of `load`, `delete`, `observe`, `compile`").into()),
    }
}

fn binary(server: &LocalServer, name: &str, args: &[String]) -> Outcome {
    let mut command = cargo(["run", "--release", "--package", "earnorm-benches", "--bin", name]);
    command.args(locked()).arg("--").args(args);
    run(against(server, &mut command))
}
