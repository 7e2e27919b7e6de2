use std::fmt;
use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};

use crate::{CommandLog, FaultProxy, LocalServer, ServerError, janitor, uri};

/// A database of its own for one test, on the [shared server](LocalServer::shared), dropped at the
/// end of the test, also when it panics.
///
/// It has a client of its own too, since a client belongs to the runtime on which it was made, and
/// each `#[tokio::test]` has its own. Making one sends nothing to the server and takes well under a
/// millisecond, the first one of a process excepted, which may have to start the server.
///
/// A test process that is killed can't drop its databases. On a server that it started itself they
/// go with the server; on one given by `EARNORM_MONGODB_URI` those named `earnorm_test_..` stay.
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
    /// Held, so that the client has its server even where the test doesn't keep the proxy.
    _proxy: Option<FaultProxy>,
}

/// How long a client behind a proxy looks for a server that has gone.
const PATIENCE: Duration = Duration::from_secs(2);

impl TestDb {
    /// Makes a fresh database.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why there is no server, and what to do.
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

    /// Makes a fresh database whose client has other options: for tests of failures, say, or for
    /// measurements, which the handler of the [`CommandLog`] would slow down.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why there is no server, or that the driver refuses the options.
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
        Self::make(server.options(), server.options(), server.uri(), None, change)
    }

    /// Makes a fresh database behind a [`FaultProxy`]: what its client sends goes through that.
    ///
    /// Where nothing gets through, the client gives up after 2 seconds instead of the driver's 30. The database is
    /// dropped without the proxy, so a test may leave it broken.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] says why there is no server, or that it is one that no proxy can be put before.
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

    /// Makes a fresh database on what its client takes for a standalone server, which has no transactions: each command
    /// of one gets error 20, as from MongoDB. The proxy that does it can do all that that of
    /// [`with_proxy`](Self::with_proxy) can.
    ///
    /// # Errors
    ///
    /// As of [`with_proxy`](Self::with_proxy).
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

    /// Makes a fresh database on a [server that has `configureFailPoint`](LocalServer::with_fail_points). The client's
    /// `appName` is the name of the database, so that a fail point can be limited to this client.
    ///
    /// # Errors
    ///
    /// As of [`LocalServer::with_fail_points`], or that the driver refuses the options.
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
        Self::make(server.options(), server.options(), server.uri(), None, change)
    }

    async fn behind(server: &LocalServer, proxy: FaultProxy) -> Result<(Self, FaultProxy), ServerError> {
        let mut options = ClientOptions::parse(proxy.uri()).await.map_err(ServerError::client)?;
        options.server_selection_timeout = Some(PATIENCE);
        let db = Self::make(options, server.options(), proxy.uri(), Some(proxy.clone()), |_| ())?;
        Ok((db, proxy))
    }

    fn make(
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

    /// The connection string, with this database as the default one: for a program under test, or
    /// to look around with `mongosh`.
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

    /// What the client has sent.
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
            // Not a panic: this may run because of one.
            eprintln!("earnorm-testkit: database `{}` is left over: {reason}", self.name());
        }
    }
}
