//! Updates: what to change in documents.

use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::{Bson, Document, doc};

use super::into::conversion;
use super::pipeline::pipeline;
use crate::bson::{EncodeError, nesting};
use crate::embedded::TypedPath;
use crate::store::{Change, is_expression};

/// A change to documents of the model `M`.
///
/// [`Field::set`](crate::Field::set) and similar methods create one. Tuples and lists of updates, and a [`Document`] of update operators,
/// convert into one. An `Option` of an update is an update too: `None` changes nothing. An update without any change is
/// sent and counts the documents that it matches, but doesn't change them.
///
/// ```
/// use earnorm::prelude::*;
/// use earnorm::Update;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, likes: i64 }
/// let update: Update<Post> = (Post::TITLE.set("Hello"), Post::LIKES.inc(1)).into();
/// assert_eq!(update.to_string(), r#"{ "$set": { "title": "Hello" }, "$inc": { "likes": 1 } }"#);
///
/// /// What a client sends to change a post.
/// #[derive(Deserialize)]
/// struct Changes { title: Option<String>, likes: Option<i64> }
///
/// let changes = Changes { title: None, likes: Some(3) };
/// let update: Update<Post> = (changes.title.map(|title| Post::TITLE.set(title)), changes.likes.map(|n| Post::LIKES.set(n))).into();
/// assert_eq!(update.to_string(), r#"{ "$set": { "likes": 3 } }"#);
/// ```
pub struct Update<M> {
    document: Document,
    /// Whether it changes a field that can be null, for which its operator would fail.
    nullable: bool,
    /// Whether it was created from an empty document, which the server treats as a replacement. Unlike an update whose
    /// parts are all `None`, this is a mistake.
    replaces: bool,
    error: Option<EncodeError>,
    /// The filters for the elements that the names refer to as `$[e0]`, `$[e1]` and so on.
    elements: Vec<Document>,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Update<M> {
    fn clone(&self) -> Self {
        let (document, error, elements) = (self.document.clone(), self.error.clone(), self.elements.clone());
        Self { document, nullable: self.nullable, replaces: self.replaces, error, elements, model: PhantomData }
    }
}

impl<M> fmt::Debug for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Update({self})")
    }
}

impl<M> fmt::Display for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            return write!(f, "{error}");
        }
        self.document.fmt(f)?;
        if self.elements.is_empty() {
            return Ok(());
        }
        write!(f, ", arrayFilters: {}", Bson::from(self.elements.clone()))
    }
}

impl<M> From<Document> for Update<M> {
    fn from(document: Document) -> Self {
        let (document, error) = match nesting::check_depth(document) {
            Ok((document, _)) => (document, None),
            Err(error) => (Document::new(), Some(error)),
        };
        let replaces = document.is_empty();
        Self { document, nullable: false, replaces, error, elements: Vec::new(), model: PhantomData }
    }
}

impl<M> Default for Update<M> {
    /// An update without any change.
    fn default() -> Self {
        Self { replaces: false, ..Document::new().into() }
    }
}

impl<M, U: Into<Update<M>>> From<Option<U>> for Update<M> {
    fn from(update: Option<U>) -> Self {
        update.map_or_else(Self::default, Into::into)
    }
}

impl<M, U: Into<Update<M>>> From<Vec<U>> for Update<M> {
    fn from(updates: Vec<U>) -> Self {
        updates.into_iter().fold(Self::default(), |all, update| all.and(Into::<Self>::into(update)))
    }
}

