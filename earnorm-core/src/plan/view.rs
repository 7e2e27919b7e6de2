//! Which part of a document is read: all of it as its model, or some of its fields as a view.

use std::collections::BTreeSet;

use mongodb::bson::{Document, RawDocument, RawDocumentBuf};
use serde::de::DeserializeOwned;

use super::parents::Parents;
use crate::embedded::{Embedding, Record};
use crate::schema::{Cloning, KeyHolder, RelationMetadata};
use crate::store::{self, Reader};

/// Some fields of the documents of the model `M`, as a struct of its own. Derive it with `#[derive(Deserialize, View)]`.
///
/// The compiler compares the name and the type of each field with the model. A query with a view sends only these fields,
/// `_id`, and the keys of the relations that it loads. A model is a view of itself with all fields.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(one_to_many, target = Post, fk = author_id)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     name: String,
///     biography: String,
/// }
///
/// #[derive(Deserialize, View)]
/// #[view(of = User)]
/// struct UserCard {
///     name: String,
/// }
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, author_id: ObjectId }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let cards: Vec<UserCard> = User::find_all().view::<UserCard>().all(&db).await?;
/// for card in User::find_all().view::<UserCard>().with(User::POSTS.limit(3)).all(&db).await? {
///     println!("{}: {} posts", card.name, card.related(User::POSTS).len());
/// }
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view of `{M}`",
    label = "not a view of `{M}`",
    note = "a view is a struct with `#[derive(Deserialize, View)]` and `#[view(of = {M})]`"
)]
pub trait View<M>: DeserializeOwned + Send + Sync + 'static {
    /// The view itself. The type of a query names its view by this type, which only a view has. If the argument isn't a
    /// view, the calls after it cause no further errors.
    #[doc(hidden)]
    type Itself: View<M>;
    /// What is kept of each document besides the view while its relations are loaded.
    #[doc(hidden)]
    type Kept: Kept<M, Self>;
    /// Whether only some fields are sent.
    #[doc(hidden)]
    const PART: bool;
    /// How to copy it, if its type is `Clone`.
    #[doc(hidden)]
    const COPY: Cloning<Self> = None;
    /// Adds the stored paths of its fields to `names`; each begins with `at`.
    #[doc(hidden)]
    fn fields(at: &str, names: &mut Vec<String>);
    /// The embedded documents in the field `I`: those of the model, or `own`, which was read for the view.
    #[doc(hidden)]
    fn held<'a, I: Embedding<Holder = M>>(&'a self, own: Option<&'a I::Field>) -> Option<&'a I::Field>;
}

#[diagnostic::do_not_recommend]
impl<M: Record> View<M> for M {
    type Itself = Self;
    type Kept = ();
    const PART: bool = false;
    const COPY: Cloning<M> = M::COPY;

    fn fields(_: &str, _: &mut Vec<String>) {}

    fn held<'a, I: Embedding<Holder = M>>(&'a self, _: Option<&'a I::Field>) -> Option<&'a I::Field> {
        Some(I::get(self))
    }
}

/// What is kept of a document besides its view.
#[doc(hidden)]
pub trait Kept<M, V>: Clone + Send + Sync + 'static {
    /// `any` says whether anything is loaded for the document.
    fn keep(document: &RawDocument, any: bool) -> Self;
    fn held<'a>(documents: impl Iterator<Item = &'a (V, Self)>) -> Held<'a, M>
    where
        V: 'a;
}

/// A document has its keys.
impl<M: 'static> Kept<M, M> for () {
    fn keep(_: &RawDocument, _: bool) {}

    fn held<'a>(documents: impl Iterator<Item = &'a (M, ())>) -> Held<'a, M> {
        Held::Documents(documents.map(|(document, ())| document).collect())
    }
}

/// A view may lack the keys, so the document is kept if anything is loaded for it.
impl<M, V> Kept<M, V> for Option<RawDocumentBuf> {
    fn keep(document: &RawDocument, any: bool) -> Self {
        any.then(|| document.to_owned())
    }

    fn held<'a>(documents: impl Iterator<Item = &'a (V, Self)>) -> Held<'a, M>
    where
        V: 'a,
    {
        Held::Raw(documents.filter_map(|(_, kept)| kept.as_deref()).collect())
    }
}

