use std::time::{Duration, Instant};

use earnorm_testkit::{CommandLog, LocalServer, TestDb};
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};

use crate::{Outcome, Table};

/// One way to do a piece of work: gives the number of documents that it brought.
pub trait Candidate: AsyncFn(&Database) -> Outcome<usize> {}
impl<F: AsyncFn(&Database) -> Outcome<usize>> Candidate for F {}

/// Ours beside the same by hand, in turns and on the same data.
pub struct Versus {
    test: TestDb,
    /// A client that records what it sends; slow, so nothing is timed with it.
    logged: Database,
    log: CommandLog,
    table: Table,
    missed: usize,
    only: Option<String>,
}

/// How long one comparison may take, and how often each is run at least and at most.
const TIME: Duration = Duration::from_secs(6);
const TURNS: std::ops::RangeInclusive<usize> = 9..=200;

/// Above this number of documents the time is that of the work, below it that of the round trips.
const LARGE: usize = 10_000;

impl Versus {
    /// A fresh database, and an empty table. Of the comparisons only those run whose name has `only` in it.
    ///
    /// # Errors
    ///
    /// Where there is no server.
    pub async fn new(only: Option<String>) -> Outcome<Self> {
        let test = TestDb::with_options(|options| options.command_event_handler = None).await?;
        let log = CommandLog::new();
        let mut options = ClientOptions::parse(LocalServer::shared().await?.uri()).await?;
        log.attach(&mut options);
        let logged = Client::with_options(options)?.database(test.name());
        let head = ["", "documents", "ours", "by hand", "ratio", "goal", "commands", "bytes"];
        Ok(Self { test, logged, log, table: Table::new(head), missed: 0, only })
    }

    /// The database, for the data.
    pub fn db(&self) -> &Database {
        self.test.db()
    }

    /// Whether a comparison of this name is wanted, so that its data can be spared where not.
    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// Compares two ways to do the same.
    ///
    /// # Errors
    ///
    /// That of a candidate, or that the two don't bring the same number of documents.
    pub async fn compare(&mut self, name: &str, ours: impl Candidate, by_hand: impl Candidate) -> Outcome {
        if !self.wants(name) {
            return Ok(());
        }
        eprint!("{name} .. ");
        let (mine, theirs) = (self.cost(&ours).await?, self.cost(&by_hand).await?);
        if mine.documents != theirs.documents {
            let (mine, theirs) = (mine.documents, theirs.documents);
            return Err(format!("`{name}`: {mine} documents, but {theirs} by hand").into());
        }
        let (ours, by_hand) = self.times(&ours, &by_hand).await?;
        let ratio = ours.as_secs_f64() / by_hand.as_secs_f64();
        let goal = if mine.documents > LARGE { 0.9 } else { 1.05 };
        let met = ratio <= goal && mine.bytes <= theirs.bytes;
        self.missed += usize::from(!met);
        eprintln!("{ratio:.2}");
        self.table.row([
            name.to_owned(),
            mine.documents.to_string(),
            milliseconds(ours),
            milliseconds(by_hand),
            format!("{ratio:.2}"),
            format!("{goal:.2}{}", if met { "" } else { " !" }),
            format!("{} / {}", mine.commands, theirs.commands),
            format!("{} / {}", mine.bytes, theirs.bytes),
        ]);
        Ok(())
    }

    /// Prints the table.
    pub fn print(self) {
        println!("\n{}", self.table);
        println!("medians of turns by turns; ours / by hand; `!`: slower than the goal, or more bytes");
    }

    async fn cost(&self, candidate: &impl Candidate) -> Outcome<Cost> {
        let before = self.log.mark();
        let documents = candidate(&self.logged).await?;
        let sent = self.log.since(before);
        Ok(Cost { documents, commands: sent.len(), bytes: sent.bytes() + sent.reply_bytes() })
    }

    async fn times(&self, ours: &impl Candidate, by_hand: &impl Candidate) -> Outcome<(Duration, Duration)> {
        let begun = Instant::now();
        let (mut mine, mut theirs) = (Vec::new(), Vec::new());
        // the first turn fills caches
        for turn in 0..=*TURNS.end() {
            if turn > *TURNS.start() && begun.elapsed() > TIME {
                break;
            }
            // who comes first may have it harder
            let (first, second);
            if turn % 2 == 0 {
                first = time(ours, self.db()).await?;
                second = time(by_hand, self.db()).await?;
            } else {
                second = time(by_hand, self.db()).await?;
                first = time(ours, self.db()).await?;
            }
            if turn > 0 {
                mine.push(first);
                theirs.push(second);
            }
        }
        Ok((median(mine), median(theirs)))
    }
}

struct Cost {
    documents: usize,
    commands: usize,
    bytes: usize,
}

async fn time(candidate: &impl Candidate, db: &Database) -> Outcome<Duration> {
    let start = Instant::now();
    candidate(db).await?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}
