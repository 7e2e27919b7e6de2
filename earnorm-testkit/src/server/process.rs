//! A server process that ends with the process which started it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::ServerError;

/// Runs the server until the server or the test process ends.
///
/// Its standard input is a pipe whose other end only the test process holds. When that process ends, even by SIGKILL, the
/// kernel closes the pipe, `read` returns, and the script kills the server. If the server ends first, the script writes its
/// status to `exited`, and keeps the log until the test process closes the pipe.
const WATCHDOG: &str = r#"
dir=$1
shift
# A closed terminal or Ctrl-C must not take the watchdog away before it has cleaned up.
trap '' HUP INT QUIT TERM
cd /
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(read -r _ <&3; kill -9 "$server") &
reader=$!
wait "$server"
echo "$?" >"$dir/exited"
kill -9 "$reader" 2>/dev/null
read -r _ <&3
rm -rf "$dir"
"#;

/// How long `Drop` waits for the server to end.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Process {
    watchdog: Child,
    /// Closing it ends the server. Nothing is written to it.
    lifeline: Option<ChildStdin>,
    dir: PathBuf,
}

impl Process {
    /// Starts a server. `command_line` gets an empty directory for the data.
    pub(super) fn start(command_line: impl FnOnce(&Path) -> Vec<OsString>) -> Result<Self, ServerError> {
        let dir = tempfile::Builder::new()
            .prefix("earnorm-")
            .tempdir()
            .map_err(|e| ServerError::io("make a temporary directory", e))?;
        let log = log_file(dir.path());
        let output = File::create(&log).map_err(|e| ServerError::io_at("write", &log, e))?;
        let errors = output.try_clone().map_err(|e| ServerError::io_at("write", &log, e))?;

        let mut command = Command::new("sh");
        command
            .args(["-c", WATCHDOG, "earnorm-watchdog"])
            .arg(dir.path())
            .args(command_line(dir.path()))
            .stdin(Stdio::piped())
            // Not our own, so that a program which reads our output to its end doesn't wait for the watchdog.
            .stdout(output)
            .stderr(errors);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut watchdog = command.spawn().map_err(|e| ServerError::io("start `sh`", e))?;
        let lifeline = watchdog.stdin.take();
        Ok(Self { watchdog, lifeline, dir: dir.keep() })
    }

    /// The output of the server so far.
    pub(super) fn log(&self) -> String {
        fs::read(log_file(&self.dir)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    pub(super) fn has_exited(&self) -> bool {
        self.dir.join("exited").exists()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let start = Instant::now();
        while matches!(self.watchdog.try_wait(), Ok(None)) && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn log_file(dir: &Path) -> PathBuf {
    dir.join("log")
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::thread;
    use std::time::{Duration, Instant};

    use super::Process;

    fn shell(script: &str) -> Process {
        Process::start(|_| vec!["sh".into(), "-c".into(), script.into()]).unwrap()
    }

    fn wait_until(mut condition: impl FnMut() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(10), "waited too long");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn dropping_ends_the_server_and_removes_its_directory() {
        let process = shell("trap '' TERM; echo up; while :; do sleep 0.1; done");
        wait_until(|| process.log().contains("up"));
        assert!(!process.has_exited());
        let dir = process.dir.clone();
        drop(process);
        assert!(!dir.exists());
    }

    #[test]
    fn the_log_of_a_server_that_ends_at_once_is_kept() {
        let process = shell("echo out; echo err >&2; exit 48");
        wait_until(|| process.has_exited());
        assert_eq!(process.log(), "out\nerr\n");
        let dir = process.dir.clone();
        drop(process);
        assert!(!dir.exists());
    }
}
