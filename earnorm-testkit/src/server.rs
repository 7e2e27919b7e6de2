mod build;
mod choice;
mod kind;
#[cfg(all(test, unix))]
mod machine;
mod place;
mod process;
mod program;
mod python;
mod ready;
mod tools;
mod wheel;

pub use self::kind::ServerKind;
pub use self::tools::cache_dir;

use std::sync::Arc;
use std::thread;

use mongodb::options::ClientOptions;
use tokio::sync::OnceCell;

use self::choice::Choice;
use self::process::Process;
use self::program::Started;
use crate::{ServerError, uri};

/// A MongoDB server: an existing one, or one that is started. A started server ends when this value is dropped or the
/// process ends, even if the process is killed.
///
/// # Examples
///
/// ```
/// use earnorm_testkit::LocalServer;
/// use mongodb::bson::doc;
///
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// let server = LocalServer::start().await?;
/// let client = mongodb::Client::with_uri_str(server.uri()).await?;
/// client.database("shop").run_command(doc! { "ping": 1 }).await?;
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
/// ```
#[derive(Debug)]
pub struct LocalServer {
    uri: String,
    options: ClientOptions,
    /// Ends the server when dropped. `None` for an existing server.
    _process: Option<Process>,
}

impl LocalServer {
    /// Starts a server, or uses the one in `EARNORM_MONGODB_URI`.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why no server could be started, and what to do.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), earnorm_testkit::ServerError> {
    /// let server = earnorm_testkit::LocalServer::start().await?;
    /// println!("{}", server.uri());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start() -> Result<Self, ServerError> {
        match tokio::task::spawn_blocking(Self::start_blocking).await {
            Ok(server) => server,
            Err(error) => Err(ServerError::io("wait for the start of a server", error.into())),
        }
    }

    /// Like [`LocalServer::start`], for a program without a runtime.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why no server could be started, and what to do.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), earnorm_testkit::ServerError> {
    /// let server = earnorm_testkit::LocalServer::start_blocking()?;
    /// println!("{}", server.uri());
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_blocking() -> Result<Self, ServerError> {
        Self::start_in_thread(|| Choice::make(None))
    }

    /// Like [`LocalServer::start_blocking`], with this kind of server unless `EARNORM_MONGODB_URI` or `EARNORM_SERVER` names
    /// another one.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why no server could be started, and what to do.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use earnorm_testkit::{LocalServer, ServerKind};
    ///
    /// # fn main() -> Result<(), earnorm_testkit::ServerError> {
    /// let server = LocalServer::start_blocking_as(ServerKind::Rust)?;
    /// println!("{}", server.uri());
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_blocking_as(kind: ServerKind) -> Result<Self, ServerError> {
        Self::start_in_thread(|| Choice::make(Some(kind)))
    }

    fn start_in_thread(choose: impl FnOnce() -> Result<Choice, ServerError> + Send) -> Result<Self, ServerError> {
        // In a new thread, since the caller's may belong to a runtime, and runtimes can't be nested.
        let start = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|e| ServerError::io("make a runtime", e))?;
            runtime.block_on(Self::of(choose()?))
        };
        thread::scope(|scope| match scope.spawn(start).join() {
            Ok(server) => server,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// The server that all tests of this process share. The first call starts it.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why no server could be started, and what to do. Further calls return the same error without trying
    /// again, since an attempt can take minutes.
    ///
    /// # Examples
    ///
    /// ```
    /// use earnorm_testkit::LocalServer;
    ///
    /// # async fn demo() -> Result<(), earnorm_testkit::ServerError> {
    /// let one = LocalServer::shared().await?;
    /// let two = LocalServer::shared().await?;
    /// assert_eq!(one.uri(), two.uri());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub async fn shared() -> Result<&'static Self, ServerError> {
        static SHARED: OnceCell<Result<LocalServer, ServerError>> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await.as_ref().map_err(Clone::clone)
    }

    /// A server with `configureFailPoint`, a command that makes other commands fail with chosen errors and labels. All tests
    /// of this process share it.
    ///
    /// It is the [shared](Self::shared) server if that has the command: `secantusd-py` has it, and so has a `mongod` that
    /// runs with `enableTestCommands`, like one that is started by this crate. If not, `secantusd-py` is started as well.
    ///
    /// A server has one `failCommand` at a time. Limit it to the clients of one test with `data.appName`, and don't run tests
    /// that use it in parallel.
    ///
    /// # Errors
    ///
    /// [`ServerError::InstallFailed`] if `secantusd-py` is needed but can't be installed. The other errors are those of
    /// [`shared`](Self::shared). Further calls return the same error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use mongodb::bson::doc;
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = earnorm_testkit::LocalServer::with_fail_points().await?;
    /// let client = mongodb::Client::with_uri_str(format!("{}&appName=a_test", server.uri())).await?;
    /// let point = doc! {
    ///     "configureFailPoint": "failCommand",
    ///     "mode": { "times": 1 },
    ///     "data": { "failCommands": ["commitTransaction"], "errorCode": 112, "appName": "a_test" },
    /// };
    /// client.database("admin").run_command(point).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_fail_points() -> Result<&'static Self, ServerError> {
        static BESIDE: OnceCell<Result<LocalServer, ServerError>> = OnceCell::const_new();
        let shared = Self::shared().await?;
        if ready::has_fail_points(&shared.options).await {
            return Ok(shared);
        }
        let start = || async {
            let start = || Self::start_in_thread(|| Choice::of_kind(ServerKind::Python).map(Choice::Start));
            match tokio::task::spawn_blocking(start).await {
                Ok(server) => server,
                Err(error) => Err(ServerError::io("wait for the start of a server", error.into())),
            }
        };
        BESIDE.get_or_init(start).await.as_ref().map_err(Clone::clone)
    }

    /// The connection string.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = earnorm_testkit::LocalServer::start().await?;
    /// let client = mongodb::Client::with_uri_str(server.uri()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The connection string, parsed by the driver.
    pub(crate) fn options(&self) -> ClientOptions {
        self.options.clone()
    }

    async fn of(choice: Choice) -> Result<Self, ServerError> {
        match choice {
            Choice::Given(uri) => Self::given(uri).await,
            Choice::Start(program) => {
                let Started { process, uri } = program.start().await?;
                let options = ClientOptions::parse(&uri).await.map_err(ServerError::client)?;
                Ok(Self { uri, options, _process: Some(process) })
            }
        }
    }

    async fn given(uri: String) -> Result<Self, ServerError> {
        let options = ClientOptions::parse(&uri).await.map_err(|e| ServerError::InvalidUri { source: Arc::new(e) })?;
        ready::ping(&options)
            .await
            .map_err(|e| ServerError::Unreachable { uri: uri::printable(&uri), source: Arc::new(e) })?;
        Ok(Self { uri, options, _process: None })
    }
}
