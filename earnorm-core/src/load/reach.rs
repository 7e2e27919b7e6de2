//! The keys that each kind of relation searches for to load its documents.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::FindOptions;

use super::wants::{KeyKind, Wants};
use super::window;
use crate::bson::Identity;
use crate::embedded::Record;
use crate::plan::{Parent, Parents, Reach, only_an_id};
use crate::relation::{
    ManyToMany, ManyToManyByIds, ManyToManyInElements, ManyToManyInIds, ManyToOne, OneToMany, OneToOne,
};
use crate::schema::{KeyHolder, KeyPath, KeyTag, Stored};
use crate::store::{self, BoxFuture, Exec, Pace};
use crate::{Error, Filter, Find, Model, Query, Relation, Result, bson, field};

/// How to find the documents of a relation for many parents.
#[doc(hidden)]
pub trait LoadKeys: Reach {
    /// The keys to search for. If finding them takes a command and `shown` has a window, only the keys within it.
    fn wants<'a>(
        &'a self,
        exec: Exec<'a>,
        parents: Parents<'a, Self::Source>,
        shown: Option<&'a Find>,
    ) -> BoxFuture<'a, Result<WantsOf>>;

    /// The query for the related documents, without the keys.
    fn base(&self) -> Query<Self::Target> {
        Query::related(Self::Marker::META, Filter::default())
    }
}

/// The keys that a relation searches for.
#[doc(hidden)]
pub struct WantsOf(pub(super) Wants);

/// Returns an error if a parent has no id and the relation uses it.
pub(super) fn check_saved<D: Reach>(parents: Parents<'_, D::Source>) -> Result<()> {
    if D::Marker::META.holder != KeyHolder::Source {
        for parent in parents.iter() {
            match parent {
                Parent::Document(document) => D::Source::check_saved(document.record_id())?,
                Parent::Raw(document) => drop(raw_id::<D::Source>(document)?),
                Parent::Id(id) => D::Source::check_saved(id)?,
            }
        }
    }
    Ok(())
}

/// The id of a document of which a view was read.
fn raw_id<S: Record>(document: &RawDocument) -> Result<Bson> {
    match field::value(document, "_id")? {
        Bson::Null => Err(Error::Unsaved { model: S::TABLE.name }),
        id => Ok(id),
    }
}

/// The keys of relations for which the target or a join model stores the id of the source, alone or in an array.
pub(super) async fn by_source_id<S: Model>(
    parents: Parents<'_, S>,
    (field, path, stored): (&'static str, KeyPath, Stored),
    kind: KeyKind,
    key_of: impl Fn(&S::Id) -> Result<Bson, crate::EncodeError>,
) -> Result<WantsOf> {
    let mut wants = Wants::new(field, path, kind, parents.len());
    wants.reserve(parents.len());
    let mut pace = Pace::new();
    let of_id = |id: &S::Id| -> Result<Bson> {
        field::stored_id::<S>(id)?;
        key_of(id).map_err(Error::encode::<S>)
    };
    for (index, parent) in parents.iter().enumerate() {
        let key = match parent {
            Parent::Document(document) => of_id(S::ID.get(document))?,
            Parent::Raw(document) => {
                let id = raw_id::<S>(document)?;
                if stored.alike { id } else { stored.key_of(document)? }
            }
            Parent::Id(id) => of_id(id)?,
        };
        wants.want(index, key);
        if pace.is_due() {
            pace.rest().await;
        }
    }
    Ok(WantsOf(wants))
}

/// The keys of relations whose source holds one key or an array of keys.
async fn by_target_ids<S: Record, T: Model, I: IntoIterator<Item = T::Id>>(
    mut wants: Wants,
    parents: Parents<'_, S>,
    key: SourceKey,
    ids: impl Fn(&S) -> I,
) -> Result<WantsOf> {
    // many parents may refer to one document, and to encode an id costs more than to find it here
    let mut known: HashMap<T::Id, Identity> = HashMap::new();
    let mut pace = Pace::new();
    for (index, parent) in parents.iter().enumerate() {
        let parent = match parent {
            Parent::Document(document) => document,
            Parent::Raw(document) => {
                key.each_id(document, |id| wants.want(index, id))?;
                continue;
            }
            Parent::Id(_) => return Err(only_an_id::<S>()),
        };
        for id in ids(parent) {
            match known.entry(id) {
                Entry::Occupied(entry) => wants.want_again(index, entry.get()),
                Entry::Vacant(entry) => {
                    let key = T::ID.encode(entry.key()).map_err(Error::encode::<S>)?;
                    if key != Bson::Null {
                        let identity = entry.insert(bson::identity(&key));
                        wants.want_as(index, identity.clone(), key);
                    }
                }
            }
        }
        if pace.is_due() {
            pace.rest().await;
        }
    }
    Ok(WantsOf(wants))
}

/// A key, or an array of keys, in the stored form of a document.
struct SourceKey {
    name: &'static str,
    is_array: bool,
    tag: Option<KeyTag>,
    stored: Stored,
}

impl SourceKey {
    /// Calls `each` with the ids that a document refers to, in their order.
    fn each_id(&self, document: &RawDocument, mut each: impl FnMut(Bson)) -> Result<()> {
        if let Some(tag) = &self.tag
            && field::value(document, tag.field)? != Bson::from(tag.value)
        {
            return Ok(());
        }
        if !self.stored.alike {
            self.stored.ids_in(document)?.into_iter().for_each(each);
            return Ok(());
        }
        match field::value(document, self.name)? {
            Bson::Array(ids) if self.is_array => ids.into_iter().for_each(each),
            id => each(id),
        }
        Ok(())
    }
}

macro_rules! by_key_in_target {
    ($($kind:ident $kind_of_key:ident;)*) => { $(
        impl<S: Model, T: Model, R: Relation<Source = S>> LoadKeys for $kind<S, T, R> {
            fn wants<'a>(
                &'a self,
                _: Exec<'a>,
                parents: Parents<'a, S>,
                _: Option<&'a Find>,
            ) -> BoxFuture<'a, Result<WantsOf>> {
                let key = self.keys;
                let of = (key.name, key.path, key.stored);
                Box::pin(by_source_id(parents, of, KeyKind::$kind_of_key, move |id| key.field.of_parent(id)))
            }
        }
    )* };
}
by_key_in_target! {
    OneToMany Key;
    OneToOne Key;
    ManyToManyInIds Array;
    ManyToManyInElements Array;
}

