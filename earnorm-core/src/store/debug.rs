//! Reads values of the driver that have no method, from its `Debug` output.
//!
//! That output isn't stable. Each caller works without the value, and a unit test fails if it is missing.

use std::fmt::{self, Debug, Write};

/// The number after the first `label` in the `Debug` output of a value. The output is produced only up to the number.
pub(super) fn number_after(value: &impl Debug, label: &str) -> Option<u64> {
    let number = text_after(value, label)?;
    number.parse().ok()
}

/// The text after the first `label`, up to a comma, a space or a closing bracket.
pub(super) fn text_after(value: &impl Debug, label: &str) -> Option<String> {
    let mut scan = Scan { label, seen: String::new(), found: false, done: false };
    // `Scan` ends the output with an error when it has the text
    let _ = write!(scan, "{value:?}");
    scan.done.then_some(scan.seen)
}

struct Scan<'l> {
    label: &'l str,
    /// The end of the output so far; after the label was found, what follows it.
    seen: String,
    found: bool,
    done: bool,
}

impl Write for Scan<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.seen.push_str(text);
        if !self.found {
            let Some(at) = self.seen.find(self.label) else {
                let mut keep = self.seen.len().saturating_sub(self.label.len());
                while !self.seen.is_char_boundary(keep) {
                    keep -= 1;
                }
                self.seen.drain(..keep);
                return Ok(());
            };
            self.seen.drain(..at + self.label.len());
            self.found = true;
        }
        match self.seen.find([',', ' ', ')', '}']) {
            Some(end) => {
                self.seen.truncate(end);
                self.done = true;
                Err(fmt::Error)
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{number_after, text_after};

    #[derive(Debug)]
    #[allow(dead_code, reason = "printed")]
    struct Outer {
        name: &'static str,
        size: Option<u32>,
        number: i64,
    }

    #[test]
    fn the_text_after_a_label_is_found() {
        let outer = Outer { name: "é", size: Some(10), number: 7 };
        assert_eq!(text_after(&outer, "size: ").as_deref(), Some("Some(10"));
        assert_eq!(number_after(&outer, "size: Some("), Some(10));
        assert_eq!(number_after(&outer, "number: "), Some(7));
        assert_eq!(number_after(&outer, "nothing: "), None);
        assert_eq!(number_after(&outer, "name: "), None);
    }
}
