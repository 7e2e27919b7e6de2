//! Reports of what is sent and received.

use super::command::{Command, Room};
use super::context::report;

impl Command<'_> {
    /// Counts it.
    pub(crate) fn sent(&self) {
        report(|context| context.sent(self, 1, 0, 0));
    }

    /// Counts the commands that the driver sends for documents of these sizes.
    pub(crate) fn sent_with(&self, sizes: impl Iterator<Item = usize>) {
        report(|context| {
            let (mut commands, mut documents, mut bytes) = (1, 0, 0);
            let mut room = Room::default();
            for size in sizes {
                commands += u64::from(!room.take(size));
                (documents, bytes) = (documents + 1, bytes + size as u64);
            }
            context.sent(self, commands, documents, bytes);
        });
    }
}

/// Reports a reply with documents. `count` is called only if somebody counts them.
pub(crate) fn received(count: impl FnOnce() -> mongodb::error::Result<(usize, usize)>) {
    report(|context| {
        // a reply that can't be read is an error elsewhere
        if let Ok((documents, bytes)) = count() {
            context.count(0, documents as u64, bytes as u64);
        }
    });
}
