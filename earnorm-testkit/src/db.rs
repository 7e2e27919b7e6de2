use std::fmt;
use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};

use crate::{CommandLog, FaultProxy, LocalServer, ServerError, janitor, uri};

/// A database for one test, on the [shared server](LocalServer::shared). It is dropped at the end of the test, also if the
/// test panics.
///
/// It has its own client, since a client belongs to the runtime that created it, and each `#[tokio::test]` has its own
/// runtime. Creating a `TestDb` sends nothing to the server and takes less than a millisecond. Only the first one of a
/// process may have to start the server.
///
/// A test process that is killed can't drop its databases. A server that it started is removed with them. On the server
/// in `EARNORM_MONGODB_URI`, databases named `earnorm_test_..` remain.
///
/// # Examples
///
/// ```
/// use earnorm_testkit::TestDb;
/// use mongodb::bson::{Document, doc};
///
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// let db = TestDb::new().await?;
/// let posts = db.db().collection::<Document>("posts");
/// posts.insert_one(doc! { "title": "first" }).await?;
/// assert_eq!(posts.count_documents(doc! {}).await?, 1);
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
/// ```
pub struct TestDb {
    client: Client,
    database: Database,
    uri: String,
    server: ClientOptions,
    log: CommandLog,
    /// Keeps the proxy running even if the test drops its own clone.
    _proxy: Option<FaultProxy>,
}

/// How long a client behind a proxy waits for a server.
const PATIENCE: Duration = Duration::from_secs(2);

