//! Writes links, the documents of a join model, and stores each pair once.

use std::collections::HashSet;
use std::marker::PhantomData;

use mongodb::bson::{Bson, DateTime, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::FindOptions;

use crate::bson::{self, identity};
use crate::field;
use crate::hooks::around_save;
use crate::reference::ReferencedIds;
use crate::relation::{Key, KeyName};
use crate::store::{self, Exec, among, chunks, chunks_of, equal, none_of};
use crate::write::{LinkWrite, Stamps, put_link, write_checked, write_link, write_links};
use crate::{Error, Find, Model, Query, Result, document};

/// A join model whose links can be made from the two keys alone: it implements `Default`, which sets its other
/// fields.
#[diagnostic::on_unimplemented(
    message = "a link of two keys alone can't be made of `{Self}`, which has no `Default`",
    label = "`{Self}` has no `Default` for the other fields",
    note = "pass the whole link to `add_link`, as in `user.groups().add_link(&db, UserGroup {{ .. }})`, or derive `Default` for `{Self}`"
)]
pub trait DefaultLink {
    #[doc(hidden)]
    fn default_link() -> Self;
}

#[diagnostic::do_not_recommend]
impl<J: Default> DefaultLink for J {
    fn default_link() -> Self {
        Self::default()
    }
}

/// The stored names of a join model's two keys.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) source: KeyName,
    pub(super) target: KeyName,
}

impl Pair {
    pub(super) fn link<J: Model>(self, link: &J) -> Result<Link<J>> {
        let mut document = document::stored(link)?;
        if let Some(id) = document::id_to_store(link)? {
            document.insert("_id", J::ID.encode(&id).map_err(Error::encode::<J>)?);
        }
        let invalid = |reason| Error::Invalid { model: J::METADATA.name, value: false, reason };
        let take = |key: KeyName| {
            let KeyName { name, tag } = key;
            let id = bson::at(&document, name).filter(|id| **id != Bson::Null);
            let id = id.ok_or_else(|| invalid(format!("`{name}` is empty, so this links nothing; set it")))?;
            match tag.map(|tag| (tag, bson::at(&document, tag.field))) {
                Some((tag, stored)) if stored.and_then(Bson::as_str) != Some(tag.value) => Err(invalid(format!(
                    "`{}` is {}, but this relation leads to documents with the tag \"{}\"",
                    tag.field,
                    stored.unwrap_or(&Bson::Null),
                    tag.value
                ))),
                _ => Ok((key, id.clone())),
            }
        };
        Ok(Link { source: take(self.source)?, target: take(self.target)?, document, model: PhantomData })
    }
}

/// A link in its stored form, with its two keys.
pub(super) struct Link<J> {
    source: (KeyName, Bson),
    pub(super) target: (KeyName, Bson),
    document: Document,
    model: PhantomData<fn() -> J>,
}

impl<J: Model> Link<J> {
    fn filter(&self) -> Document {
        let ((source, source_id), (target, target_id)) = (&self.source, &self.target);
        let mut filter = equal(source.name, source_id);
        filter.extend(equal(target.name, target_id));
        filter.extend([source, target].into_iter().filter_map(|key| key.tag).flat_map(|tag| tag.filter()));
        filter
    }

    fn encoded(&self) -> Result<RawDocumentBuf> {
        bson::encode_document(&self.document).map_err(Error::encode::<J>)
    }

    fn unless_there(self, now: DateTime) -> Result<LinkWrite> {
        LinkWrite::unless_there(J::METADATA, self.filter(), self.document, now)
    }

    fn in_place(self) -> Result<LinkWrite> {
        LinkWrite::in_place(J::METADATA, self.filter(), self.document)
    }
}

/// Stores a link for each pair that has none.
pub(super) async fn add_all<J: Model>(exec: Exec<'_>, pair: Pair, mut links: Vec<J>) -> Result<()> {
    around_save(exec, &mut links, move |exec, links| Box::pin(add_each(exec, pair, links))).await
}

async fn add_each<J: Model>(exec: Exec<'_>, pair: Pair, links: &[J]) -> Result<((), Stamps)> {
    let links = links.iter().map(|link| pair.link(link)).collect::<Result<Vec<_>>>()?;
    let referred = referred(&links)?;
    let now = DateTime::now();
    let links = links.into_iter().map(|link| link.unless_there(now)).collect::<Result<Vec<_>>>()?;
    let write = async move |exec: Exec<'_>| {
        let outcome = write_links(exec, J::METADATA, links.clone()).await;
        if is_raced(exec, &outcome) { write_links(exec, J::METADATA, links).await } else { outcome }
    };
    write_checked(exec, referred.as_ref(), write).await.map(|()| ((), Stamps::new()))
}

