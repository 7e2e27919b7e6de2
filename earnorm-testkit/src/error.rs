use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there is no server to test against, and what to do about it.
///
/// `{:?}` prints the same sentence as `{}`: a test that ends with `?` or `unwrap` shows its error
/// that way, and the tail of a log is no use with its line breaks escaped.
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
    /// `EARNORM_MONGODB_URI` is no connection string.
    #[error(
        "`EARNORM_MONGODB_URI` is no connection string: {source}; write it like \
         `mongodb://127.0.0.1:27017`"
    )]
    InvalidUri {
        /// What the driver says about it.
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
        /// What the driver says about it.
        source: Arc<mongodb::error::Error>,
    },

    /// `EARNORM_SERVER` does not name a kind of server.
    #[error("`EARNORM_SERVER` is `{word}`; expected one of `rs`, `py`, `mongod`")]
    UnknownServer {
        /// What it is.
        word: String,
    },

    /// The server that was chosen is not on the path.
    #[error("`{program}` was chosen and is not on the path; install it, or choose another server by `EARNORM_SERVER`")]
    NotInstalled {
        /// The program that was looked for.
        program: &'static str,
    },

    /// The server that is a Python package couldn't be installed.
    #[error(
        "the MongoDB server `{package}` couldn't be installed ({reason}); it takes Python 3.10 with `venv`, {OTHERWISE}"
    )]
    InstallFailed {
        /// The package.
        package: &'static str,
        /// What Python said last.
        reason: String,
    },

    /// On this system no server can be started, only used.
    #[error(
        "a server can't be started on this system; start one yourself and set \
         `EARNORM_MONGODB_URI` to its connection string"
    )]
    NoServer,

    /// There is no directory to keep a built server in.
    #[error(
        "no directory to keep the server in: neither `XDG_CACHE_HOME` nor `HOME` is set; \
         set `EARNORM_CACHE_DIR`"
    )]
    NoCacheDir,

    /// A server has to be built, and there is no `cargo`.
    #[error(
        "no MongoDB server found, and none can be built without `cargo`; install it from \
         <https://rustup.rs>, {OTHERWISE}"
    )]
    CargoMissing,

    /// A server has to be built, and there is no C compiler.
    #[error(
        "no MongoDB server found, and none can be built without `{tool}`; install a C \
         compiler and `make` (Debian: `apt-get install build-essential`, macOS: \
         `xcode-select --install`), {OTHERWISE}"
    )]
    CompilerMissing {
        /// The program that was looked for.
        tool: &'static str,
    },

    /// A server has to be built, and there is neither `cmake` nor a way to fetch it.
    #[error(
        "no MongoDB server found, and none can be built without `cmake`, which python3 couldn't \
         fetch either ({reason}); install `cmake` (Debian: `apt-get install cmake`, macOS: \
         `brew install cmake`), {OTHERWISE}"
    )]
    CmakeMissing {
        /// Why it couldn't be fetched.
        reason: String,
    },

    /// The server didn't compile.
    #[error(
        "the MongoDB server couldn't be built: `{command}` failed; mend what the end of its log \
         says, with a newer stable Rust perhaps, {OTHERWISE}\n{tail}\n  (all of it: {})",
        log.display()
    )]
    BuildFailed {
        /// The command, to be tried by hand.
        command: String,
        /// Where its whole output is.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },

    /// A started server ended before it could be used.
    #[error("`{program}` ended as soon as it was started; see the end of its log, {OTHERWISE}\n{tail}")]
    Exited {
        /// The program.
        program: String,
        /// The last lines that it wrote.
        tail: String,
    },

    /// A started server can't be used after a long wait.
    #[error("`{program}` was not ready within {seconds} s; see the end of its log, {OTHERWISE}\n{tail}")]
    NotReady {
        /// The program.
        program: String,
        /// How long it was given.
        seconds: u64,
        /// The last lines that it wrote.
        tail: String,
    },

    /// The operating system refused something.
    #[error(
        "could not {doing}: {source}; mend that, or choose other places by \
         `EARNORM_CACHE_DIR` and `TMPDIR`"
    )]
    Io {
        /// What was tried.
        doing: String,
        /// The refusal.
        source: Arc<io::Error>,
    },

    /// A [`FaultProxy`](crate::FaultProxy) can't be put before this server.
    #[error("no proxy can be put before {uri}: {reason}")]
    Proxy {
        /// The connection string, without user and password.
        uri: String,
        /// Why not.
        reason: String,
    },

    /// The driver refused the options of a client.
    #[error("the driver can't make a client of these options: {source}; check what `with_options` sets")]
    Client {
        /// The refusal.
        source: Arc<mongodb::error::Error>,
    },
}

/// The ways out that are always open, the last words of a message.
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

/// The last lines of a log, each set in so that they stand apart from the message around them.
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
