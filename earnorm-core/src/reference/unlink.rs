//! The updates that remove references from documents.

use mongodb::bson::{Bson, Document, doc};

use crate::schema::{KeyPath, KeyTag, ModelMetadata, clear_key};
use crate::store::{Change, among};

/// Sets the key to null where it has one of these values, or removes it if serde omits `None`. A key that is not in an
/// array is set whatever its value is, because the filter of the update tests it.
pub(super) fn clear(holder: &ModelMetadata, field: &str, key: (KeyPath, Option<KeyTag>), keys: &[Bson]) -> Change {
    let (path, tag) = key;
    let update = clear_key(field, tag.as_ref(), holder);
    if !path.is_in_array() {
        return update.into();
    }
    // the same names, but with the elements selected
    let array = path.pattern.rsplit_once("[].").map_or("", |(array, _)| array);
    let (plain, chosen) = (array.replace("[]", ""), format!("{}.$[e{}]", selected(array), path.arrays().len() - 1));
    let select =
        |name: &str| name.strip_prefix(plain.as_str()).map_or(name.to_owned(), |rest| format!("{chosen}{rest}"));
    let each = update.into_iter().map(|(operator, fields)| {
        let fields = fields.as_document().into_iter().flatten();
        let fields: Document = fields.map(|(name, value)| (select(name), value.clone())).collect();
        (operator, Bson::from(fields))
    });
    let update: Document = each.collect();
    Change::new(update, element_filters(key, keys, usize::MAX))
}

/// Removes these ids from the array of ids.
pub(super) fn pull_ids(path: KeyPath, keys: &[Bson]) -> Change {
    let update = doc! { "$pullAll": { selected(path.pattern): keys } };
    Change::new(update, element_filters((path, None), keys, usize::MAX))
}

/// Removes the elements that hold one of these keys from the innermost array.
pub(super) fn pull_elements(key: (KeyPath, Option<KeyTag>), keys: &[Bson]) -> Change {
    let (path, tag) = key;
    let Some((array, name)) = path.pattern.rsplit_once("[].") else { return pull_ids(path, keys) };
    let mut condition = among(name, keys);
    if let Some(tag) = tag {
        condition.insert(tag.in_element(), tag.value);
    }
    let update = doc! { "$pull": { selected(array): condition } };
    Change::new(update, element_filters(key, keys, path.arrays().len() - 1))
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
fn element_filters((path, tag): (KeyPath, Option<KeyTag>), keys: &[Bson], levels: usize) -> Vec<Document> {
    let (mut filters, mut rest) = (Vec::new(), path.pattern);
    let mut rest_of_tag = tag.map_or("", |tag| tag.pattern);
    while let (Some((_, inner)), true) = (rest.split_once("[]."), filters.len() < levels) {
        let element = format!("e{}", filters.len());
        let inside = KeyPath { pattern: inner, is_array: path.is_array };
        let mut all = vec![doc! { &element: { "$type": "object" } }];
        let key = inner.replace("[]", "");
        let ids = path.is_array.then(|| key.clone());
        let arrays = inside.arrays().into_iter().chain(ids);
        all.extend(arrays.map(|array| doc! { format!("{element}.{array}"): { "$type": "array" } }));
        rest_of_tag = rest_of_tag.split_once("[].").map_or(rest_of_tag, |(_, inner)| inner);
        all.push(match &tag {
            Some(tag) => tag.beside_in(&element, (inner, rest_of_tag), |key| among(key, keys)),
            None => among(&format!("{element}.{key}"), keys),
        });
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
        let change = pull_elements((PATH, None), &[1.into()]);
        assert_eq!(format!("{:?}", change.update).matches("groups.$[e0].lines\"").count(), 1);
        assert_eq!(change.array_filters.len(), 1);
    }
}
