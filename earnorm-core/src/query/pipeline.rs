//! An update as a pipeline, in which a null counts as a missing field. The update operators fail for a null.

use mongodb::bson::{Bson, Document, doc};

use crate::store::is_expression;

/// The update that gives one field a value.
pub(crate) fn assign(name: &str, value: impl Into<Bson>) -> Vec<Document> {
    vec![doc! { "$set": { name: value.into() } }]
}

/// The same change as these update operators; `None` for what only operators can say: the index of an element, a modifier,
/// a field that is named twice.
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
                (operator, None) => drop(set.insert(name, changed(operator, &format!("${name}"), value)?)),
                (operator, Some((above, _))) => {
                    let changed = changed(operator, &format!("${name}"), value)?;
                    set.insert(name, outside_arrays(above, changed));
                }
            }
        }
    }
    let set = (!set.is_empty()).then(|| doc! { "$set": set });
    let unset = (!unset.is_empty()).then(|| doc! { "$unset": unset });
    Some(set.into_iter().chain(unset).collect())
}

/// Whether a step of a path is the name of a field, and not the index of an element.
fn is_plain(step: &str) -> bool {
    !step.is_empty() && !step.starts_with('$') && !step.bytes().all(|byte| byte.is_ascii_digit())
}

/// A value for a field below `above`, where no array may be: a pipeline would set it in each element. The operators fail
/// there as well.
fn outside_arrays(above: &str, value: Document) -> Document {
    let steps = above.match_indices('.').map(|(end, _)| &above[..end]).chain([above]);
    let arrays: Vec<Document> = steps.map(|path| doc! { "$isArray": format!("${path}") }).collect();
    // no such text can be a number
    let words = format!(", where `{above}` has to be a document");
    let failure = doc! { "$toLong": { "$concat": [{ "$type": format!("${above}") }, words] } };
    doc! { "$cond": [{ "$or": arrays }, failure, value] }
}

/// What an operator makes of a field.
fn changed(operator: &str, field: &str, value: &Bson) -> Option<Document> {
    Some(match operator {
        "$set" => literal(value),
        "$min" => doc! { "$min": [field, literal(value)] },
        "$max" => doc! { "$max": [field, literal(value)] },
        "$inc" => calculated("$add", field, value),
        "$mul" => calculated("$multiply", field, value),
        "$push" => {
            let pushed = doc! { "$literal": items(value)? };
            doc! { "$concatArrays": [doc! { "$ifNull": [field, []] }, pushed] }
        }
        "$addToSet" => appended(field, &items(value)?),
        "$pullAll" => removed(field, value.as_array()?),
        // a condition on the elements
        "$pull" if matches!(value, Bson::Document(_) | Bson::RegularExpression(_)) => return None,
        "$pull" => removed(field, std::slice::from_ref(value)),
        _ => return None,
    })
}

/// The items that an operator adds: one, or a list.
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

/// An integer that would become a double, because it is too large, is an error, as for the operators.
fn calculated(operator: &str, field: &str, value: &Bson) -> Document {
    let result = doc! { operator: [doc! { "$ifNull": [field, 0] }, value] };
    if !matches!(value, Bson::Int32(_) | Bson::Int64(_)) {
        return result;
    }
    let overflows = doc! { "$and": [
        { "$eq": [{ "$type": "$$result" }, "double"] },
        { "$ne": [{ "$type": field }, "double"] },
    ] };
    // no such text can be a number
    let failure = doc! { "$toLong": { "$concat": [{ "$toString": "$$result" }, " is out of range"] } };
    let checked = doc! { "$cond": [overflows, failure, "$$result"] };
    doc! { "$let": { "vars": { "result": result }, "in": checked } }
}

/// An array with these elements appended, each unless it is in it.
pub(crate) fn appended(field: &str, elements: &[Bson]) -> Document {
    let array = doc! { "$ifNull": [field, []] };
    let is_new = doc! { "$not": [{ "$in": ["$$this", &array] }] };
    let new = doc! { "$filter": { "input": { "$literal": elements }, "as": "this", "cond": is_new } };
    doc! { "$concatArrays": [array, new] }
}

/// An array without these elements, however often they are in it. What isn't an array stays as it is.
///
/// `$pull` would take an element that is a document for a condition.
pub(crate) fn removed(field: &str, elements: &[Bson]) -> Document {
    let stays = doc! { "$not": [{ "$in": ["$$this", { "$literal": elements }] }] };
    let left = doc! { "$filter": { "input": field, "as": "this", "cond": stays } };
    doc! { "$cond": [{ "$isArray": field }, left, field] }
}
