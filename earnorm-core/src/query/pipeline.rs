//! Updates as pipelines, which treat a null like a missing field. The update operators fail for a null.

use mongodb::bson::{Bson, Document, doc};

use crate::store::is_expression;

/// The update that sets one field to a value.
pub(crate) fn assign(name: &str, value: impl Into<Bson>) -> Vec<Document> {
    vec![doc! { "$set": { name: value.into() } }]
}

/// The pipeline with the same effect as these update operators. `None` if a pipeline can't express them: for the index
/// of an element, for a modifier, or if a field is named twice.
pub(crate) fn pipeline(operators: &Document) -> Option<Vec<Document>> {
    let (mut set, mut unset) = (Document::new(), Vec::new());
    for (operator, changes) in operators {
        for (name, value) in changes.as_document()? {
            if !name.split('.').all(is_plain) || set.contains_key(name) || unset.contains(name) {
                return None;
            }
            match (operator.as_str(), name.rsplit_once('.')) {
                ("$unset", Some(_)) => return None,
                ("$unset", None) => unset.push(name.clone()),
                (operator, None) => drop(set.insert(name, expression(operator, &format!("${name}"), value)?)),
                (operator, Some((above, _))) => {
                    let value = expression(operator, &format!("${name}"), value)?;
                    set.insert(name, outside_arrays(above, value));
                }
            }
        }
    }
    let set = (!set.is_empty()).then(|| doc! { "$set": set });
    let unset = (!unset.is_empty()).then(|| doc! { "$unset": unset });
    Some(set.into_iter().chain(unset).collect())
}

/// Whether a component of a path is the name of a field, not the index of an element.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('$') && !name.bytes().all(|byte| byte.is_ascii_digit())
}

/// A value for a field inside `above`. Makes the update fail if there is an array on that path, because a pipeline
/// would set the field in each element. The operators fail in this case too.
fn outside_arrays(above: &str, value: Document) -> Document {
    let paths = above.match_indices('.').map(|(end, _)| &above[..end]).chain([above]);
    let arrays: Vec<Document> = paths.map(|path| doc! { "$isArray": format!("${path}") }).collect();
    // the conversion fails, and the server's error shows the text
    let words = format!(", but `{above}` must be a document");
    let failure = doc! { "$toLong": { "$concat": [{ "$type": format!("${above}") }, words] } };
    doc! { "$cond": [{ "$or": arrays }, failure, value] }
}

/// The expression for the value of a field after an operator.
fn expression(operator: &str, field: &str, value: &Bson) -> Option<Document> {
    Some(match operator {
        "$set" => literal(value),
        "$min" => doc! { "$min": [field, literal(value)] },
        "$max" => doc! { "$max": [field, literal(value)] },
        "$inc" => arithmetic("$add", field, value),
        "$mul" => arithmetic("$multiply", field, value),
        "$push" => {
            let pushed = doc! { "$literal": items(value)? };
            doc! { "$concatArrays": [doc! { "$ifNull": [field, []] }, pushed] }
        }
        "$addToSet" => with_elements(field, &items(value)?),
        "$pullAll" => without_elements(field, value.as_array()?),
        // a condition on the elements
        "$pull" if matches!(value, Bson::Document(_) | Bson::RegularExpression(_)) => return None,
        "$pull" => without_elements(field, std::slice::from_ref(value)),
        _ => return None,
    })
}

/// The items that an operator adds. `None` for modifiers.
fn items(value: &Bson) -> Option<Vec<Bson>> {
    match value {
        Bson::Document(document) if document.len() == 1 && document.contains_key("$each") => {
            document.get_array("$each").ok().cloned()
        }
        value if is_expression(value) => None,
        value => Some(vec![value.clone()]),
    }
}

fn literal(value: &Bson) -> Document {
    doc! { "$literal": value }
}

/// An expression for a sum or a product. Makes the update fail if an integer would overflow and become a double, as the
/// operators do.
fn arithmetic(operator: &str, field: &str, value: &Bson) -> Document {
    let result = doc! { operator: [doc! { "$ifNull": [field, 0] }, value] };
    if !matches!(value, Bson::Int32(_) | Bson::Int64(_)) {
        return result;
    }
    let overflows = doc! { "$and": [
        { "$eq": [{ "$type": "$$result" }, "double"] },
        { "$ne": [{ "$type": field }, "double"] },
    ] };
    // the conversion fails, and the server's error shows the text
    let failure = doc! { "$toLong": { "$concat": [{ "$toString": "$$result" }, " is out of range"] } };
    let checked = doc! { "$cond": [overflows, failure, "$$result"] };
    doc! { "$let": { "vars": { "result": result }, "in": checked } }
}

/// An expression for an array with these elements, each appended unless the array contains it.
pub(crate) fn with_elements(field: &str, elements: &[Bson]) -> Document {
    let array = doc! { "$ifNull": [field, []] };
    let is_new = doc! { "$not": [{ "$in": ["$$this", &array] }] };
    let new = doc! { "$filter": { "input": { "$literal": elements }, "as": "this", "cond": is_new } };
    doc! { "$concatArrays": [array, new] }
}

/// An expression for an array without any of these elements. A value that isn't an array is kept.
///
/// `$pull` can't do this: it would use an element that is a document as a condition.
pub(crate) fn without_elements(field: &str, elements: &[Bson]) -> Document {
    let is_kept = doc! { "$not": [{ "$in": ["$$this", { "$literal": elements }] }] };
    let kept = doc! { "$filter": { "input": field, "as": "this", "cond": is_kept } };
    doc! { "$cond": [{ "$isArray": field }, kept, field] }
}
