mod faults;
mod relay;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ServerAddress, Tls};

use self::faults::{Fault, Moment};
use self::relay::Shared;
use crate::{ServerError, uri};

/// A proxy between a client and its server, with which a test causes failures.
///
/// It listens on a free port of 127.0.0.1 and counts the commands that pass. The driver's own `hello`, `ping`,
/// `endSessions` and authentication don't count. `n` is always the `n`-th command after the call, so the next one is 1. A
/// fault strikes once. [`heal`](Self::heal) removes the faults that haven't struck.
///
/// A client talks to one server through the proxy (`directConnection=true`). Sessions and transactions work as usual.
/// After a cut, the driver retries most reads and single writes. To prevent that, use
/// [`down_before`](Self::down_before), after which nothing gets through, or a client with
/// `retryReads=false&retryWrites=false`.
///
/// After a cut, the driver doesn't connect for half a second. A test that cuts at each command in turn is faster with a new
/// client for each cut.
///
/// Clones share one proxy. Dropping the last clone ends it and cuts its connections.
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
///
/// proxy.cut_after(1);
/// // The driver doesn't retry an update of many documents, so the test can't know whether it was executed.
/// assert!(posts.update_many(doc! {}, doc! { "$set": { "seen": true } }).await.is_err());
/// assert_eq!(proxy.seen(), 1);
///
/// assert_eq!(posts.count_documents(doc! {}).await?, 0);
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct FaultProxy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    address: SocketAddr,
    uri: String,
}

