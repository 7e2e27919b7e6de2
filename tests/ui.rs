//! What the compiler says to each mistake: a case is a file in `ui/<topic>/<mistake>.rs`, its message the `.stderr` beside it.
//!
//! To accept new messages after reading them: `TRYBUILD=overwrite cargo test -p earnorm-tests --test ui`.

use std::io;
use std::process::Command;

/// The compiler whose words are pinned. Another says the same in other lines.
const BLESSED: &str = "rustc 1.95.";

#[test]
fn messages() -> io::Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output()?.stdout;
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(BLESSED) {
        eprintln!("skipped: the messages are those of {BLESSED}x, and this is {version}");
        return Ok(());
    }
    trybuild::TestCases::new().compile_fail("ui/*/*.rs");
    Ok(())
}
