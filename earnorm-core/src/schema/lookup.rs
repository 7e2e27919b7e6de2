//! Finds fields and relations in the table of a model.

use super::field::{FieldMetadata, str_eq};
use super::tables::{EmbeddedMetadata, ModelConfig, ModelMetadata, RelationMetadata};
use crate::text::Noun;

impl ModelMetadata {
    /// For a model that is unknown because of a mistake in a struct.
    pub(crate) const UNKNOWN: Self = Self {
        name: "",
        module: "",
        collection: "",
        singular: "",
        plural: "",
        fields: &[],
        relations: &[],
        embedded: &[],
        config: ModelConfig::DEFAULT,
    };

    /// The name of its documents in messages.
    pub(crate) const fn noun(&self) -> Noun {
        Noun { singular: self.singular, plural: self.plural }
    }

    /// The relations of the model, followed by those of its embedded documents as relations of the model: their names and
    /// keys are paths, like `lines.product` and `lines.product_id`.
    pub fn all_relations(&self) -> impl Iterator<Item = &'static RelationMetadata> {
        let embedded = self.embedded.iter().flat_map(EmbeddedMetadata::relations);
        self.relations.iter().copied().chain(embedded)
    }

    /// The field at a path of stored names, which may lead into embedded documents.
    pub(crate) fn field_at(&self, path: &str) -> Option<&'static FieldMetadata> {
        self.field(path).or_else(|| {
            self.embedded.iter().find_map(|embedded| {
                let inner = match embedded.bson_name {
                    "" => Some(path),
                    name => path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')),
                };
                (embedded.record)().field_at(inner?)
            })
        })
    }

    /// The arrays on a path of stored names, each with a dot at its end. An array at the end of the path is one of them.
    pub(crate) fn arrays_on(&self, path: &str) -> Vec<String> {
        if self.field(path).is_some_and(FieldMetadata::is_array) {
            return vec![format!("{path}.")];
        }
        for embedded in self.embedded {
            let outer = if embedded.bson_name.is_empty() { String::new() } else { format!("{}.", embedded.bson_name) };
            let Some(rest) = path.strip_prefix(outer.as_str()) else { continue };
            let inner = (embedded.record)().arrays_on(rest);
            let own = embedded.is_array.then(|| outer.clone());
            if own.is_some() || !inner.is_empty() {
                return own.into_iter().chain(inner.into_iter().map(|inner| format!("{outer}{inner}"))).collect();
            }
        }
        Vec::new()
    }

    /// The field with this stored name.
    pub const fn field(&self, bson_name: &str) -> Option<&'static FieldMetadata> {
        let mut i = 0;
        while i < self.fields.len() {
            if str_eq(self.fields[i].bson_name, bson_name) {
                return Some(&self.fields[i]);
            }
            i += 1;
        }
        None
    }
}
