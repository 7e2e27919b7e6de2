//! Writes that first check that the documents exist to which they refer.

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::UpdateOptions;

use super::raw;
use crate::Result;
use crate::reference::ReferencedIds;
use crate::schema::Documents;
use crate::store::{Exec, atomically, can_be_id, chunks, filter};

/// Checks that all referenced documents exist, and increments the guards of those that have one. A concurrent delete of
/// such a document then conflicts with this transaction, and the server aborts one of the two.
async fn check_and_guard(referred: &ReferencedIds, exec: Exec<'_>) -> Result<()> {
    for (reference, ids) in referred.each() {
        let guards = reference.guards();
        let whole = guards.iter().find(|(documents, _)| documents.covers(reference.parents));
        let Some((documents, guard)) = whole.copied() else {
            // some kinds of parents have no guard
            let parents = referred.find(exec, reference, ids).await?;
            for (documents, guard) in guards {
                increment(exec, documents, guard, &parents).await?;
            }
            continue;
        };
        let convertible = ids.iter().all(|id| reference.stored.can_convert(id));
        let parents = if convertible {
            ids.iter().map(|id| reference.stored.id(id)).filter(can_be_id).collect()
        } else {
            referred.find(exec, reference, ids).await?
        };
        let matched = increment(exec, documents, guard, &parents).await?;
        if usize::try_from(matched).is_ok_and(|matched| matched < ids.len()) {
            referred.find(exec, reference, ids).await?;
        }
    }
    Ok(())
}

/// Increments the guards of these parents, and returns how many parents exist.
async fn increment(exec: Exec<'_>, of: Documents, guard: &str, ids: &[Bson]) -> Result<u64> {
    let mut matched = 0;
    for ids in chunks(ids) {
        let (parents, update) = (filter("_id", ids, &Document::new()), doc! { "$inc": { guard: 1 } });
        matched += raw::update_many(exec, of, parents, update, UpdateOptions::default()).await?.matched_count;
    }
    Ok(matched)
}

/// Checks the references, then writes. Both in one transaction if the server supports transactions.
pub(crate) async fn write_checked<R, F>(exec: Exec<'_>, referred: Option<&ReferencedIds>, write: F) -> Result<R>
where
    F: Clone + for<'a> AsyncFnOnce(Exec<'a>) -> Result<R>,
{
    let Some(referred) = referred else {
        return write(exec).await;
    };
    atomically(exec, async |exec| {
        check_and_guard(referred, exec).await?;
        write.clone()(exec).await
    })
    .await
}
