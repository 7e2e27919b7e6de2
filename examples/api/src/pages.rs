//! Pages by key: a client sends the cursor of the last document that it has. Every page takes the same time, and
//! documents that are added in the meantime move nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use earnorm::Id;
use mongodb::bson::DateTime;
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Result};
use crate::models::Post;

/// The number of posts on a page if the client doesn't say.
const USUAL: u64 = 20;
/// The largest number of posts on a page.
const MOST: u64 = 100;

/// Which page a client wants.
#[derive(Debug, Default, Deserialize)]
pub struct PageRequest {
    after: Option<String>,
    limit: Option<u64>,
}

impl PageRequest {
    /// A page of this many posts, after a cursor.
    pub fn new(after: Option<String>, limit: Option<u64>) -> Self {
        Self { after, limit }
    }

    /// The number of posts.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] if it is 0 or above the maximum.
    pub fn limit(&self) -> Result<u64> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            _ => Err(ApiError::Invalid(format!("`limit` must be from 1 to {MOST}"))),
        }
    }

    /// The post after which the page begins.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] if the cursor isn't one of this service.
    pub fn after(&self) -> Result<Option<Post>> {
        self.after.as_deref().map(|text| Cursor::parse(text).map(Cursor::post)).transpose()
    }
}

/// A place in the order of the pages: the values of its fields. Clients don't depend on its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    created: DateTime,
    id: Id<Post>,
}

impl Cursor {
    /// The place of a post.
    pub fn of(created: DateTime, id: Id<Post>) -> Self {
        Self { created, id }
    }

    /// The cursor as text for an address.
    pub fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}", self.created.timestamp_millis(), self.id))
    }

    fn parse(text: &str) -> Result<Self> {
        let parsed = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let (millis, id) = text.split_once('.')?;
            Some(Self { created: DateTime::from_millis(millis.parse().ok()?), id: id.parse().ok()? })
        };
        parsed().ok_or_else(|| ApiError::Invalid("`after` is not a cursor of this service".to_owned()))
    }

    /// A post at this place. `Query::after` reads only its id and the fields of the order, so the post may be deleted.
    fn post(self) -> Post {
        Post { id: self.id, created: self.created, ..Post::new(Id::new(), String::new(), String::new()) }
    }
}

/// A page.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The documents.
    pub items: Vec<T>,
    /// The address of the next page. `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of `limit` documents from one more than that, which shows that there is another page.
    pub fn cut(mut items: Vec<T>, limit: u64, cursor: impl Fn(&T) -> Cursor) -> (Vec<T>, Option<Cursor>) {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        (items, next)
    }
}

#[cfg(test)]
mod tests {
    use earnorm::Id;
    use mongodb::bson::DateTime;

    use super::{Cursor, PageRequest};

    #[test]
    fn a_cursor_comes_back_and_other_text_is_refused() {
        let cursor = Cursor::of(DateTime::from_millis(-5), Id::new());
        assert_eq!(Cursor::parse(&cursor.text()).ok(), Some(cursor));
        for text in ["", "a", "MQ", "not base64!"] {
            assert!(Cursor::parse(text).is_err());
        }
        let limit = |limit| PageRequest { after: None, limit }.limit().ok();
        assert_eq!([None, Some(1), Some(100)].map(limit), [Some(20), Some(1), Some(100)]);
        assert_eq!([Some(0), Some(101)].map(limit), [None, None]);
    }
}
