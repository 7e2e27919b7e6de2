//! The commands of this repository. `cargo xtask help` lists them.

mod bench;
mod book;
mod chores;
mod ci;
mod command;
mod expand;
mod files;
mod second;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  demo         run the example `blog` against a local server
  test [args]  run all tests against one server, then the crates in tests/outside;
               the arguments go to `cargo test --workspace`
  test --server py [suite..]
               run the suites on `secantusd-py`. The tests that it can't pass are left
               out, and printed with the reason
  bench load [name]
               compare loading graphs with the same code written on the driver, and
               measure memory; with a name, only benches that contain it
  bench delete [plan]
               compare a delete of 221,000 documents with the same code written on the
               driver, and measure the memory of a plan of 1,000,000; with `plan`, only that
  bench observe [name]
               compare calls within `observe` with the same calls without it
  bench compile [cold]
               compare the time to compile 100 models with serde's derives alone; with
               `cold`, measure the time to build the dependencies
  book         build the guide as a book into `target/book`; installs mdBook if it isn't
               on the path
  expand MODEL [--file PATH]
               print the expansion of a model or an enum of the workspace
  tidy         check the direction of imports and the length of files
  ci           run everything that CI runs: fmt, clippy, doc, tidy, the tests, the suites
               on the second server, the examples, deny
  help         print this text

The commands use the server in EARNORM_MONGODB_URI. Without it, they start one that ends with
the command. The first time, `demo` installs a server in half a minute, and `test`, `bench`
and `ci` build a faster one in a few minutes. EARNORM_SERVER (rs, py, mongod) chooses another.
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "help".to_owned());
    let args: Vec<String> = args.collect();
    let result = match (name.as_str(), args.as_slice()) {
        ("demo", []) => chores::demo(),
        ("test", [flag, kind, suites @ ..]) if flag == "--server" && kind == "py" => second::second_server(suites),
        ("test", [flag, ..]) if flag == "--server" => {
            return misused("`--server` takes `py`; `EARNORM_SERVER` chooses the server of all tests");
        }
        ("test", args) => chores::test(args),
        ("bench", [name, args @ ..]) => bench::bench(name, args),
        ("expand", [model]) => expand::expand(model, None),
        ("expand", [model, flag, file]) if flag == "--file" => expand::expand(model, Some(file)),
        ("expand", _) => return misused("`expand` takes a model, and optionally `--file PATH`"),
        ("bench", []) => {
            return misused("`bench` takes a name; expected one of `load`, `delete`, `observe`, `compile`");
        }
        ("book", []) => book::book(),
        ("tidy", []) => tidy::tidy(),
        ("ci", []) => ci::ci(),
        ("help" | "--help" | "-h", []) => {
            print!("{HELP}");
            Ok(())
        }
        ("demo" | "book" | "tidy" | "ci" | "help", [arg, ..]) => {
            return misused(&format!("`{name}` takes no arguments, but got `{arg}`"));
        }
        _ => return misused(&format!("there is no command `{name}`")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn misused(what: &str) -> ExitCode {
    eprintln!("error: {what}; see `cargo xtask help`");
    ExitCode::from(2)
}
