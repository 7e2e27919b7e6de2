//! The updates that remove references from documents.

use mongodb::bson::{Bson, Document, doc};

use crate::schema::{KeyPath, ModelMetadata, clear_key};
use crate::store::{Change, among};

/// Sets the key to null where it has one of these values, or removes it if serde omits `None`. A key that is not in an
/// array is set whatever its value is, because the filter of the update tests it.
pub(super) fn clear(holder: &ModelMetadata, field: &str, path: KeyPath, keys: &[Bson]) -> Change {
    if !path.is_in_array() {
        return clear_key(field, holder).into();
    }
    let name = selected(path.pattern);
    let is_omitted = holder.field_at(field).is_some_and(|field| field.omittable);
    let update = if is_omitted {
        doc! { "$unset": { name: "" } }
    } else {
        doc! { "$set": { name: Bson::Null } }
    };
    Change::new(update, element_filters(path, keys, usize::MAX))
}

/// Removes these ids from the array of ids.
pub(super) fn pull_ids(path: KeyPath, keys: &[Bson]) -> Change {
    let update = doc! { "$pullAll": { selected(path.pattern): keys } };
    Change::new(update, element_filters(path, keys, usize::MAX))
}

/// Removes the elements that hold one of these keys from the innermost array.
pub(super) fn pull_elements(path: KeyPath, keys: &[Bson]) -> Change {
    let Some((array, key)) = path.pattern.rsplit_once("[].") else { return pull_ids(path, keys) };
    let update = doc! { "$pull": { selected(array): among(key, keys) } };
    Change::new(update, element_filters(path, keys, path.arrays().len() - 1))
}

/// The condition that each array of embedded documents on the path is one. The operators of an update fail for any other
/// value, and then the whole command fails.
pub(super) fn arrays_of(path: KeyPath) -> Document {
    path.arrays().into_iter().map(|array| (array, Bson::from(doc! { "$type": "array" }))).collect()
}

/// A path in which `$[e0]`, `$[e1]` and so on select the elements of the arrays.
fn selected(pattern: &str) -> String {
    let mut parts = pattern.split("[]");
    let mut name = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        name = format!("{name}.$[e{number}]{part}");
    }
    name
}

/// The filters for the elements of the outermost `levels` arrays that hold one of these keys. Elements that aren't
/// documents are left out: the server can't set a field of a null.
fn element_filters(path: KeyPath, keys: &[Bson], levels: usize) -> Vec<Document> {
    let (mut filters, mut rest) = (Vec::new(), path.pattern);
    while let (Some((_, inner)), true) = (rest.split_once("[]."), filters.len() < levels) {
        let element = format!("e{}", filters.len());
        let inside = KeyPath { pattern: inner, is_array: path.is_array };
        let mut all = vec![doc! { &element: { "$type": "object" } }];
        let key = inner.replace("[]", "");
        let ids = path.is_array.then(|| key.clone());
        let arrays = inside.arrays().into_iter().chain(ids);
        all.extend(arrays.map(|array| doc! { format!("{element}.{array}"): { "$type": "array" } }));
        all.push(among(&format!("{element}.{key}"), keys));
        filters.push(doc! { "$and": all });
        rest = inner;
    }
    filters
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::{arrays_of, pull_elements, selected};
    use crate::schema::KeyPath;

    const PATH: KeyPath = KeyPath { pattern: "groups[].lines[].product_id", is_array: false };

    #[test]
    fn elements_are_selected_by_identifiers() {
        assert_eq!(selected("groups[].lines[].product_id"), "groups.$[e0].lines.$[e1].product_id");
        assert_eq!(selected("billing.country_id"), "billing.country_id");
        let arrays = doc! { "groups": { "$type": "array" }, "groups.lines": { "$type": "array" } };
        assert_eq!(arrays_of(PATH), arrays);
    }

    #[test]
    fn an_element_is_pulled_from_the_innermost_array() {
        let change = pull_elements(PATH, &[1.into()]);
        assert_eq!(format!("{:?}", change.update).matches("groups.$[e0].lines\"").count(), 1);
        assert_eq!(change.array_filters.len(), 1);
    }
}