impl<M> Update<M> {
    /// The update that is sent: the operators, or an equivalent pipeline that treats a null like a missing field.
    pub(crate) fn into_change(self) -> Result<Change, EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.document.is_empty() && !self.replaces {
            return Ok(doc! { "$set": {} }.into());
        }
        let pipeline = self.nullable.then(|| pipeline(&self.document)).flatten();
        Ok(pipeline.map_or_else(|| Change::new(self.document, self.elements), Change::from))
    }

    /// A change at a path. The path selects elements of arrays by its filters.
    pub(super) fn at<T, N>(operator: &str, path: TypedPath<M, T, N>, value: Result<Bson, EncodeError>) -> Self {
        let TypedPath { name, elements, error, .. } = path;
        let value = error.map_or(value, Err);
        match value {
            Ok(value) => Self { elements, ..doc! { operator: { name: value } }.into() },
            Err(error) => Self { error: Some(error), ..Document::new().into() },
        }
    }

    /// A change by one item at a path; see [`item`](Self::item).
    pub(super) fn item_at<T, N>(operator: &str, path: TypedPath<M, T, N>, item: Result<Bson, EncodeError>) -> Self {
        let (operator, item) = item_operand(operator, item);
        Self::at(operator, path, item)
    }

    pub(super) fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    pub(super) fn one(operator: &str, name: &str, value: Result<Bson, EncodeError>) -> Self {
        // in the path of an update, such a name selects elements of an array: `$[]` selects all
        let value = match name.split('.').find(|name| name.starts_with('$')) {
            Some(part) => Err(EncodeError::new(format_args!(
                "`{part}` in the path `{name}` begins with a dollar sign, which selects elements of an array in an update; \
                 to select elements, write the update as a document"
            ))),
            None => value,
        };
        match value {
            Ok(value) => doc! { operator: { name: value } }.into(),
            Err(error) => Self { error: Some(error), ..Document::new().into() },
        }
    }

    /// A change by one item. The item is put into a list if the server would treat it as a condition or a modifier.
    pub(super) fn item(operator: &str, name: &str, item: Result<Bson, EncodeError>) -> Self {
        let (operator, item) = item_operand(operator, item);
        Self::one(operator, name, item)
    }

    /// Combines two changes.
    ///
    /// ```
    /// use earnorm::prelude::*;
    /// use earnorm::Update;
    ///
    /// # #[derive(Serialize, Deserialize, Model)]
    /// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, likes: i64 }
    /// # let (title, likes) = (Some("Hello"), None::<i64>);
    /// let mut update = Update::<Post>::default();
    /// if let Some(title) = title {
    ///     update = update.and(Post::TITLE.set(title));
    /// }
    /// update = update.and(likes.map(|likes| Post::LIKES.inc(likes)));
    /// assert_eq!(update.to_string(), r#"{ "$set": { "title": "Hello" } }"#);
    /// ```
    ///
    /// # Errors
    ///
    /// If both change the same field, the call that sends the update fails: with
    /// [`Error::Encode`](crate::Error::Encode) for the same operator, and with the server's error for different
    /// operators.
    #[must_use]
    pub fn and(mut self, other: impl IntoUpdate<M>) -> Self {
        // The server rejects two operators on one field. Twice the same operator would silently become one here, so it
        // is an error as well.
        let other = other.into_update();
        self.error = self.error.or(other.error);
        self.nullable |= other.nullable;
        self.replaces |= other.replaces;
        // the elements that the other selects get identifiers of their own
        let other_document = renumbered(other.document, self.elements.len());
        let moved = other.elements.iter().map(|filter| renumbered_filter(filter, self.elements.len()));
        self.elements.extend(moved.collect::<Vec<_>>());
        for (operator, changes) in other_document {
            match (self.document.get_mut(&operator), changes) {
                (Some(Bson::Document(mine)), Bson::Document(changes)) => {
                    for (name, value) in changes {
                        if mine.contains_key(&name) {
                            self.error.get_or_insert_with(|| {
                                EncodeError::misuse(format_args!(
                                    "an update changes `{name}` twice with `{operator}`; change it once"
                                ))
                            });
                        }
                        mine.insert(name, value);
                    }
                }
                (_, changes) => {
                    self.document.insert(operator, changes);
                }
            }
        }
        self
    }
}

/// The operator and the operand that add or remove one item.
fn item_operand(operator: &str, item: Result<Bson, EncodeError>) -> (&str, Result<Bson, EncodeError>) {
    match item {
        Ok(item @ (Bson::Document(_) | Bson::RegularExpression(_))) if operator == "$pull" => {
            ("$pullAll", Ok(Bson::Array(vec![item])))
        }
        Ok(item) if is_expression(&item) => (operator, Ok(doc! { "$each": [item] }.into())),
        item => (operator, item),
    }
}

/// The operators with `by` added to the number of each identifier `$[e0]` in their names.
fn renumbered(operators: Document, by: usize) -> Document {
    let rename = |name: String| match name.split_once("$[e") {
        Some((first, rest)) if by > 0 => {
            rest.split("$[e").fold(first.to_owned(), |name, part| match part.split_once(']') {
                Some((number, rest)) if number.parse::<usize>().is_ok() => {
                    format!("{name}$[e{}]{rest}", number.parse::<usize>().unwrap_or_default() + by)
                }
                _ => format!("{name}$[e{part}"),
            })
        }
        _ => name,
    };
    let each = operators.into_iter().map(|(operator, changes)| match changes {
        Bson::Document(changes) => {
            let changes: Document = changes.into_iter().map(|(name, value)| (rename(name), value)).collect();
            (operator, changes.into())
        }
        changes => (operator, changes),
    });
    each.collect()
}

/// The filter of an element with `by` added to the number of its identifier.
fn renumbered_filter(filter: &Document, by: usize) -> Document {
    let each = filter.iter().map(|(name, value)| match value {
        Bson::Array(list) if name.starts_with('$') => {
            let list = list.iter().map(|one| match one {
                Bson::Document(one) => renumbered_filter(one, by).into(),
                other => other.clone(),
            });
            (name.clone(), list.collect())
        }
        value => {
            let (identifier, rest) = name.split_at(name.find('.').unwrap_or(name.len()));
            match identifier.strip_prefix('e').and_then(|number| number.parse::<usize>().ok()) {
                Some(number) => (format!("e{}{rest}", number + by), value.clone()),
                None => (name.clone(), value.clone()),
            }
        }
    });
    each.collect()
}

macro_rules! tuples {
    ($(($first:ident $($rest:ident)*))*) => { $(
        impl<M, $first: Into<Update<M>> $(, $rest: Into<Update<M>>)*> From<($first, $($rest,)*)> for Update<M> {
            fn from(updates: ($first, $($rest,)*)) -> Self {
                #[allow(non_snake_case, reason = "a tuple's fields are named as their types")]
                let ($first, $($rest,)*) = updates;
                let update: Update<M> = $first.into();
                $(let update = update.and(Into::<Update<M>>::into($rest));)*
                update
            }
        }
    )* };
}
tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

conversion! {
    /// A change to documents of `M`: what converts into an [`Update<M>`].
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an update of `{M}`",
        label = "not an update of `{M}`",
        note = "write `.set(..)`, `.inc(..)` or another change of a field of `{M}`, a tuple of several, or a document; `save` stores a whole document"
    )]
    IntoUpdate into_update Update;
}
