use mongodb::bson::{Bson, Document};

/// The value at a path of names with dots, none of which is an array.
pub(crate) fn at<'d>(document: &'d Document, path: &str) -> Option<&'d Bson> {
    match path.split_once('.') {
        Some((outer, inner)) => at(document.get(outer)?.as_document()?, inner),
        None => document.get(path),
    }
}
