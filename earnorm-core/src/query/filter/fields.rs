//! Filter documents for a document's own fields, and how `&`, `|` and `!` combine them.

use mongodb::bson::{Bson, Document, doc};

use crate::bson::EncodeError;

/// A filter document, and how deep documents and lists are nested in it. The depth is counted while documents are
/// combined. Computing it from the result would make a fold of many conditions quadratic.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) document: Document,
    pub(crate) depth: usize,
}

impl Default for Fields {
    fn default() -> Self {
        Self { document: Document::new(), depth: 1 }
    }
}

impl From<Document> for Fields {
    /// For a document that was checked already, so that its depth is irrelevant.
    fn from(document: Document) -> Self {
        Self { document, depth: 1 }
    }
}

impl Fields {
    /// Both conditions. In one document if no key is in both, otherwise in a list.
    pub(crate) fn and(mut self, other: Self) -> Self {
        let mergeable = disjoint(&self.document, &other.document);
        if !mergeable && (self.document.len() == 1 || !self.document.contains_key("$and")) {
            return self.in_list("$and", other);
        }
        let mut depth = self.depth.max(other.depth);
        match self.document.get_mut("$and") {
            // keys next to the list are kept there, so that a fold doesn't nest
            Some(Bson::Array(list)) if !mergeable => {
                depth = self.depth.max(other.depth_within("$and"));
                list.append(&mut into_parts(other.document, "$and"));
            }
            _ if !mergeable => return self.in_list("$and", other),
            _ => self.document.extend(other.document),
        }
        Self { document: self.document, depth }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        self.in_list("$or", other)
    }

    pub(crate) fn not(mut self) -> Self {
        if let (1, Some(Bson::Array(list))) = (self.document.len(), self.document.get_mut("$nor"))
            && matches!(list.as_slice(), [Bson::Document(_)])
            && let Some(Bson::Document(document)) = list.pop()
        {
            return Self { document, depth: self.depth.saturating_sub(2) };
        }
        Self { document: doc! { "$nor": [self.document] }, depth: self.depth + 2 }
    }

    /// `{ operator: [self, other] }`. Appends to a list of the same operator, so that a fold takes linear time.
    fn in_list(self, operator: &str, other: Self) -> Self {
        let depth = self.depth_within(operator).max(other.depth_within(operator));
        let mut parts = into_parts(self.document, operator);
        parts.append(&mut into_parts(other.document, operator));
        // `doc!` would copy the list
        Self { document: doc! { operator: Bson::Array(parts) }, depth }
    }

    /// The depth of `{ operator: [self] }`, or of `self` if it is a list of the same operator.
    fn depth_within(&self, operator: &str) -> usize {
        let is_list = self.document.len() == 1 && matches!(self.document.get(operator), Some(Bson::Array(_)));
        if is_list { self.depth } else { self.depth + 2 }
    }
}

/// The conditions of `{ operator: [..] }`, or the document as the only one.
fn into_parts(mut document: Document, operator: &str) -> Vec<Bson> {
    if document.len() != 1 {
        return vec![Bson::Document(document)];
    }
    match document.remove(operator) {
        Some(Bson::Array(list)) => list,
        Some(other) => vec![Bson::Document(doc! { operator: other })],
        None => vec![Bson::Document(document)],
    }
}

/// Whether two documents have no key in common.
fn disjoint(a: &Document, b: &Document) -> bool {
    let (fewer, more) = if a.len() < b.len() { (a, b) } else { (b, a) };
    fewer.keys().all(|key| !more.contains_key(key))
}

/// The same filter document for the embedded document at a path.
pub(crate) fn inside(path: &str, document: &Document) -> Result<Document, EncodeError> {
    let mut moved = Document::new();
    for (name, value) in document {
        match (name.as_str(), value) {
            ("$and" | "$or" | "$nor", Bson::Array(list)) => {
                let list = list.iter().map(|one| match one {
                    Bson::Document(one) => inside(path, one).map(Bson::Document),
                    other => Ok(other.clone()),
                });
                moved.insert(name, list.collect::<Result<Vec<_>, _>>()?);
            }
            (operator, _) if operator.starts_with('$') => {
                return Err(EncodeError::misuse(format_args!(
                    "`{operator}` can't be tested on an embedded document (`{path}`); write conditions on its fields"
                )));
            }
            (name, value) => drop(
                moved.insert(if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }, value.clone()),
            ),
        }
    }
    Ok(moved)
}
