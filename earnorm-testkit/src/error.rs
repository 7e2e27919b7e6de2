use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there is no server to test against, and what to do about it.
///
/// `{:?}` prints the same text as `{}`: a test that ends with `?` or `unwrap` prints its error with `{:?}`, which would
/// otherwise escape the line breaks of a log.
///
/// # Examples
///
/// ```
/// use earnorm_testkit::ServerError;
///
/// let error = ServerError::NoCacheDir;
/// assert_eq!(format!("{error}"), format!("{error:?}"));
/// assert!(error.to_string().contains("set `EARNORM_CACHE_DIR`"));
/// ```
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// `EARNORM_MONGODB_URI` isn't a connection string.
    #[error(
        "`EARNORM_MONGODB_URI` is not a connection string: {source}; write it like \
         `mongodb://127.0.0.1:27017`"
    )]
    InvalidUri {
        /// The driver's error.
        source: Arc<mongodb::error::Error>,
    },

    /// `EARNORM_MONGODB_URI` names a server that doesn't answer.
    #[error(
        "the server in `EARNORM_MONGODB_URI` ({uri}) doesn't answer; start it, or unset \
         the variable to have one started for you\nthe driver says: {source}"
    )]
    Unreachable {
        /// The connection string, without user and password.
        uri: String,
        /// The driver's error.
        source: Arc<mongodb::error::Error>,
    },

    /// `EARNORM_SERVER` isn't a kind of server.
    #[error("`EARNORM_SERVER` is `{word}`; expected one of `rs`, `py`, `mongod`")]
    UnknownServer {
        /// The value of the variable.
        word: String,
    },

    /// The server that was chosen is not on the path.
    #[error(
        "`{program}` was chosen but is not on the path; install it, or choose another server with `EARNORM_SERVER`"
    )]
    NotInstalled {
        /// The missing program.
        program: &'static str,
    },

    /// The server that is a Python package couldn't be installed.
    #[error(
        "the MongoDB server `{package}` couldn't be installed ({reason}); it needs Python 3.10 with `venv`, {OTHERWISE}"
    )]
    InstallFailed {
        /// The package.
        package: &'static str,
        /// The last line that Python printed.
        reason: String,
    },

    /// No server can be started on this system.
    #[error(
        "a server can't be started on this system; start one yourself and set \
         `EARNORM_MONGODB_URI` to its connection string"
    )]
    NoServer,

    /// There is no cache directory.
    #[error(
        "there is no cache directory for the server, since neither `XDG_CACHE_HOME` nor `HOME` is set; \
         set `EARNORM_CACHE_DIR`"
    )]
    NoCacheDir,

    /// A server has to be built, but there is no `cargo`.
    #[error(
        "no MongoDB server found, and none can be built without `cargo`; install it from \
         <https://rustup.rs>, {OTHERWISE}"
    )]
    CargoMissing,

    /// A server has to be built, but there is no C compiler.
    #[error(
        "no MongoDB server found, and none can be built without `{tool}`; install a C \
         compiler and `make` (Debian: `apt-get install build-essential`, macOS: \
         `xcode-select --install`), {OTHERWISE}"
    )]
    CompilerMissing {
        /// The missing program.
        tool: &'static str,
    },

    /// A server has to be built, and there is neither `cmake` nor a way to fetch it.
    #[error(
        "no MongoDB server found, and none can be built without `cmake`, which python3 couldn't \
         download either ({reason}); install `cmake` (Debian: `apt-get install cmake`, macOS: \
         `brew install cmake`), {OTHERWISE}"
    )]
    CmakeMissing {
        /// Why it couldn't be downloaded.
        reason: String,
    },

    /// The server didn't compile.
    #[error(
        "the MongoDB server couldn't be built: `{command}` failed; fix what the end of its log \
         reports (a newer stable Rust may help), {OTHERWISE}\n{tail}\n  (the whole log: {})",
        log.display()
    )]
    BuildFailed {
        /// The command.
        command: String,
        /// The file with its whole output.
        log: PathBuf,
        /// The last lines of its output.
        tail: String,
    },

    /// A server ended right after its start.
    #[error("`{program}` ended as soon as it was started; see the end of its log, {OTHERWISE}\n{tail}")]
    Exited {
        /// The program.
        program: String,
        /// The last lines of its log.
        tail: String,
    },

    /// A server was not ready in time.
    #[error("`{program}` was not ready within {seconds} s; see the end of its log, {OTHERWISE}\n{tail}")]
    NotReady {
        /// The program.
        program: String,
        /// How long the wait was.
        seconds: u64,
        /// The last lines of its log.
        tail: String,
    },

    /// An operation of the operating system failed.
    #[error(
        "could not {doing}: {source}; fix that, or set \
         `EARNORM_CACHE_DIR` and `TMPDIR` to other directories"
    )]
    Io {
        /// The operation.
        doing: String,
        /// The error.
        source: Arc<io::Error>,
    },

    /// A [`FaultProxy`](crate::FaultProxy) doesn't support this server.
    #[error("a proxy doesn't support {uri}: {reason}")]
    Proxy {
        /// The connection string, without user and password.
        uri: String,
        /// The reason.
        reason: String,
    },

    /// The driver rejected the options of a client.
    #[error("the driver rejects the options of the client: {source}; check what `with_options` sets")]
    Client {
        /// The error.
        source: Arc<mongodb::error::Error>,
    },
}

/// The end of a message: what else to do instead of starting a server.
const OTHERWISE: &str = "or install `mongod`, or set `EARNORM_MONGODB_URI` to the connection \
    string of a server that runs";

impl ServerError {
    pub(crate) fn io(doing: impl Into<String>, source: io::Error) -> Self {
        Self::Io { doing: doing.into(), source: Arc::new(source) }
    }

    pub(crate) fn io_at(doing: &str, path: &Path, source: io::Error) -> Self {
        Self::io(format!("{doing} `{}`", path.display()), source)
    }

    pub(crate) fn client(source: mongodb::error::Error) -> Self {
        Self::Client { source: Arc::new(source) }
    }
}

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The last lines of a log, indented.
pub(crate) fn tail(log: &str) -> String {
    const LINES: usize = 25;
    let lines: Vec<&str> = log.lines().collect();
    let shown = &lines[lines.len().saturating_sub(LINES)..];
    if shown.is_empty() {
        return "  (its log is empty)".to_owned();
    }
    shown.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{ServerError, tail};

    #[test]
    fn the_tail_is_the_end() {
        let log = "line\n".repeat(39) + "last\n";
        assert_eq!(tail(&log).lines().count(), 25);
        assert!(tail(&log).ends_with("  line\n  last"));
        assert_eq!(tail(""), "  (its log is empty)");
    }

    #[test]
    fn debug_is_display() {
        let error = ServerError::Exited { program: "mongod".to_owned(), tail: "  line".to_owned() };
        assert_eq!(format!("{error:?}"), error.to_string());
        assert!(error.to_string().ends_with("\n  line"));
    }
}
