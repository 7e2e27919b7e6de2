//! The compiler's message for each mistake. A case is a file `ui/<topic>/<mistake>.rs`, with its message in the
//! `.stderr` file next to it.
//!
//! To accept new messages after reading them: `TRYBUILD=overwrite cargo test -p earnorm-tests --test ui`.

use std::io;
use std::process::Command;

/// The compiler version whose messages are expected. Other versions format them differently.
const EXPECTED_VERSION: &str = "rustc 1.95.";

#[test]
fn compile_errors_have_the_expected_messages() -> io::Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output()?.stdout;
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(EXPECTED_VERSION) {
        eprintln!("skipped: the messages are those of {EXPECTED_VERSION}x, and this is {version}");
        return Ok(());
    }
    trybuild::TestCases::new().compile_fail("ui/*/*.rs");
    Ok(())
}
