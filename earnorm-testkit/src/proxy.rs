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

/// Stands between a client and its server, and lets a test choose what goes wrong, and when.
///
/// It listens on 127.0.0.1 on a port that nobody had, understands the messages, and counts the commands: all but those
/// by which the driver keeps house (`hello`, `ping`, `endSessions`, authentication). `n` is always the `n`-th command
/// from the call on, the next one being 1. A fault strikes once; what was armed and hasn't struck is taken back by
/// [`heal`](Self::heal).
///
/// A client speaks to one server through it (`directConnection=true`); sessions and transactions work as they do
/// without. The driver sends some commands again after a cut, by itself: most reads, and single writes. Where that would
/// hide the fault, use [`down_before`](Self::down_before), after which nothing gets through, or a client with
/// `retryReads=false&retryWrites=false`.
///
/// After a cut the driver doesn't try its server for half a second. A test that cuts at each command in turn is faster with
/// a new client for each cut.
///
/// Clones are the same proxy. It ends with the last of them, and cuts its connections.
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
/// // An update of many isn't sent again by the driver: who sent it can't know whether it was done.
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
    /// Starts one before the server of this connection string: the primary, where it names a replica set of several.
    ///
    /// # Errors
    ///
    /// [`ServerError::Proxy`] where the connection string is invalid, or names a server that no proxy can stand before: one
    /// that speaks TLS, or listens on no TCP port.
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

    /// Starts one that makes the server look like a standalone one, which has no transactions: it introduces itself
    /// without a replica set, and answers each command of a transaction with error 20, `IllegalOperation`, in the words
    /// of MongoDB. Faults work as in any other.
    ///
    /// # Errors
    ///
    /// As of [`start`](Self::start).
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
        let refused = |reason: String| ServerError::Proxy { uri: uri::printable(server_uri), reason };
        let options = ClientOptions::parse(server_uri).await.map_err(|e| refused(e.to_string()))?;
        if matches!(options.tls, Some(Tls::Enabled(_))) {
            return Err(refused("it speaks TLS, which hides the commands; name a server without".to_owned()));
        }
        let server = match address(options).await.map_err(|e| refused(e.to_string()))? {
            ServerAddress::Tcp { host, port } => (host, port.unwrap_or(27017)),
            other => return Err(refused(format!("`{other}` is no TCP port; name a host and a port"))),
        };
        let (shared, address) =
            Shared::start(server, standalone).map_err(|e| ServerError::io("listen on 127.0.0.1", e))?;
        let uri = uri::direct(server_uri, &address.to_string());
        Ok(Self { inner: Arc::new(Inner { shared, address, uri }) })
    }

    /// The connection string for a client behind it, with the database and the options of the server's, and
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

    /// Cuts the connection of the `n`-th command before the server has it, so that it isn't done.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// proxy.cut_before(3); // two commands go well
    /// # }
    /// ```
    pub fn cut_before(&self, n: usize) {
        self.arm(n, Fault::Cut { moment: Moment::Before, stay: false });
    }

    /// Cuts the connection of the `n`-th command when the server has replied, so that it is done, and the client
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

    /// As [`cut_before`](Self::cut_before), and nothing gets through from then on, until it is healed: so the driver
    /// can't send the command again.
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

    /// As [`cut_after`](Self::cut_after), and nothing gets through from then on, until it is healed.
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

    /// Cuts all connections now, and lets nothing through until it is healed: the server has gone.
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

    /// Cuts a connection once `n` bytes of commands and replies have passed, counted from now on in both directions:
    /// in the middle of a message, mostly.
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

    /// Holds the `n`-th command back for that long, and those that follow it on the same connection.
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

    /// Answers the `n`-th command itself, with this document, and keeps it from the server.
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

    /// Counts commands of these names only, from now on, until it is healed.
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

    /// Takes back all faults, lets everything through, and counts from 0 again.
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

    /// How many commands have come since the start, or since it was healed: those that were cut or refused, and those
    /// that the driver sent again, included.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn demo(proxy: earnorm_testkit::FaultProxy) {
    /// // one run to learn how many commands there are to cut at
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

    /// Waits until a fault has struck, one that was armed last: to give up a piece of work as a program does that dies,
    /// or to heal what is down.
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
    /// let passing = async {
    ///     proxy.struck().await;
    ///     proxy.heal();
    /// };
    /// // sent again by the driver, as soon as there is a server again
    /// let (count, ()) = tokio::join!(async { posts.count_documents(doc! {}).await }, passing);
    /// assert_eq!(count?, 0);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
    /// ```
    pub async fn struck(&self) {
        let mut struck = self.inner.shared.struck();
        // The sender is there as long as `self`.
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

/// The one server of these options, or the primary of several.
async fn address(options: ClientOptions) -> mongodb::error::Result<ServerAddress> {
    if let [only] = options.hosts.as_slice() {
        return Ok(only.clone());
    }
    let hello = Client::with_options(options)?.database("admin").run_command(doc! { "hello": 1 }).await?;
    ServerAddress::parse(hello.get_str("primary").or_else(|_| hello.get_str("me")).unwrap_or_default())
}
