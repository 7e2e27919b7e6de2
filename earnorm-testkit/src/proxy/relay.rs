//! The sockets. A thread for each connection forwards a request, then its reply.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mongodb::bson::{Document, doc};
use tokio::sync::watch;

use super::faults::{Fault, Faults, Moment};
use super::wire::Message;

/// The state that the threads of a proxy share.
#[derive(Debug)]
pub(super) struct Shared {
    server: (String, u16),
    standalone: bool,
    state: Mutex<State>,
    /// Whether a fault has struck.
    struck: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    faults: Faults,
    /// Both ends of each connection, so that it can be cut at any time.
    connections: HashMap<u64, [TcpStream; 2]>,
    next: u64,
    closed: bool,
}

/// What happens to a connection next.
enum Course {
    Next,
    Cut,
}

impl Shared {
    /// Starts to listen, and returns the address.
    pub(super) fn start(server: (String, u16), standalone: bool) -> io::Result<(Arc<Self>, SocketAddr)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Self { server, standalone, state: Mutex::default(), struck: watch::Sender::new(false) });
        let accepting = Arc::clone(&shared);
        thread::Builder::new().name("earnorm-proxy".to_owned()).spawn(move || accepting.accept(&listener))?;
        Ok((shared, address))
    }

    /// Changes the faults, and resets whether one has struck.
    pub(super) fn change(&self, change: impl FnOnce(&mut Faults)) {
        let mut state = self.state();
        self.struck.send_replace(false);
        change(&mut state.faults);
        if state.faults.is_down() {
            state.cut_all();
        }
    }

    pub(super) fn seen(&self) -> usize {
        self.state().faults.seen()
    }

    pub(super) fn struck(&self) -> watch::Receiver<bool> {
        self.struck.subscribe()
    }

    /// Closes all connections and the listener. Connecting to it wakes its thread.
    pub(super) fn close(&self, address: SocketAddr) {
        let mut state = self.state();
        state.closed = true;
        state.cut_all();
        drop(state);
        let _ = TcpStream::connect(address);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic can't leave the state invalid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for driver in listener.incoming() {
            if self.state().closed {
                return;
            }
            let Ok(driver) = driver else {
                continue;
            };
            let shared = Arc::clone(&self);
            // Without a thread or a server, the driver sees a closed connection.
            let _ = thread::Builder::new().name("earnorm-proxy".to_owned()).spawn(move || shared.serve(driver));
        }
    }

    fn serve(&self, mut driver: TcpStream) {
        let Ok(mut server) = TcpStream::connect(&self.server) else {
            return;
        };
        let Ok(number) = self.admit(&driver, &server) else {
            return;
        };
        while let Ok(Course::Next) = self.pass_one(&mut driver, &mut server) {}
        if let Some(connection) = self.state().connections.remove(&number) {
            cut(&connection);
        }
    }

    /// Adds a connection to the list, unless nothing may get through.
    fn admit(&self, driver: &TcpStream, server: &TcpStream) -> io::Result<u64> {
        for stream in [driver, server] {
            stream.set_nodelay(true)?;
        }
        let connection = [driver.try_clone()?, server.try_clone()?];
        let mut state = self.state();
        if state.closed || state.faults.is_down() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let number = state.next;
        state.next += 1;
        state.connections.insert(number, connection);
        Ok(number)
    }

    /// Forwards one request and its reply.
    fn pass_one(&self, driver: &mut TcpStream, server: &mut TcpStream) -> io::Result<Course> {
        let Some(mut request) = Message::read(driver)? else {
            return Ok(Course::Cut);
        };
        request.forbid_exhaust();
        let counts = request.name().is_some_and(|name| self.state().faults.counts(name));
        let faults = if counts { self.state().faults.meet() } else { Vec::new() };
        let refusal = self.refusal(&request);
        let mut cut_after = None;
        for fault in faults {
            match fault {
                Fault::Delay(time) => {
                    self.strike(false);
                    thread::sleep(time);
                }
                Fault::Refuse(body) => {
                    self.strike(false);
                    driver.write_all(Message::reply(&request, &body)?.bytes())?;
                    return Ok(Course::Next);
                }
                Fault::Cut { moment: Moment::Before, stay } => return Ok(self.strike(stay)),
                Fault::Cut { moment: Moment::After, stay } => cut_after = Some(stay),
            }
        }
        if let Some(body) = refusal {
            driver.write_all(Message::reply(&request, &body)?.bytes())?;
            return Ok(Course::Next);
        }
        if let Course::Cut = self.send(server, &request, counts)? {
            return Ok(Course::Cut);
        }
        let reply = if request.expects_reply() { Message::read(server)? } else { None };
        if let Some(stay) = cut_after {
            return Ok(self.strike(stay));
        }
        match reply {
            Some(reply) => self.send(driver, &self.disguised(&request, reply)?, counts),
            None if request.expects_reply() => Ok(Course::Cut),
            None => Ok(Course::Next),
        }
    }

    /// Sends a message, or the part of it before the byte at which to cut.
    fn send(&self, to: &mut TcpStream, message: &Message, counts: bool) -> io::Result<Course> {
        let bytes = message.bytes();
        let part = if counts { self.state().faults.cut_within(bytes.len()) } else { None };
        to.write_all(&bytes[..part.unwrap_or(bytes.len())])?;
        Ok(if part.is_some() { self.strike(false) } else { Course::Next })
    }

    /// Marks that a fault has struck, before the driver notices it.
    fn strike(&self, stay: bool) -> Course {
        let mut state = self.state();
        if stay {
            state.cut_all();
        }
        self.struck.send_replace(true);
        Course::Cut
    }

    /// The reply of a standalone server to a command in a transaction.
    fn refusal(&self, request: &Message) -> Option<Document> {
        if !self.standalone {
            return None;
        }
        let body = request.body()?;
        let in_transaction = body.contains_key("txnNumber") && matches!(body.get_bool("autocommit"), Ok(false));
        in_transaction.then(|| {
            doc! {
                "ok": 0.0,
                "errmsg": "Transaction numbers are only allowed on a replica set member or mongos",
                "code": 20,
                "codeName": "IllegalOperation",
            }
        })
    }

    /// The reply as a standalone server would send it: without the fields of a replica set.
    fn disguised(&self, request: &Message, reply: Message) -> io::Result<Message> {
        const OF_A_SET: [&str; 14] = [
            "hosts",
            "passives",
            "arbiters",
            "setName",
            "setVersion",
            "primary",
            "me",
            "secondary",
            "electionId",
            "lastWrite",
            "tags",
            "msg",
            "$clusterTime",
            "operationTime",
        ];
        if !self.standalone {
            return Ok(reply);
        }
        let Some(mut body) = reply.body() else {
            return Ok(reply);
        };
        let introduces = matches!(request.name(), Some("hello" | "isMaster" | "ismaster"));
        let removed = if introduces { &OF_A_SET[..] } else { &OF_A_SET[12..] };
        for key in removed {
            body.remove(key);
        }
        Message::reply(request, &body)
    }
}

impl State {
    fn cut_all(&mut self) {
        for (_, connection) in self.connections.drain() {
            cut(&connection);
        }
    }
}

fn cut(connection: &[TcpStream; 2]) {
    for stream in connection {
        // It may already be closed.
        let _ = stream.shutdown(Shutdown::Both);
    }
}
