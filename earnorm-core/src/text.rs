//! Words for messages.

/// The singular and the plural of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noun {
    pub(crate) singular: &'static str,
    pub(crate) plural: &'static str,
}

impl Noun {
    /// The number with the word: `1 user`, `21 blog posts`.
    pub(crate) fn with_count(self, count: u64) -> String {
        format!("{count} {}", if count == 1 { self.singular } else { self.plural })
    }
}
