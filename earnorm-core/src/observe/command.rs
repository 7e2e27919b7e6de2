//! A command, for those who observe it.

use mongodb::bson::{Bson, Document};

use super::values::has_values;

/// A command that will be sent. It is made before the values are moved into the command, and counted when it is sent.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "only events have the fields"))]
pub(crate) struct Command<'c> {
    pub(super) name: &'static str,
    pub(super) collection: &'c str,
    /// The filter or the pipeline, if values are traced.
    pub(super) filter: Option<String>,
}

impl<'c> Command<'c> {
    pub(crate) fn new(name: &'static str, collection: &'c str) -> Self {
        Self { name, collection, filter: None }
    }

    /// A command with this filter.
    pub(crate) fn filtered(mut self, filter: &Document) -> Self {
        self.filter = has_values().then(|| filter.to_string());
        self
    }

    /// A command with this pipeline.
    pub(crate) fn with_pipeline(mut self, stages: &[Document]) -> Self {
        self.filter = has_values().then(|| Bson::from(stages.to_vec()).to_string());
        self
    }
}

/// What the driver puts into one command: at most 100,000 documents and 48 MB.
#[derive(Default)]
pub(super) struct Room {
    documents: usize,
    bytes: usize,
}

impl Room {
    /// Whether one more document fits. If not, it is the first one of the next command.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let fits = self.documents == 0 || (self.documents < 100_000 && self.bytes + bytes <= 48_000_000);
        if !fits {
            *self = Self::default();
        }
        (self.documents, self.bytes) = (self.documents + 1, self.bytes + bytes);
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::Room;

    #[test]
    fn documents_that_do_not_fit_begin_another_command() {
        let commands = |sizes: &[usize]| {
            let mut room = Room::default();
            1 + sizes.iter().filter(|size| !room.take(**size)).count()
        };
        assert_eq!(commands(&[]), 1);
        let many = vec![1; 100_001];
        assert_eq!(commands(&many[1..]), 1);
        assert_eq!(commands(&many), 2);
        assert_eq!(commands(&[30_000_000, 10_000_000, 10_000_000, 1]), 2);
    }
}
