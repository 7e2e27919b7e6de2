use super::ModelMetadata;

/// What a model is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModelIdentity {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    pub(crate) collection: &'static str,
}

impl ModelMetadata {
    pub(crate) const fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.name, module: self.module, collection: self.collection }
    }
}

impl ModelIdentity {
    /// Whether two tables are of one model. Rules hold for documents, whichever struct reads them; but two structs of one
    /// name, in different modules, have nothing to do with each other.
    pub(crate) fn is(self, other: Self) -> bool {
        self.collection == other.collection && (self.name != other.name || self.module == other.module)
    }

    /// Where others have its name, what tells it from them: its module, or its collection where one is in that as well, in
    /// another function.
    pub(crate) fn apart(self, all: impl Iterator<Item = Self>) -> Option<&'static str> {
        let mut others = all.filter(|other| other.name == self.name && *other != self).peekable();
        others.peek()?;
        Some(if others.any(|other| other.module == self.module) { self.collection } else { self.module })
    }
}