impl TestDb {
    /// Creates a database.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why no server could be started, and what to do.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo() -> Result<(), earnorm_testkit::ServerError> {
    /// let db = earnorm_testkit::TestDb::new().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn new() -> Result<Self, ServerError> {
        Self::with_options(|_| ()).await
    }

    /// Creates a database whose client has other options: for tests of failures, or for measurements, which the
    /// [`CommandLog`] would slow down.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why no server could be started, or that the driver rejects the options.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use earnorm_testkit::TestDb;
    ///
    /// # async fn demo() -> Result<(), earnorm_testkit::ServerError> {
    /// let impatient = TestDb::with_options(|options| {
    ///     options.server_selection_timeout = Some(Duration::from_millis(200));
    /// })
    /// .await?;
    ///
    /// // without a log, for a measurement
    /// let bare = TestDb::with_options(|options| options.command_event_handler = None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_options(change: impl FnOnce(&mut ClientOptions)) -> Result<Self, ServerError> {
        let server = LocalServer::shared().await?;
        Self::create(server.options(), server.options(), server.uri(), None, change)
    }

    /// Creates a database behind a [`FaultProxy`], through which its client sends everything.
    ///
    /// If nothing gets through, the client gives up after 2 seconds instead of the driver's 30. The database is dropped
    /// without the proxy, so a test may leave faults in it.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why no server could be started, or that the proxy doesn't support the server.
    ///
    /// # Examples
    ///
    /// ```
    /// use earnorm_testkit::TestDb;
    /// use mongodb::bson::{Document, doc};
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let (db, proxy) = TestDb::with_proxy().await?;
    /// let posts = db.db().collection::<Document>("posts");
    /// proxy.cut_before(1);
    /// assert!(posts.delete_many(doc! {}).await.is_err());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub async fn with_proxy() -> Result<(Self, FaultProxy), ServerError> {
        let server = LocalServer::shared().await?;
        Self::behind(server, FaultProxy::start(server.uri()).await?).await
    }

    /// Creates a database on what looks to its client like a standalone server, which has no transactions: each command
    /// in a transaction gets MongoDB's error 20. The returned proxy also has all faults of
    /// [`with_proxy`](Self::with_proxy).
    ///
    /// # Errors
    ///
    /// The same as [`with_proxy`](Self::with_proxy).
    ///
    /// # Examples
    ///
    /// ```
    /// use earnorm_testkit::TestDb;
    /// use mongodb::bson::{Document, doc};
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let (db, _) = TestDb::standalone().await?;
    /// let posts = db.db().collection::<Document>("posts");
    /// let mut session = db.client().start_session().await?;
    /// session.start_transaction().await?;
    /// assert!(posts.insert_one(doc! { "_id": 1 }).session(&mut session).await.is_err());
    /// assert!(posts.insert_one(doc! { "_id": 1 }).await.is_ok());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub async fn standalone() -> Result<(Self, FaultProxy), ServerError> {
        let server = LocalServer::shared().await?;
        Self::behind(server, FaultProxy::standalone(server.uri()).await?).await
    }

    /// Creates a database on a [server with `configureFailPoint`](LocalServer::with_fail_points). The client's
    /// `appName` is the name of the database, so that a fail point can be limited to this client.
    ///
    /// # Errors
    ///
    /// The same as [`LocalServer::with_fail_points`], or that the driver rejects the options.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use earnorm_testkit::TestDb;
    /// use mongodb::bson::{Document, doc};
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let db = TestDb::with_fail_points(|_| ()).await?;
    /// let point = doc! {
    ///     "configureFailPoint": "failCommand",
    ///     "mode": { "times": 1 },
    ///     "data": { "failCommands": ["find"], "errorCode": 11601, "appName": db.name() },
    /// };
    /// db.client().database("admin").run_command(point).await?;
    /// assert!(db.db().collection::<Document>("posts").find_one(doc! {}).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_fail_points(change: impl FnOnce(&mut ClientOptions)) -> Result<Self, ServerError> {
        let server = LocalServer::with_fail_points().await?;
        Self::create(server.options(), server.options(), server.uri(), None, change)
    }

    async fn behind(server: &LocalServer, proxy: FaultProxy) -> Result<(Self, FaultProxy), ServerError> {
        let mut options = ClientOptions::parse(proxy.uri()).await.map_err(ServerError::client)?;
        options.server_selection_timeout = Some(PATIENCE);
        let db = Self::create(options, server.options(), proxy.uri(), Some(proxy.clone()), |_| ())?;
        Ok((db, proxy))
    }

    fn create(
        mut options: ClientOptions,
        server: ClientOptions,
        uri: &str,
        proxy: Option<FaultProxy>,
        change: impl FnOnce(&mut ClientOptions),
    ) -> Result<Self, ServerError> {
        let name = format!("earnorm_test_{}", ObjectId::new().to_hex());
        let log = CommandLog::new();
        log.attach(&mut options);
        options.app_name = Some(name.clone());
        change(&mut options);
        let client = Client::with_options(options).map_err(ServerError::client)?;
        let uri = uri::with_database(uri, &name);
        Ok(Self { database: client.database(&name), client, uri, server, log, _proxy: proxy })
    }

    /// The database.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use mongodb::bson::{Document, doc};
    /// # async fn demo(db: earnorm_testkit::TestDb) -> mongodb::error::Result<()> {
    /// db.db().collection::<Document>("posts").insert_one(doc! { "title": "first" }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn db(&self) -> &Database {
        &self.database
    }

    /// The client, for sessions and transactions.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(db: earnorm_testkit::TestDb) -> mongodb::error::Result<()> {
    /// let mut session = db.client().start_session().await?;
    /// session.start_transaction().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The name of the database.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(db: earnorm_testkit::TestDb) {
    /// assert!(db.name().starts_with("earnorm_test_"));
    /// # }
    /// ```
    pub fn name(&self) -> &str {
        self.database.name()
    }

    /// The connection string, with this database as the default: for a program under test, or for `mongosh`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(db: earnorm_testkit::TestDb) -> mongodb::error::Result<()> {
    /// let client = mongodb::Client::with_uri_str(db.uri()).await?;
    /// assert_eq!(client.default_database().map(|d| d.name().to_owned()).as_deref(),
    /// Some(db.name()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The commands that the client has sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(db: earnorm_testkit::TestDb) {
    /// for command in db.log().commands() {
    ///     println!("{command}");
    /// }
    /// # }
    /// ```
    pub fn log(&self) -> &CommandLog {
        &self.log
    }
}

impl AsRef<CommandLog> for TestDb {
    fn as_ref(&self) -> &CommandLog {
        &self.log
    }
}

impl fmt::Debug for TestDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDb").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let name = self.name().to_owned();
        if let Err(reason) = janitor::drop_database(self.server.clone(), name) {
            // No panic, since this may run during one.
            eprintln!("earnorm-testkit: database `{}` was not dropped: {reason}", self.name());
        }
    }
}