/// Stores a single link unless its pair has one, and returns whether it is new.
pub(super) async fn add_one<J: Model>(exec: Exec<'_>, pair: Pair, links: &[J]) -> Result<(bool, Stamps)> {
    let mut new = false;
    for link in links {
        let link = pair.link(link)?;
        let referred = referred([&link])?;
        let link = link.unless_there(DateTime::now())?;
        let write = async move |exec: Exec<'_>| {
            let outcome = write_link(exec, J::METADATA, link.clone()).await;
            if is_raced(exec, &outcome) { write_link(exec, J::METADATA, link).await } else { outcome }
        };
        new |= write_checked(exec, referred.as_ref(), write).await?;
    }
    Ok((new, Stamps::new()))
}

/// Stores a link, in place of the existing one between the same two documents. Returns it as stored, decoded and as a
/// document.
pub(super) async fn put_one<J: Model>(
    exec: Exec<'_>,
    pair: Pair,
    links: &[J],
) -> Result<((J, RawDocumentBuf), Stamps)> {
    let mut stored = None;
    for link in links {
        let link = pair.link(link)?;
        let referred = referred([&link])?;
        let link = link.in_place()?;
        let write = async move |exec: Exec<'_>| {
            let outcome = put_link(exec, J::METADATA, link.clone()).await;
            // when two upserts race, some servers report success without a document instead of a duplicate key
            let is_empty = !exec.is_transaction() && matches!(outcome, Ok(None));
            if is_empty || is_raced(exec, &outcome) { put_link(exec, J::METADATA, link).await } else { outcome }
        };
        stored = write_checked(exec, referred.as_ref(), write).await?;
    }
    let stored = stored.ok_or_else(document::not_found::<J>)?;
    Ok(((store::decode(&stored)?, stored), Stamps::new()))
}

/// Whether to run an upsert of a link a second time. If a concurrent write made the same link, the second run finds
/// it. If the link violates another unique index, the second run fails too, and its error is the result. In a
/// transaction nothing runs again, because the first error has aborted it.
fn is_raced<R>(exec: Exec<'_>, outcome: &Result<R>) -> bool {
    !exec.is_transaction() && matches!(outcome, Err(Error::Duplicate { .. }))
}

/// The references of links to check, if the join model has `check_references`.
fn referred<'l, J: Model>(links: impl IntoIterator<Item = &'l Link<J>>) -> Result<Option<ReferencedIds>> {
    if !J::METADATA.config.check_references {
        return Ok(None);
    }
    let documents = links.into_iter().map(Link::encoded).collect::<Result<Vec<_>>>()?;
    document::to_check::<J>(&documents)
}

pub(super) async fn delete_links<J: Model>(exec: Exec<'_>, filter: Document) -> Result<u64> {
    Ok(Query::<J>::new(filter.into()).delete(exec).await?.root_count())
}

/// Deletes the links that refer to documents of `query`, except those to documents in `kept`, and returns how many.
/// If `query` doesn't include every linked document, the linked documents are read first.
pub(super) async fn unlink<T: Model, J: Model>(
    exec: Exec<'_>,
    links: Document,
    kept: &[Bson],
    target: Key<T, J>,
    query: Query<T>,
) -> Result<u64> {
    let (Key { name, stored, .. }, query) = (target, query.direct());
    let sendable = chunks_of(usize::MAX, kept).len() <= 1;
    let links = if kept.is_empty() || !sendable {
        links
    } else {
        doc! { "$and": [links, none_of(name, kept)] }
    };
    if !query.is_restricted() && sendable {
        return delete_links::<J>(exec, links).await;
    }
    let find = Find::new(J::METADATA, links.clone());
    let options = FindOptions::builder().projection(stored.projection(name)).build();
    let read = |link: &RawDocument| Ok((stored.id_in(link, name)?, field::value(link, name)?));
    let mut pairs = store::find_on_primary(exec, find, options, read).await?;
    let mut seen: HashSet<_> = kept.iter().map(identity).collect();
    pairs.retain(|(id, key)| *id != Bson::Null && seen.insert(identity(key)));
    if query.is_restricted() {
        let targets = query.among(pairs.iter().map(|(id, _)| id.clone()).collect());
        let found = Box::pin(targets.result_ids(exec)).await?;
        let found: HashSet<_> = found.iter().map(identity).collect();
        pairs.retain(|(id, _)| found.contains(&identity(id)));
    }
    let keys: Vec<_> = pairs.into_iter().map(|(_, key)| key).collect();
    let mut deleted = 0;
    for keys in chunks(&keys) {
        let these = doc! { "$and": [links.clone(), among(name, keys)] };
        deleted += delete_links::<J>(exec, these).await?;
    }
    Ok(deleted)
}
