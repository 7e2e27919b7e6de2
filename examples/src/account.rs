use std::fmt::Display;

use earnorm_testkit::{CommandLog, Mark};

/// Prints what a program does, and beside it what was sent for it: commands, and the documents in their replies.
#[derive(Debug)]
pub struct Account<'a> {
    log: &'a CommandLog,
    since: Mark,
    begin: Mark,
}

impl<'a> Account<'a> {
    /// Begins with the head of the table.
    pub fn open(log: &'a CommandLog) -> Self {
        println!("commands  documents");
        let since = log.mark();
        Self { log, since, begin: since }
    }

    /// A title over the lines that follow.
    pub fn title(&self, text: impl Display) {
        println!("\n                     {text}");
    }

    /// What was done since the last line, and what it cost.
    pub fn line(&mut self, text: impl Display) {
        self.print(self.since, text);
        self.since = self.log.mark();
    }

    /// More about the line above.
    pub fn note(&self, text: impl Display) {
        println!("                       {text}");
    }

    /// Ends with the sums.
    pub fn close(self) {
        println!();
        self.print(self.begin, "in all");
    }

    fn print(&self, since: Mark, text: impl Display) {
        let sent = self.log.since(since);
        println!("{:>8}  {:>9}  {text}", sent.len(), sent.documents());
    }
}
