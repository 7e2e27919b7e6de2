//! Words of messages.

/// A word for things that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noun {
    pub(crate) singular: &'static str,
    pub(crate) plural: &'static str,
}

impl Noun {
    /// `1 user`, `21 blog posts`.
    pub(crate) fn counted(self, count: u64) -> String {
        format!("{count} {}", if count == 1 { self.singular } else { self.plural })
    }
}
