use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use earnorm_testkit::TestDb;

use crate::Outcome;
use crate::client::Calls;

/// Ends the program if the test fails before it does.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[cfg(unix)]
async fn the_program_starts_answers_and_ends_at_a_signal() -> Outcome {
    let test = TestDb::new().await?;
    let mut program = Command::new(env!("CARGO_BIN_EXE_earnorm-example-api"))
        .envs([("MONGODB_URI", test.uri()), ("ADDRESS", "127.0.0.1:0"), ("LOG", "debug")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map(Running)?;
    let mut line = String::new();
    let stdout = program.0.stdout.take().ok_or("no stdout")?;
    let stderr = program.0.stderr.take().ok_or("no stderr")?;
    let log = std::thread::spawn(move || std::io::read_to_string(stderr));
    BufReader::new(stdout).read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on http://").ok_or("no address")?.parse()?;
    let calls = Calls::of(address);
    assert_eq!(calls.get("/health").await?.status, 200);
    assert_eq!(calls.get("/posts").await?.status, 200);

    let pid = program.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status()?.success());
    let status = tokio::task::spawn_blocking(move || program.0.wait()).await??;
    assert!(status.success(), "{status}");
    let log = log.join().map_err(|_| "the log can't be read")??;
    assert!(log.contains("answered status=200 commands=1"), "{log}");
    assert!(log.contains("earnorm.query") && log.contains("/posts"), "{log}");
    Ok(())
}
