use std::collections::HashMap;
use std::slice;

use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::options::FindOptions;

use super::calls::{Handle, OpensHandle};
use super::holding;
use super::link::{DefaultLink, Pair, add_all, add_one, delete_links, put_one, unlink};
use crate::Linked;
use crate::bson::identity;
use crate::document;
use crate::field::saved_id;
use crate::hooks::around_save;
use crate::observe::Call;
use crate::query::Via;
use crate::relation::{JoinKeys, Relation, kind};
use crate::schema::RelationMetadata;
use crate::store::{self, BoxFuture, Executor, equal};
use crate::{Error, Filter, Find, Model, Query, Result};

/// The documents that a join model links with this document. A method like `user.groups()` returns it.
///
/// A read sends one command for the links, and then those of the read itself: two for `all`, `first`, `count` and
/// `exists`, three for `page`. Links to documents that don't exist are left out of the result.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(many_to_many, target = "Group", through = "UserGroup")]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(many_to_many, target = "User", through = "UserGroup")]
/// struct Group {
///     #[serde(rename = "_id")]
///     id: ObjectId,
/// }
///
/// #[derive(Default, Serialize, Deserialize, Model)]
/// struct UserGroup {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     user_id: ObjectId,
///     group_id: ObjectId,
///     role: String,
/// }
///
/// # async fn run(db: mongodb::Database, user: User, group: Group) -> earnorm::Result<()> {
/// user.groups().add(&db, &group).await?;
/// let admin = UserGroup { group_id: group.id, role: "admin".into(), ..Default::default() };
/// user.groups().add_link(&db, admin).await?;
/// for linked in user.groups().links(&db).await? {
///     println!("{} as {}", linked.target.id, linked.link.role);
/// }
/// # Ok(()) }
/// ```
pub type Links<'a, S, T, R, J> = Handle<'a, S, T, R, kind::ManyToMany<J>>;

impl<S: Model, T: 'static, J: 'static> OpensHandle<S, T> for kind::ManyToMany<J> {
    fn query(keys: JoinKeys<S, T, J>, source: &S, relation: &'static RelationMetadata) -> Query<T> {
        let JoinKeys { source: source_key, target } = keys;
        let (mut links, refusal) = holding::<S>(source_key.name, source_key.field.of_parent(S::ID.get(source)));
        links.extend(keys.tag_filter());
        let find = Find::new((source_key.child)(), links);
        let via = Via { find, key: target.name, stored: target.stored };
        Query::related(relation, Filter::default()).via(via).unless(refusal)
    }
}

