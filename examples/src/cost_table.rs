use std::fmt::Display;

use earnorm_testkit::{CommandLog, Mark};

/// Prints the steps of a program as a table. Each row has the number of commands that the step sent, and of documents
/// in the replies.
#[derive(Debug)]
pub struct CostTable<'a> {
    log: &'a CommandLog,
    since: Mark,
    begin: Mark,
}

impl<'a> CostTable<'a> {
    /// Prints the table's head.
    pub fn start(log: &'a CommandLog) -> Self {
        println!("commands  documents");
        let since = log.mark();
        Self { log, since, begin: since }
    }

    /// A title above the rows that follow.
    pub fn section(&self, text: impl Display) {
        println!("\n                     {text}");
    }

    /// A step: what it did. The numbers are for all commands since the last row.
    pub fn row(&mut self, text: impl Display) {
        self.print(self.since, text);
        self.since = self.log.mark();
    }

    /// A step, and the commands that it sent.
    pub fn row_with_commands(&mut self, text: impl Display) {
        let sent = self.log.since(self.since);
        self.row(text);
        for command in &sent {
            self.detail(format!("> {command}"));
        }
    }

    /// More text for the row above, without numbers.
    pub fn detail(&self, text: impl Display) {
        println!("                       {text}");
    }

    /// Prints the totals.
    pub fn finish(self) {
        println!();
        self.print(self.begin, "total");
    }

    fn print(&self, since: Mark, text: impl Display) {
        let sent = self.log.since(since);
        println!("{:>8}  {:>9}  {text}", sent.len(), sent.documents());
    }
}
