//! What to change in documents.

use std::fmt;
use std::marker::PhantomData;

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::UpdateModifications;
use serde::Serialize;

use super::into::conversion;
use super::pipeline::pipeline;
use super::{Number, Numeric};
use crate::bson::nesting;
use crate::bson::{self, EncodeError};
use crate::store::is_expression;
use crate::{Array, Field, Operand, Path};

/// A change to documents of the model `M`: made by [`Field::set`] and its like, tuples and lists of them, or a [`Document`]
/// of update operators.
///
/// A part can be an `Option`: a `None` changes nothing. An update without any change finds the document, as any update
/// does, and leaves it as it is.
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
    /// It changes a field that may be null, for which its operator would fail.
    nullable: bool,
    /// It is made of a document without operators, which a server takes for a replacement: a mistake, and not an update of
    /// parts that are all missing.
    replaces: bool,
    error: Option<EncodeError>,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Update<M> {
    fn clone(&self) -> Self {
        let (document, error) = (self.document.clone(), self.error.clone());
        Self { document, nullable: self.nullable, replaces: self.replaces, error, model: PhantomData }
    }
}

impl<M> fmt::Debug for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Update({self})")
    }
}

impl<M> fmt::Display for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "{error}"),
            None => self.document.fmt(f),
        }
    }
}

impl<M> From<Document> for Update<M> {
    fn from(document: Document) -> Self {
        let (document, error) = match nesting::check_depth(document) {
            Ok((document, _)) => (document, None),
            Err(error) => (Document::new(), Some(error)),
        };
        let replaces = document.is_empty();
        Self { document, nullable: false, replaces, error, model: PhantomData }
    }
}

