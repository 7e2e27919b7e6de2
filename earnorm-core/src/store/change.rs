//! An update as it is sent.

use mongodb::bson::{DateTime, Document};
use mongodb::options::{UpdateModifications, UpdateOptions};

/// An update, with the filters for the array elements that it names, and what it does to managed fields.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) update: UpdateModifications,
    pub(crate) array_filters: Vec<Document>,
    /// The time of the write.
    pub(crate) now: DateTime,
    pub(crate) stamps: Stamps,
    /// Whether a document that the update leaves as it is keeps its managed fields too. Only for pipelines of one `$set`.
    pub(crate) only_if_changed: bool,
}

/// Which managed fields an update changes, beside its own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamps {
    /// The time of the update and the version.
    All,
    /// The time of the update.
    Time,
    /// None: the update is not a change of the document.
    None,
}

impl Change {
    pub(crate) fn new(update: impl Into<UpdateModifications>, array_filters: Vec<Document>) -> Self {
        let (now, stamps) = (DateTime::now(), Stamps::All);
        Self { update: update.into(), array_filters, now, stamps, only_if_changed: false }
    }

    /// Gives the update the time of the call that it belongs to.
    pub(crate) fn at(self, now: DateTime) -> Self {
        Self { now, ..self }
    }

    /// Leaves the managed fields as they are.
    pub(crate) fn unmanaged(self) -> Self {
        Self { stamps: Stamps::None, ..self }
    }

    /// Leaves the version as it is.
    pub(crate) fn unversioned(self) -> Self {
        Self { stamps: Stamps::Time, ..self }
    }

    /// Leaves the managed fields of a document as they are if the update doesn't change it.
    pub(crate) fn only_if_changed(self) -> Self {
        Self { only_if_changed: true, ..self }
    }

    /// The options of a command that sends this update.
    pub(crate) fn options(&self, options: UpdateOptions) -> UpdateOptions {
        let mut options = options;
        options.array_filters = self.filters();
        options
    }

    pub(crate) fn filters(&self) -> Option<Vec<Document>> {
        (!self.array_filters.is_empty()).then(|| self.array_filters.clone())
    }
}

impl From<Document> for Change {
    fn from(update: Document) -> Self {
        Self::new(update, Vec::new())
    }
}

impl From<Vec<Document>> for Change {
    fn from(pipeline: Vec<Document>) -> Self {
        Self::new(UpdateModifications::Pipeline(pipeline), Vec::new())
    }
}

impl From<UpdateModifications> for Change {
    fn from(update: UpdateModifications) -> Self {
        Self::new(update, Vec::new())
    }
}