impl<S: Record, T: Model, R: Relation<Source = S>> LoadKeys for ManyToOne<S, T, R> {
    fn wants<'a>(
        &'a self,
        _: Exec<'a>,
        parents: Parents<'a, S>,
        _: Option<&'a Find>,
    ) -> BoxFuture<'a, Result<WantsOf>> {
        let (wants, keys) = (Wants::by_id(parents.len()), self.keys);
        let key = SourceKey { name: keys.name, is_array: false, tag: keys.tag, stored: keys.stored };
        Box::pin(by_target_ids::<S, T, _>(wants, parents, key, move |parent| keys.field.of_child(parent)))
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>> LoadKeys for ManyToManyByIds<S, T, R> {
    fn wants<'a>(
        &'a self,
        _: Exec<'a>,
        parents: Parents<'a, S>,
        _: Option<&'a Find>,
    ) -> BoxFuture<'a, Result<WantsOf>> {
        let (wants, keys) = (Wants::by_id(parents.len()).arranged(), self.keys);
        let key = SourceKey { name: keys.name, is_array: true, tag: keys.tag, stored: keys.stored };
        Box::pin(by_target_ids::<S, T, _>(wants, parents, key, move |parent| keys.field.of_child(parent)))
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model> LoadKeys for ManyToMany<S, T, R, J> {
    fn wants<'a>(
        &'a self,
        exec: Exec<'a>,
        parents: Parents<'a, S>,
        shown: Option<&'a Find>,
    ) -> BoxFuture<'a, Result<WantsOf>> {
        let (source, target, stored) = (self.keys.source, self.keys.target.name, self.keys.target.stored);
        let tags = self.keys.tag_filter();
        Box::pin(async move {
            let WantsOf(mut sources) =
                by_source_id(parents, (source.name, source.path, source.stored), KeyKind::Key, |id| {
                    source.field.of_parent(id)
                })
                .await?;
            let wants = Wants::by_id(parents.len());
            let windowed = shown.filter(|find| window::is_cut_through(find, stored));
            let find = async |sources: &Wants| -> Result<Vec<(Identity, Bson)>> {
                if let Some(find) = windowed {
                    let read =
                        |row: &RawDocument| window::read_link(sources, row).map(|(source, target, _)| (source, target));
                    let pipeline =
                        |chunk: &[Bson]| window::of_links::<T>((source.name, target, &tags), find, chunk, false);
                    return join_documents::<J, _>(exec, sources, pipeline, read).await;
                }
                // a `find`, because servers run it faster than the equivalent pipeline
                let read = |link: &RawDocument| {
                    sources.notice(link, source.name)?;
                    let key = field::raw_value(link, source.name)?;
                    Ok((bson::raw_identity(key).map_err(Error::other)?, stored.id_in(link, target)?))
                };
                let found = store::side_by_side(store::chunks(&sources.keys), |chunk| {
                    let mut find = Find::new(J::METADATA, store::among(source.name, chunk));
                    find.filter.extend(tags.clone());
                    let mut only = stored.projection(target);
                    if let Some(only) = &mut only {
                        only.insert(source.name, 1);
                    }
                    store::find(exec, find, FindOptions::builder().projection(only).build(), &read)
                });
                Ok(found.await?.into_iter().flatten().collect())
            };
            sources.watch();
            let mut links = find(&sources).await?;
            while sources.settle(exec, J::METADATA.collection).await? {
                links = find(&sources).await?;
            }
            let mut wants = if windowed.is_some() { wants.cut() } else { wants };
            // several join documents for the same pair are one link
            let mut seen = HashSet::new();
            for (source, target) in links {
                let id = bson::identity(&target);
                for parent in sources.parents(&source) {
                    if target != Bson::Null && seen.insert((*parent, id.clone())) {
                        wants.want_as(*parent, id.clone(), target.clone());
                    }
                }
            }
            Ok(WantsOf(wants))
        })
    }
}

/// The results of `read` for the join documents that `pipeline` finds for each chunk of keys.
pub(super) async fn join_documents<J: Model, X: Send>(
    exec: Exec<'_>,
    sources: &Wants,
    pipeline: impl Fn(&[Bson]) -> Vec<Document> + Sync,
    read: impl Fn(&RawDocument) -> Result<X> + Sync,
) -> Result<Vec<X>> {
    let found = store::side_by_side(store::chunks(&sources.keys), |chunk| {
        store::aggregate(exec, Some(J::METADATA.collection), pipeline(chunk), &read)
    });
    Ok(found.await?.into_iter().flatten().collect())
}