impl<M> Default for Update<M> {
    /// No change yet.
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
    /// What is sent: the operators, or a pipeline that does the same and for which a null is as good as a missing field.
    pub(crate) fn into_modifications(self) -> Result<UpdateModifications, EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.document.is_empty() && !self.replaces {
            return Ok(doc! { "$set": {} }.into());
        }
        let pipeline = self.nullable.then(|| pipeline(&self.document)).flatten();
        Ok(pipeline.map_or_else(|| self.document.into(), UpdateModifications::Pipeline))
    }

    fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    fn one(operator: &str, name: &str, value: Result<Bson, EncodeError>) -> Self {
        // in the path of an update, the server takes such a name for a choice of elements: `$[]` for all
        let value = match name.split('.').find(|name| name.starts_with('$')) {
            Some(part) => Err(EncodeError::new(format_args!(
                "`{part}` in the path `{name}` begins with a dollar sign, by which an update chooses elements of an array; \
                 to choose elements, write the update as a document"
            ))),
            None => value,
        };
        match value {
            Ok(value) => doc! { operator: { name: value } }.into(),
            Err(error) => Self { error: Some(error), ..Document::new().into() },
        }
    }

    /// A change by one item, in a list where the server would take it for a condition or a modifier.
    fn item(operator: &str, name: &str, item: Result<Bson, EncodeError>) -> Self {
        match item {
            Ok(item @ (Bson::Document(_) | Bson::RegularExpression(_))) if operator == "$pull" => {
                Self::one("$pullAll", name, Ok(Bson::Array(vec![item])))
            }
            Ok(item) if is_expression(&item) => Self::one(operator, name, Ok(doc! { "$each": [item] }.into())),
            item => Self::one(operator, name, item),
        }
    }

    /// Both changes in one.
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
    /// Two changes of one field: the call that takes the update fails, with [`Error::Encode`](crate::Error::Encode) for the
    /// same operator twice, and with the server's error for different operators.
    #[must_use]
    pub fn and(mut self, other: impl IntoUpdate<M>) -> Self {
        // The server refuses two that touch the same field with different operators. Two with the same operator would
        // silently become one here, so that is refused as well.
        let other = other.into_update();
        self.error = self.error.or(other.error);
        self.nullable |= other.nullable;
        self.replaces |= other.replaces;
        for (operator, changes) in other.document {
            match (self.document.get_mut(&operator), changes) {
                (Some(Bson::Document(mine)), Bson::Document(changes)) => {
                    for (name, value) in changes {
                        if mine.contains_key(&name) {
                            self.error.get_or_insert_with(|| {
                                EncodeError::misuse(format_args!(
                                    "an update names `{name}` twice with `{operator}`; say it once"
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

impl<M, T> Field<M, T> {
    /// The field becomes the value. One that serde leaves out of a document (`skip_serializing_if`) is taken out of it, as
    /// by [`save`](crate::Model::save).
    pub fn set(self, value: impl Operand<T>) -> Update<M> {
        let value = value.into_operand();
        if self.omits(&value) { self.unset() } else { Update::one("$set", self.name(), self.encode(&value)) }
    }

    /// The value is added to the field; a missing field and a null count as 0.
    pub fn inc<N>(self, by: N) -> Update<M>
    where
        T: Numeric,
        N: Number<T::Number>,
    {
        Update::one("$inc", self.name(), Ok(by.into_number())).nullable(T::NULLABLE)
    }

    /// The field is multiplied by the value; a missing field and a null become 0.
    #[allow(clippy::should_implement_trait, reason = "the server's name for it; the result is no product")]
    pub fn mul<N>(self, by: N) -> Update<M>
    where
        T: Numeric,
        N: Number<T::Number>,
    {
        Update::one("$mul", self.name(), Ok(by.into_number())).nullable(T::NULLABLE)
    }

    /// The field becomes the value where that is less, and where the field is missing or null.
    pub fn min(self, value: impl Operand<T>) -> Update<M> {
        // to the operator, a null is less than any value
        Update::one("$min", self.name(), self.encode(&value.into_operand())).nullable(true)
    }

    /// The field becomes the value where that is greater, and where the field is missing or null.
    pub fn max(self, value: impl Operand<T>) -> Update<M> {
        Update::one("$max", self.name(), self.encode(&value.into_operand()))
    }

    /// The field is taken out of the document.
    ///
    /// A document without it can be read only where serde does without the field: an `Option`, or one with
    /// `#[serde(default)]`. Any other fails with [`Error::Decode`](crate::Error::Decode) from then on.
    pub fn unset(self) -> Update<M> {
        Update::one("$unset", self.name(), Ok(Bson::String(String::new())))
    }
}

macro_rules! array_updates {
    ($($(#[$doc:meta])* $method:ident $operator:literal,)*) => {
        impl<M, T> Field<M, T> {
            $($(#[$doc])*
            pub fn $method<O>(self, item: O) -> Update<M>
            where
                T: Array,
                O: Operand<T::Item>,
            {
                let item = self.encode_item(item.into_operand());
                Update::item($operator, self.name(), item).nullable(T::NULLABLE)
            })*
        }

        impl<M> Path<M> {
            $($(#[$doc])*
            pub fn $method(self, item: impl Serialize) -> Update<M> {
                Update::item($operator, self.name(), bson::encode(&item))
            })*
        }
    };
}
array_updates! {
    /// The item is appended to the array. A missing field and a null count as an empty array; so do they for the other two.
    push "$push",
    /// The item is appended to the array unless it is in it.
    add_to_set "$addToSet",
    /// Every such item is taken out of the array.
    pull "$pull",
}

impl<M> Path<M> {
    /// The field becomes the value.
    pub fn set(self, value: impl Serialize) -> Update<M> {
        Update::one("$set", self.name(), bson::encode(&value))
    }

    /// The value is added to the field; a missing field counts as 0.
    pub fn inc(self, by: impl Number) -> Update<M> {
        Update::one("$inc", self.name(), Ok(by.into_number()))
    }

    /// The field is taken out of the document.
    pub fn unset(self) -> Update<M> {
        Update::one("$unset", self.name(), Ok(Bson::String(String::new())))
    }
}

conversion! {
    /// A change to documents of `M`: what converts into an [`Update<M>`].
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an update of `{M}`",
        label = "not an update of `{M}`",
        note = "write a change to a field of `{M}`, as `.set(..)` or `.inc(..)` of its constant, several in a tuple, or a document; a whole document is stored by `save`"
    )]
    IntoUpdate into_update Update;
}
