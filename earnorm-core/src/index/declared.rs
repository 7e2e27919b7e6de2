//! The indexes that models declare by `#[index(..)]`.

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::Collation;

use super::needed::{Declared, NeededIndex, deletion_of};
use crate::bson::{decode, encode};
use crate::schema::{IndexMetadata, ModelMetadata};
use crate::{Error, Result};

/// The declared indexes of a model. An index of a model with a tag contains only the documents with the tag.
pub(super) fn declared_indexes(model: &'static ModelMetadata) -> Result<Vec<NeededIndex>> {
    model.config.indexes.iter().map(|index| needed(model, index)).chain(of_the_mark(model).map(Ok)).collect()
}

/// The index by which a restore finds the documents of a deletion.
fn of_the_mark(model: &ModelMetadata) -> Option<NeededIndex> {
    let keys = doc! { deletion_of(model.config.soft_delete?): 1 };
    let declared = Some(Declared { sparse: true, ..Declared::default() });
    Some(NeededIndex { declared, ..NeededIndex::new(model.collection, keys) })
}

fn needed(model: &'static ModelMetadata, index: &IndexMetadata) -> Result<NeededIndex> {
    let keys = keys_of(index);
    // a deleted document is in the index, but doesn't take the place of another
    let of = model.documents().with_deleted();
    let partial = of.only(index.partial.map_or_else(Document::new, |partial| partial()));
    collation_of(model, index)?;
    let mut needed = NeededIndex {
        unique: index.unique,
        partial: (!partial.is_empty()).then_some(partial),
        declared: Some(Declared {
            name: index.name,
            sparse: index.sparse,
            hidden: index.hidden,
            collation: index.collation.map(|collation| collation()),
            expire_after: index.expire_after,
        }),
        ..NeededIndex::new(model.collection, keys)
    };
    needed.except_deleted(model.config.soft_delete);
    Ok(needed)
}

fn keys_of(index: &IndexMetadata) -> Document {
    index.keys.iter().map(|key| (key.field.to_owned(), key.order.value())).collect()
}

/// The collation of an index.
pub(crate) fn collation_of(model: &ModelMetadata, index: &IndexMetadata) -> Result<Option<Collation>> {
    index.collation.map(|collation| to_collation(&collation())).transpose().map_err(|reason| {
        let reason = format!("the collation of the index on {} can't be read: {reason}", keys_of(index));
        Error::Invalid { model: model.name, reason, value: false }
    })
}

/// The collation as the driver sends it, or what is wrong with it. The driver would ignore a misspelt option.
pub(super) fn to_collation(collation: &Document) -> Result<Collation, String> {
    let read: Collation = decode(Bson::from(collation.clone())).map_err(|error| error.to_string())?;
    let written = collation_document(&read);
    match collation.keys().find(|name| !written.contains_key(name)) {
        Some(unknown) => Err(format!("`{unknown}` is not an option of a collation")),
        None => Ok(read),
    }
}

pub(super) fn collation_document(collation: &Collation) -> Document {
    match encode(collation) {
        Ok(Bson::Document(document)) => document,
        _ => doc! {},
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::to_collation;

    #[test]
    fn a_misspelt_option_of_a_collation_is_found() {
        assert!(to_collation(&doc! { "locale": "en", "strength": 2, "numericOrdering": true }).is_ok());
        let misspelt = to_collation(&doc! { "locale": "en", "strenght": 2 }).err();
        assert_eq!(misspelt.as_deref(), Some("`strenght` is not an option of a collation"));
        assert!(to_collation(&doc! { "strength": 2 }).is_err());
        assert!(to_collation(&doc! { "locale": "en", "strength": 9 }).is_err());
    }
}
