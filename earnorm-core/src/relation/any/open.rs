use mongodb::bson::{Bson, Document};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::reference::{Flattens, Reference, RefersToAny};
use crate::bson;

/// A reference that may have a tag that its enum doesn't know. Such a tag is kept with its id, and a save writes both back
/// as they were.
///
/// With the enum alone, a document with an unknown tag is an [`Error::Decode`](crate::Error::Decode). With `Open`, it loads.
/// The document that an unknown reference refers to can't be loaded: `get` returns
/// [`Error::UnknownTag`](crate::Error::UnknownTag), and an include loads nothing.
///
/// ```
/// use earnorm::Open;
/// use earnorm::prelude::*;
///
/// # #[derive(Clone, Copy, Serialize, Deserialize, Reference)]
/// # #[serde(tag = "type", content = "id")]
/// # enum Subject { Post(ObjectId) }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId }
/// #[derive(Serialize, Deserialize, Model)]
/// struct Comment {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     #[relation(many_to_one)]
///     subject: Open<Subject>,
/// }
///
/// fn is_known(comment: &Comment) -> bool {
///     matches!(comment.subject, Open::Known(_))
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Open<E> {
    /// A reference to a document of one of the models.
    Known(E),
    /// A reference with an unknown tag, as it is stored.
    Unknown(Document),
}

impl<E: Reference> From<E> for Open<E> {
    fn from(reference: E) -> Self {
        Self::Known(reference)
    }
}

impl<E> Open<E> {
    /// The reference, if its tag is known.
    pub fn known(&self) -> Option<&E> {
        match self {
            Self::Known(reference) => Some(reference),
            Self::Unknown(_) => None,
        }
    }

    fn stored(&self) -> Option<&Document> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(stored) => Some(stored),
        }
    }
}

impl<E: Reference> Serialize for Open<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(reference) => reference.serialize(serializer),
            Self::Unknown(stored) => stored.serialize(serializer),
        }
    }
}

impl<'de, E: Reference> Deserialize<'de> for Open<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // a flattened field sees all fields of its document
        let stored = Document::deserialize(deserializer)?;
        let is_own = |(name, _): &(String, Bson)| [<E as Reference>::TAG, E::CONTENT].contains(&name.as_str());
        let own: Document = stored.into_iter().filter(is_own).collect();
        let tag = match own.get(<E as Reference>::TAG) {
            None | Some(Bson::Null) => return Err(D::Error::missing_field(<E as Reference>::TAG)),
            Some(tag) => tag.as_str(),
        };
        if !E::VARIANTS.iter().any(|variant| tag == Some(variant.tag)) {
            return Ok(Self::Unknown(own));
        }
        bson::decode(own.into()).map(Self::Known).map_err(D::Error::custom)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Reference> RefersToAny for Open<E> {
    type To = E;
    const NULLABLE: bool = false;
    fn reference(&self) -> Option<&E> {
        self.known()
    }
    fn of(reference: E) -> Self {
        Self::Known(reference)
    }
    fn unknown(&self) -> Option<&Document> {
        self.stored()
    }
}

#[diagnostic::do_not_recommend]
impl<E: Reference> RefersToAny for Option<Open<E>> {
    type To = E;
    const NULLABLE: bool = true;
    fn reference(&self) -> Option<&E> {
        self.as_ref()?.known()
    }
    fn of(reference: E) -> Self {
        Some(Open::Known(reference))
    }
    fn unknown(&self) -> Option<&Document> {
        self.as_ref()?.stored()
    }
}

#[diagnostic::do_not_recommend]
impl<E: Reference> Flattens for Open<E> {}

#[diagnostic::do_not_recommend]
impl<E: Reference> Flattens for Option<Open<E>> {}