impl FaultProxy {
    /// Starts a proxy for the server in this connection string. Of a replica set, it uses the primary.
    ///
    /// # Errors
    ///
    /// [`ServerError::Proxy`] if the connection string is invalid, or the server uses TLS or doesn't listen on a TCP port.
    ///
    /// # Examples
    ///
    /// ```
    /// use earnorm_testkit::{FaultProxy, LocalServer};
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = LocalServer::shared().await?;
    /// let proxy = FaultProxy::start(server.uri()).await?;
    /// let client = mongodb::Client::with_uri_str(proxy.uri()).await?;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub async fn start(server_uri: &str) -> Result<Self, ServerError> {
        Self::before(server_uri, false).await
    }

    /// Starts a proxy that makes the server look like a standalone one, which has no transactions. The reply to `hello`
    /// names no replica set, and each command in a transaction gets MongoDB's error 20, `IllegalOperation`. Faults work as
    /// in any other proxy.
    ///
    /// # Errors
    ///
    /// The same as [`start`](Self::start).
    ///
    /// # Examples
    ///
    /// ```
    /// use earnorm_testkit::{FaultProxy, LocalServer};
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = LocalServer::shared().await?;
    /// let proxy = FaultProxy::standalone(server.uri()).await?;
    /// let client = mongodb::Client::with_uri_str(proxy.uri()).await?;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub async fn standalone(server_uri: &str) -> Result<Self, ServerError> {
        Self::before(server_uri, true).await
    }

    async fn before(server_uri: &str, standalone: bool) -> Result<Self, ServerError> {
        let unsupported = |reason: String| ServerError::Proxy { uri: uri::printable(server_uri), reason };
        let options = ClientOptions::parse(server_uri).await.map_err(|e| unsupported(e.to_string()))?;
        if matches!(options.tls, Some(Tls::Enabled(_))) {
            return Err(unsupported("it uses TLS, which hides the commands; use a server without TLS".to_owned()));
        }
        let server = match address(options).await.map_err(|e| unsupported(e.to_string()))? {
            ServerAddress::Tcp { host, port } => (host, port.unwrap_or(27017)),
            other => return Err(unsupported(format!("`{other}` is not a TCP address; write a host and a port"))),
        };
        let (shared, address) =
            Shared::start(server, standalone).map_err(|e| ServerError::io("listen on 127.0.0.1", e))?;
        let uri = uri::direct(server_uri, &address.to_string());
        Ok(Self { inner: Arc::new(Inner { shared, address, uri }) })
    }

    /// The connection string for a client: the database and the options of the server's connection string, with
    /// `directConnection=true`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(proxy: earnorm_testkit::FaultProxy) -> mongodb::error::Result<()> {
    /// let uri = format!("{}&retryWrites=false&retryReads=false", proxy.uri());
    /// let client = mongodb::Client::with_uri_str(uri).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn uri(&self) -> &str {
        &self.inner.uri
    }

    /// Cuts the connection of the `n`-th command before the server gets it, so that it isn't executed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.cut_before(3); // two commands succeed
    /// # }
    /// ```
    pub fn cut_before(&self, n: usize) {
        self.arm(n, Fault::Cut { moment: Moment::Before, stay: false });
    }

    /// Cuts the connection of the `n`-th command after the server has replied. The command is executed, but the client
    /// doesn't know.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.only(["commitTransaction"]);
    /// proxy.cut_after(1);
    /// # }
    /// ```
    pub fn cut_after(&self, n: usize) {
        self.arm(n, Fault::Cut { moment: Moment::After, stay: false });
    }

    /// Like [`cut_before`](Self::cut_before), but nothing gets through until [`heal`](Self::heal), so that the driver can't
    /// retry the command.
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
    /// proxy.down_before(1);
    /// assert!(posts.count_documents(doc! {}).await.is_err());
    /// proxy.heal();
    /// assert_eq!(posts.count_documents(doc! {}).await?, 0);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub fn down_before(&self, n: usize) {
        self.arm(n, Fault::Cut { moment: Moment::Before, stay: true });
    }

    /// Like [`cut_after`](Self::cut_after), but nothing gets through until [`heal`](Self::heal).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.down_after(3);
    /// # }
    /// ```
    pub fn down_after(&self, n: usize) {
        self.arm(n, Fault::Cut { moment: Moment::After, stay: true });
    }

    /// Cuts all connections now. Nothing gets through until [`heal`](Self::heal), as if the server was down.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.down();
    /// # }
    /// ```
    pub fn down(&self) {
        self.inner.shared.change(faults::Faults::fall);
    }

    /// Cuts a connection after `n` bytes of commands and replies, counted from now on in both directions. That is usually
    /// in the middle of a message.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.cut_at_byte(100);
    /// # }
    /// ```
    pub fn cut_at_byte(&self, n: u64) {
        self.inner.shared.change(|faults| faults.arm_byte(n));
    }

    /// Delays the `n`-th command, and those that follow it on the same connection.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.delay(1, Duration::from_millis(200));
    /// # }
    /// ```
    pub fn delay(&self, n: usize, time: Duration) {
        self.arm(n, Fault::Delay(time));
    }

    /// Replies to the `n`-th command with this document, without sending the command to the server.
    ///
    /// # Examples
    ///
    /// ```
    /// use earnorm_testkit::TestDb;
    /// use mongodb::bson::{Document, doc};
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let (db, proxy) = TestDb::with_proxy().await?;
    /// proxy.refuse(1, doc! { "ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "out of time" });
    /// let error = db.db().collection::<Document>("posts").find_one(doc! {}).await.unwrap_err();
    /// assert!(error.to_string().contains("out of time"));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub fn refuse(&self, n: usize, reply: Document) {
        self.arm(n, Fault::Refuse(reply));
    }

    /// Counts only commands with these names from now on, until [`heal`](Self::heal).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.only(["delete", "update"]);
    /// proxy.cut_before(1);
    /// # }
    /// ```
    pub fn only<N: Into<String>>(&self, names: impl IntoIterator<Item = N>) {
        let names = names.into_iter().map(Into::into).collect();
        self.inner.shared.change(|faults| faults.only(names));
    }

    /// Removes all faults, and resets the count to 0.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.heal();
    /// assert_eq!(proxy.seen(), 0);
    /// # }
    /// ```
    pub fn heal(&self) {
        self.inner.shared.change(faults::Faults::heal);
    }

    /// How many commands have arrived since the start or the last [`heal`](Self::heal). Commands that were cut or
    /// refused count, and so do retries of the driver.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// // a first run has counted the commands
    /// for n in 1..=proxy.seen() {
    ///     proxy.heal();
    ///     proxy.cut_before(n);
    ///     // ..
    /// }
    /// # }
    /// ```
    pub fn seen(&self) -> usize {
        self.inner.shared.seen()
    }

    /// Waits until a fault has struck since the last change of the faults. A test can then drop the future under test, like
    /// a program that dies, or heal the proxy.
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
    /// proxy.down_before(1);
    /// let outage = async {
    ///     proxy.struck().await;
    ///     proxy.heal();
    /// };
    /// // the driver retries it as soon as the server is reachable
    /// let (count, ()) = tokio::join!(async { posts.count_documents(doc! {}).await }, outage);
    /// assert_eq!(count?, 0);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub async fn struck(&self) {
        let mut struck = self.inner.shared.struck();
        // The sender lives as long as `self`.
        let _ = struck.wait_for(|struck| *struck).await;
    }

    fn arm(&self, n: usize, fault: Fault) {
        self.inner.shared.change(|faults| faults.arm(n, fault));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.close(self.address);
    }
}

/// The address of the only server in these options, or of the primary.
async fn address(options: ClientOptions) -> mongodb::error::Result<ServerAddress> {
    if let [only] = options.hosts.as_slice() {
        return Ok(only.clone());
    }
    let hello = Client::with_options(options)?.database("admin").run_command(doc! { "hello": 1 }).await?;
    ServerAddress::parse(hello.get_str("primary").or_else(|_| hello.get_str("me")).unwrap_or_default())
}
