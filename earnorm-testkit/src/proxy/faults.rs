//! Which faults strike at which command. This module has no I/O.

use std::time::Duration;

use mongodb::bson::Document;

/// What happens to one command.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    Cut { moment: Moment, stay: bool },
    Delay(Duration),
    Refuse(Document),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The server doesn't get the command.
    Before,
    /// The server executes the command, but the driver doesn't get the reply.
    After,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    /// How many commands have been counted.
    seen: usize,
    /// The names of the commands that count, if not all do.
    only: Option<Vec<String>>,
    /// The faults, each with the number of its command.
    armed: Vec<(usize, Fault)>,
    /// How many bytes may pass before the cut.
    bytes: Option<u64>,
    /// Whether nothing gets through.
    down: bool,
}

impl Faults {
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    pub(super) fn is_down(&self) -> bool {
        self.down
    }

    pub(super) fn fall(&mut self) {
        self.down = true;
    }

    /// Arms a fault for the `n`-th command from now on.
    pub(super) fn arm(&mut self, n: usize, fault: Fault) {
        self.armed.push((self.seen.saturating_add(n), fault));
    }

    pub(super) fn arm_byte(&mut self, n: u64) {
        self.bytes = Some(n);
    }

    pub(super) fn only(&mut self, names: Vec<String>) {
        self.only = Some(names);
    }

    pub(super) fn heal(&mut self) {
        *self = Self::default();
    }

    /// Whether a command counts. The driver's housekeeping doesn't.
    pub(super) fn counts(&self, name: &str) -> bool {
        const HOUSEKEEPING: [&str; 8] =
            ["hello", "isMaster", "ismaster", "ping", "endSessions", "saslStart", "saslContinue", "authenticate"];
        match &self.only {
            Some(only) => only.iter().any(|one| one == name),
            None => !HOUSEKEEPING.contains(&name),
        }
    }

    /// Counts a command, and returns the faults that strike at it.
    pub(super) fn meet(&mut self) -> Vec<Fault> {
        self.seen += 1;
        let (now, later) = std::mem::take(&mut self.armed).into_iter().partition(|(at, _)| *at == self.seen);
        self.armed = later;
        let strike = |(_, fault): (usize, Fault)| {
            self.down |= matches!(fault, Fault::Cut { stay: true, .. });
            fault
        };
        now.into_iter().map(strike).collect()
    }

    /// How many of the next `length` bytes pass before the cut. `None` if all do.
    pub(super) fn cut_within(&mut self, length: usize) -> Option<usize> {
        let left = self.bytes.as_mut()?;
        let length = length as u64;
        if *left >= length {
            *left -= length;
            return None;
        }
        let passing = self.bytes.take()?;
        usize::try_from(passing).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Fault, Faults, Moment};

    #[test]
    fn a_fault_strikes_once_and_is_counted_from_when_it_was_armed() {
        let mut faults = Faults::default();
        let cut = Fault::Cut { moment: Moment::Before, stay: false };
        assert_eq!(faults.meet(), []);
        faults.arm(2, cut.clone());
        faults.arm(2, Fault::Delay(Duration::ZERO));
        assert_eq!(faults.meet(), []);
        assert_eq!(faults.meet(), [cut, Fault::Delay(Duration::ZERO)]);
        assert_eq!(faults.meet(), []);
        assert_eq!(faults.seen(), 4);
        assert!(!faults.is_down());
    }

    #[test]
    fn down_stays_until_it_is_healed() {
        let mut faults = Faults::default();
        faults.arm(1, Fault::Cut { moment: Moment::After, stay: true });
        faults.meet();
        assert!(faults.is_down());
        faults.heal();
        assert!(!faults.is_down());
        assert_eq!(faults.seen(), 0);
    }

    #[test]
    fn bytes_are_counted_across_messages() {
        let mut faults = Faults::default();
        assert_eq!(faults.cut_within(1_000), None);
        faults.arm_byte(150);
        assert_eq!(faults.cut_within(100), None);
        assert_eq!(faults.cut_within(100), Some(50));
        assert_eq!(faults.cut_within(100), None);
        faults.arm_byte(100);
        assert_eq!(faults.cut_within(100), None);
        assert_eq!(faults.cut_within(1), Some(0));
    }

    #[test]
    fn housekeeping_counts_only_if_it_is_named() {
        let mut faults = Faults::default();
        assert!(faults.counts("find") && !faults.counts("hello"));
        faults.only(vec!["ping".to_owned()]);
        assert!(faults.counts("ping") && !faults.counts("find"));
    }
}
