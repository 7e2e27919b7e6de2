//! An update as it is sent.

use mongodb::bson::Document;
use mongodb::options::{UpdateModifications, UpdateOptions};

/// An update, with the filters for the array elements that it names.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) update: UpdateModifications,
    pub(crate) array_filters: Vec<Document>,
}

impl Change {
    pub(crate) fn new(update: impl Into<UpdateModifications>, array_filters: Vec<Document>) -> Self {
        Self { update: update.into(), array_filters }
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
