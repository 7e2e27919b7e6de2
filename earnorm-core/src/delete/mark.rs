//! The mark of deleted documents.

use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::FindOptions;

use super::closure::Closure;
use super::scope::Scope;
use crate::schema::{Deletion, OPEN};
use crate::store::{self, Change, Exec, KEYS_PER_COMMAND, among};
use crate::{Error, Find, Result, bson};

/// The member of a mark that says that the document had no such field before. After a restore, it has none again.
const ABSENT: &str = "absent";

/// The update that marks documents. `open` if the delete isn't finished with it: an interrupted delete that is run again
/// then takes the document over.
pub(super) fn set_mark(mark: &str, deletion: Deletion, open: bool) -> Change {
    let mut value = doc! { "id": deletion.id, "at": deletion.at };
    if open {
        value.insert(OPEN, true);
    }
    let mut absent = value.clone();
    absent.insert(ABSENT, true);
    let was_absent = doc! { "$or": [
        { "$eq": [{ "$type": format!("${mark}") }, "missing"] },
        { "$eq": [format!("${mark}.{ABSENT}"), true] },
    ] };
    let set = doc! { mark: { "$cond": [was_absent, { "$literal": absent }, { "$literal": value }] } };
    Change::from(vec![doc! { "$set": set }]).at(deletion.at).unversioned()
}

/// The update that removes the mark.
pub(super) fn remove_mark(mark: &str) -> Change {
    let was_absent = doc! { "$eq": [format!("${mark}.{ABSENT}"), true] };
    Change::from(vec![doc! { "$set": { mark: { "$cond": [was_absent, "$$REMOVE", Bson::Null] } } }]).unversioned()
}

/// The condition that this deletion marked a document.
pub(super) fn marked_by(mark: &str, deletion: Deletion) -> Document {
    doc! { format!("{mark}.id"): deletion.id }
}

/// The condition that this deletion marked a document and isn't finished with it, and the update that says that it is.
pub(super) fn finish(mark: &str, deletion: Deletion) -> (Document, Change) {
    let open = format!("{mark}.{OPEN}");
    let mut filter = marked_by(mark, deletion);
    filter.insert(&open, true);
    (filter, Change::from(doc! { "$unset": { open: "" } }).unmanaged())
}

/// The deletion with which a soft delete marks documents; `None` for any other delete.
///
/// Without a transaction, a delete that was interrupted may have marked some of the roots. It is then continued with the same
/// deletion. One command for each 1,000 roots.
pub(super) async fn deletion_of(exec: Exec<'_>, scope: &Scope, closure: &Closure) -> Result<Option<Deletion>> {
    if !scope.is_soft() {
        return Ok(None);
    }
    let roots = closure.ranges.iter().filter(|range| range.via.is_none() && !exec.is_transaction());
    for range in roots {
        let seen = scope.seen(closure.nodes[range.node].model);
        let Some(mark) = seen.mark else { continue };
        for chunk in closure.chunks(range, KEYS_PER_COMMAND) {
            let mut find = Find::new(seen.with_deleted(), among("_id", &closure.ids(&chunk)));
            find.filter.insert(format!("{mark}.{OPEN}"), true);
            let options = FindOptions::builder().limit(1).projection(doc! { "_id": 0, mark: 1 }).build();
            let read = |document: &RawDocument| mark_in(document, mark);
            if let Some(open) = store::find_on_primary(exec, find, options, read).await?.into_iter().flatten().next() {
                return Ok(Some(open));
            }
        }
    }
    Ok(Some(Deletion::now()))
}

/// The mark in a document.
fn mark_in(document: &RawDocument, mark: &str) -> Result<Option<Deletion>> {
    let value = crate::field::value(document, mark)?;
    if value == Bson::Null { Ok(None) } else { bson::decode(value).map(Some).map_err(Error::other) }
}