/// The documents whose relations are loaded next.
#[doc(hidden)]
pub enum Held<'a, M> {
    Documents(Vec<&'a M>),
    Raw(Vec<&'a RawDocument>),
}

impl<M: Record> Held<'_, M> {
    pub(crate) fn parents(&self) -> Parents<'_, M> {
        match self {
            Self::Documents(documents) => Parents::documents(documents),
            Self::Raw(documents) => Parents::raw(documents),
        }
    }
}

/// The fields of a document that the steps of a plan read.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Keys {
    /// Whether anything is read, so that the document is kept.
    any: bool,
    names: Vec<&'static str>,
    /// Whether a step needs the whole document, because only the model can convert a key.
    whole: bool,
}

impl Keys {
    /// No keys; `any` says that a document is kept nevertheless.
    pub(super) fn none(any: bool) -> Self {
        Self { any, ..Self::default() }
    }

    /// Adds what a relation reads of its source.
    pub(crate) fn add(&mut self, relation: &RelationMetadata) {
        self.any = true;
        self.whole |= !relation.stored.alike;
        if relation.holder != KeyHolder::Source {
            return;
        }
        match relation.tag {
            Some(tag) => match tag.whole {
                Some(whole) => self.names.push(whole),
                None => self.names.extend([tag.field, relation.foreign_key]),
            },
            None => self.names.push(relation.foreign_key),
        }
    }

    /// Adds a field with embedded documents; an empty name is that of a flattened field.
    pub(crate) fn add_embedded(&mut self, name: &'static str) {
        if name.is_empty() {
            self.whole = true;
        } else {
            self.names.push(name);
        }
    }

    /// The fields to send of each document: `_id`, those of the view, and the keys. `None` if whole documents are sent.
    pub(crate) fn fields<M, V: View<M>>(&self) -> Option<Fields> {
        if !V::PART || self.whole {
            return None;
        }
        let mut names = vec!["_id".to_owned()];
        V::fields("", &mut names);
        names.extend(self.names.iter().map(|name| (*name).to_owned()));
        Some(Fields(names.into_iter().collect()))
    }
}

/// The names or paths of the fields to send.
#[derive(Debug, Clone)]
pub(crate) struct Fields(BTreeSet<String>);

impl Fields {
    /// `_id` and these fields.
    pub(crate) fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(["_id"].into_iter().chain(names).map(str::to_owned).collect())
    }

    /// The same with these fields too.
    pub(crate) fn and<'n>(&self, more: impl IntoIterator<Item = &'n str>) -> Self {
        let mut names = self.0.clone();
        names.extend(more.into_iter().map(str::to_owned));
        Self(names)
    }

    /// The names, without those of fields inside others: the server refuses both together.
    fn outermost(&self) -> impl Iterator<Item = &str> {
        let is_inside = |name: &str| name.match_indices('.').any(|(end, _)| self.0.contains(&name[..end]));
        self.0.iter().map(String::as_str).filter(move |name| !is_inside(name))
    }

    /// The projection of documents.
    pub(crate) fn projection(&self) -> Document {
        self.outermost().map(|name| (name.to_owned(), 1.into())).collect()
    }

    /// The projection of documents in the field `at` of rows, with other fields of the rows.
    pub(crate) fn projection_at(&self, at: &str, beside: &[&str]) -> Document {
        let inside = self.outermost().map(|name| (format!("{at}.{name}"), 1.into()));
        let beside = beside.iter().map(|name| ((*name).to_owned(), 1.into()));
        [("_id".to_owned(), 0.into())].into_iter().chain(inside).chain(beside).collect()
    }
}

/// A copy of what [`reader`] read, if the view is `Clone`.
pub(crate) fn copy<M: Record, V: View<M>>((view, kept): &(V, V::Kept)) -> Option<(V, V::Kept)> {
    Some((V::COPY?(view), kept.clone()))
}

/// Reads a view of each document of `M`, and what is kept besides it.
pub(crate) fn reader<M: Record, V: View<M>>(keys: &Keys) -> Reader<(V, V::Kept)> {
    let any = keys.any;
    Reader::new(move |document| Ok((store::decode_as::<M, V>(document)?, V::Kept::keep(document, any))))
        .with_copies(copy::<M, V>)
}
