//! A page of results.

use serde::Serialize;

/// One page of results, and the number of results on all pages. [`Query::page`](crate::Query::page) returns it.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let page: earnorm::Page<User> = User::find_all().order_by(User::NAME.asc()).page(&db, 2, 20).await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The results on this page.
    pub items: Vec<T>,
    /// The number of results on all pages.
    pub total: u64,
    /// The number of this page; the first is 1.
    pub number: u64,
    /// The number of results on a full page.
    pub size: u64,
}

impl<T> Page<T> {
    /// The number of pages.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size.max(1))
    }

    /// Converts each item, for example to the type that a web service sends.
    ///
    /// ```
    /// use earnorm::Page;
    ///
    /// let page = Page { items: vec![1, 2], total: 5, number: 1, size: 2 };
    /// let page = page.map(|number| format!("#{number}"));
    /// assert_eq!((page.items, page.total), (vec!["#1".to_owned(), "#2".to_owned()], 5));
    /// ```
    #[must_use]
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, total, number, size } = self;
        Page { items: items.into_iter().map(f).collect(), total, number, size }
    }
}
