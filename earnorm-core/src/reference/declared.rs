use crate::schema::{KeyHolder, ModelMetadata, RelationKind, RelationMetadata, Stored};

/// A key as one relation declares it: a field of one model that refers to another model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredKey {
    pub(crate) holder: &'static ModelMetadata,
    /// The key's stored name.
    pub(crate) field: &'static str,
    pub(crate) shape: KeyShape,
    pub(crate) parent: &'static ModelMetadata,
    pub(crate) stored: Stored,
}

/// How a document stores a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyShape {
    /// As a single id.
    Single,
    /// As an array of ids.
    Array,
    /// As one of the two ids in a document of a join model.
    End,
}

/// The keys of a relation: one, or the two of its join model.
pub(crate) fn keys(
    source: &'static ModelMetadata,
    relation: &'static RelationMetadata,
) -> impl Iterator<Item = DeclaredKey> {
    let target = (relation.target)();
    let shape = if relation.kind == RelationKind::ManyToMany { KeyShape::Array } else { KeyShape::Single };
    let (field, stored) = (relation.foreign_key, relation.stored);
    let (first, second) = match (relation.holder, &relation.through) {
        (KeyHolder::Through, Some(through)) => {
            let end = |field, parent, stored| DeclaredKey {
                holder: (through.model)(),
                field,
                shape: KeyShape::End,
                parent,
                stored,
            };
            (end(field, source, stored), Some(end(through.target_key, target, through.stored)))
        }
        (KeyHolder::Target, _) => (DeclaredKey { holder: target, field, shape, parent: source, stored }, None),
        _ => (DeclaredKey { holder: source, field, shape, parent: target, stored }, None),
    };
    std::iter::once(first).chain(second)
}