/// The condition for the links of the document with this id.
fn links_of<S, T, J>(keys: &JoinKeys<S, T, J>, source: Bson) -> Document {
    let mut links = equal(keys.source.name, source);
    links.extend(keys.tag_filter());
    links
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model> Links<'_, S, T, R, J> {
    /// Returns the documents together with their links, in the order of the query or, without one, by the `_id`s of
    /// the links. Two commands. If several links lead to the same document, the one with the least `_id` counts.
    ///
    /// # Errors
    ///
    /// The same as for [`Query::all`].
    #[track_caller]
    pub fn links<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<Vec<Linked<T, J>>>> {
        let (call, source, target_key) = (self.query.call("links"), self.source_id(), self.keys.target);
        let (keys, query) = (self.keys, self.query);
        call.run(async move {
            let exec = on.executor();
            let mut find = Find::new(J::METADATA, links_of(&keys, source?));
            find.sort = doc! { "_id": 1 };
            let options = FindOptions::builder().sort(find.sort.clone()).build();
            let links: Vec<J> = store::all(exec, find, options).await?;
            let (mut ids, mut by_id) = (Vec::new(), HashMap::new());
            for link in links {
                let Some(id) = target_key.field.of_child(&link) else {
                    continue;
                };
                let id = T::ID.encode(&id).map_err(Error::encode::<J>)?;
                by_id.entry(identity(&id)).or_insert_with(|| {
                    ids.push(id);
                    link
                });
            }
            let targets = query.direct().in_order_of(ids).all(on).await?;
            let mut linked = Vec::with_capacity(targets.len());
            for target in targets {
                if let Some(link) = by_id.remove(&identity(&saved_id(&target)?)) {
                    linked.push(Linked { target, link });
                }
            }
            Ok(linked)
        })
    }

    /// Links a document, unless it is already linked. Returns whether the link is new. One command.
    ///
    /// The join model's other fields get the values of its `Default`; to set them, use [`add_link`](Links::add_link).
    /// With the unique index that `ensure_indexes` creates, concurrent `add`s of the same link store it once.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if either document has no id yet; [`Error::Duplicate`] if another unique index of the join
    /// model refuses the link; [`Error::Driver`].
    #[track_caller]
    pub fn add<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>>
    where
        J: DefaultLink,
    {
        let link = self.link_to(target);
        let pair = self.pair_of_keys();
        Call::on(S::METADATA, R::META.name, "add").run(async move {
            let mut link = link?;
            let link = slice::from_mut(&mut link);
            around_save(on.executor(), link, move |exec, links| Box::pin(add_one(exec, pair, links))).await
        })
    }

    /// Links documents, except those that are already linked, as [`add`](Links::add) does. One command for every
    /// 1,000 documents or part of them.
    ///
    /// # Errors
    ///
    /// The same as for [`add`](Links::add).
    #[track_caller]
    pub fn add_many<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<()>>
    where
        J: DefaultLink,
    {
        let links = self.links_to(targets);
        let pair = self.pair_of_keys();
        Call::on(S::METADATA, R::META.name, "add_many").run(async move { add_all(on.executor(), pair, links?).await })
    }

    /// Inserts a document and links it. Two commands.
    ///
    /// If the second command fails, the document is stored without its link. In a
    /// [`transaction`](crate::transaction()), either both writes take effect or neither does.
    ///
    /// # Errors
    ///
    /// The same as for [`Model::insert`] and [`add`](Links::add).
    #[track_caller]
    pub fn create<'e>(self, on: impl Executor<'e>, target: T) -> BoxFuture<'e, Result<T>>
    where
        J: DefaultLink,
    {
        let source = self.source_link(J::default_link());
        let target_key = self.keys.target;
        Call::on(S::METADATA, R::META.name, "create").run(async move {
            let mut link = source?;
            let now = DateTime::now();
            let target = document::insert_at(on.executor(), target, now).await?;
            target_key.field.set(&mut link, T::ID.get(&target));
            document::insert_at(on.executor(), link, now).await?;
            Ok(target)
        })
    }

    /// Stores a link whose other fields you set; its key to this document is set here. The link replaces an existing
    /// one between the same two documents and keeps its `_id`. As in [`save`](Model::save), stored fields that `J`
    /// doesn't have are lost. Returns the link with the `_id` that it has in the database. One command, and a second
    /// if a concurrent write made the same link.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if this document has no id yet; [`Error::Invalid`] if the link's other key is empty;
    /// [`Error::Driver`].
    #[track_caller]
    pub fn add_link<'e>(self, on: impl Executor<'e>, link: J) -> BoxFuture<'e, Result<J>> {
        let link = self.source_link(link);
        let pair = self.pair_of_keys();
        Call::on(S::METADATA, R::META.name, "add_link").run(async move {
            let mut link = link?;
            let links = slice::from_mut(&mut link);
            let put = around_save(on.executor(), links, move |exec, links| Box::pin(put_one(exec, pair, links)));
            let (stored, document) = put.await?;
            Ok(document::with_kept(stored, &document, &mut link))
        })
    }

    /// Deletes the link to a document, not the document. Returns whether there was a link. One command.
    ///
    /// If the relation or the handle has a filter, a condition on related documents, a `skip` or an `after`, one more
    /// command checks first that the document matches; if it doesn't, its link is kept. An order and a limit above 0
    /// have no effect.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if either document has no id yet; [`Error::Driver`].
    #[track_caller]
    pub fn remove<'e>(self, on: impl Executor<'e>, target: &T) -> BoxFuture<'e, Result<bool>> {
        let (links, id) = (self.pair(target), saved_id(target));
        let query = self.query.direct().without_limits();
        Call::on(S::METADATA, R::META.name, "remove").run(async move {
            let (exec, links) = (on.executor(), links?);
            if query.is_restricted() && query.filter(Filter::equal("_id", id?)).result_ids(exec).await?.is_empty() {
                return Ok(false);
            }
            Ok(delete_links::<J>(exec, links).await? > 0)
        })
    }

    /// Makes these the only linked documents: missing links are stored, then the links to other documents are
    /// deleted. Two commands, and one more for every further 1,000 documents. If the second command fails, surplus
    /// links remain and none is lost: run the call again, or in a [`transaction`](crate::transaction()).
    ///
    /// If the relation or the handle has a filter or a window, only links to matching documents are deleted, as in
    /// [`clear`](Links::clear). This takes two more commands.
    ///
    /// # Errors
    ///
    /// The same as for [`add`](Links::add).
    #[track_caller]
    pub fn set<'t, 'e>(
        self,
        on: impl Executor<'e>,
        targets: impl IntoIterator<Item = &'t T>,
    ) -> BoxFuture<'e, Result<()>>
    where
        J: DefaultLink,
    {
        let (source, links) = (self.source_id(), self.links_to(targets));
        let (pair, keys, query) = (self.pair_of_keys(), self.keys, self.query);
        Call::on(S::METADATA, R::META.name, "set").run(async move {
            let (exec, links) = (on.executor(), links?);
            let kept = links.iter().map(|link| Ok(pair.link(link)?.target.1));
            let kept = kept.collect::<Result<Vec<_>>>()?;
            let others = links_of(&keys, source?);
            // in this order, so that no link is lost if the second fails
            add_all(exec, pair, links).await?;
            unlink(exec, others, &kept, keys.target, query).await.map(|_| ())
        })
    }

    /// Deletes every link of the relation, not the linked documents. Returns how many links there were. One command.
    ///
    /// If the relation or the handle has a filter, a condition on related documents or a window, only links to
    /// matching documents are deleted: `limit(3)` deletes the links to the first three. The linked documents are read
    /// first: two more commands, and one for every further 1,000 links to delete.
    ///
    /// # Errors
    ///
    /// [`Error::Unsaved`] if this document has no id yet; [`Error::Driver`].
    #[track_caller]
    pub fn clear<'e>(self, on: impl Executor<'e>) -> BoxFuture<'e, Result<u64>> {
        let source = self.source_id();
        let (keys, query) = (self.keys, self.query);
        Call::on(S::METADATA, R::META.name, "clear")
            .run(async move { unlink(on.executor(), links_of(&keys, source?), &[], keys.target, query).await })
    }

    /// The stored names of the join model's two keys.
    fn pair_of_keys(&self) -> Pair {
        Pair { source: self.keys.source.named(), target: self.keys.target.named() }
    }

    fn source_id(&self) -> Result<Bson> {
        saved_id(self.source)?;
        let id = self.keys.source.field.of_parent(S::ID.get(self.source));
        id.map_err(Error::encode::<J>)
    }

    /// The condition that only the link between this document and another fulfils.
    fn pair(&self, target: &T) -> Result<Document> {
        saved_id(target)?;
        let id = self.keys.target.field.of_parent(T::ID.get(target));
        let id = id.map_err(Error::encode::<J>)?;
        let mut pair = links_of(&self.keys, self.source_id()?);
        pair.extend(equal(self.keys.target.name, id));
        Ok(pair)
    }

    fn source_link(&self, mut link: J) -> Result<J> {
        saved_id(self.source)?;
        self.keys.source.field.set(&mut link, S::ID.get(self.source));
        Ok(link)
    }

    fn link_to(&self, target: &T) -> Result<J>
    where
        J: DefaultLink,
    {
        saved_id(target)?;
        let mut link = self.source_link(J::default_link())?;
        self.keys.target.field.set(&mut link, T::ID.get(target));
        Ok(link)
    }

    fn links_to<'t>(&self, targets: impl IntoIterator<Item = &'t T>) -> Result<Vec<J>>
    where
        J: DefaultLink,
    {
        targets.into_iter().map(|target| self.link_to(target)).collect()
    }
}
