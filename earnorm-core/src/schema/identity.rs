use super::{ModelMetadata, ModelTag};

/// What distinguishes a model from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModelIdentity {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    pub(crate) collection: &'static str,
    pub(crate) tag: Option<ModelTag>,
}

impl ModelMetadata {
    pub(crate) const fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.name, module: self.module, collection: self.collection, tag: self.config.tag }
    }
}

impl ModelIdentity {
    /// Whether two structs are the same model. All structs of one collection and one tag are, because rules apply to
    /// documents. The exception is two structs with the same name in different modules, which are unrelated.
    pub(crate) fn is_same_model(self, other: Self) -> bool {
        self.covers(other) && self.tag == other.tag
    }

    /// Whether the documents of the other model are documents of this one: it is the same, or it has a tag and this one
    /// has none.
    pub(crate) fn covers(self, other: Self) -> bool {
        let tags = self.tag.is_none() || self.tag == other.tag;
        tags && self.collection == other.collection && (self.name != other.name || self.module == other.module)
    }

    /// What distinguishes this model from others with the same name, if there are any: its module, or its collection if
    /// another one is in the same module, inside a function.
    pub(crate) fn qualifier(self, all: impl Iterator<Item = Self>) -> Option<&'static str> {
        let mut others = all.filter(|other| other.name == self.name && *other != self).peekable();
        others.peek()?;
        Some(if others.any(|other| other.module == self.module) { self.collection } else { self.module })
    }
}
