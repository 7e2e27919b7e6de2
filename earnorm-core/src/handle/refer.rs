//! The write that makes a document refer to another one.

use std::slice;

use mongodb::bson::{Bson, DateTime, doc};

use super::take_out;
use crate::relation::{KeyName, Relation};
use crate::schema::{RelationKind, is_nullable};
use crate::store::{Change, Exec, Executor, atomically, equal};
use crate::write::write_checked;
use crate::{Model, Query, Result, document};

/// A document, its key, and the id to store in it.
pub(super) struct Refer {
    pub(super) source: Bson,
    pub(super) key: KeyName,
    pub(super) id: Bson,
}

impl Refer {
    /// Writes the key, as a part of a call that began at `now`. In a one-to-one relation whose key can be null, it first empties the key of another document that
    /// refers to the same one.
    pub(super) async fn write<S: Model, R: Relation>(self, on: impl Executor<'_>, now: DateTime) -> Result<()> {
        let Self { source, key, id } = self;
        let nullable = is_nullable(key.name, key.tag.as_ref(), S::METADATA);
        let takes_over = R::META.kind == RelationKind::OneToOne && nullable;
        let referred = document::to_check_ids::<S>(key.name, key.tag.as_ref(), slice::from_ref(&id));
        let set = async move |exec: Exec<'_>| {
            let update = Change::from(doc! { "$set": key.fields(&id) }).at(now);
            if takes_over {
                let others = Query::<S>::new(key.equal(id).into()).without(vec![source.clone()]);
                take_out(exec, others, key, now).await?;
            }
            match document::change_one::<S>(exec, equal("_id", source), update).await?.matched {
                0 => Err(document::not_found::<S>()),
                _ => Ok(()),
            }
        };
        // one transaction: if this document no longer exists, the other one keeps its key
        let write = async move |exec: Exec<'_>| {
            if takes_over { Box::pin(atomically(exec, set)).await } else { set(exec).await }
        };
        Box::pin(write_checked(on.executor(), referred.as_ref(), write)).await
    }
}
