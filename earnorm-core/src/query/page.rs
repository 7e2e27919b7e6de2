use serde::Serialize;

/// One page of results, and how many there are in all.
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
    /// What is on this page.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Which page it is; the first is 1.
    pub number: u64,
    /// How many fit on a page.
    pub size: u64,
}

impl<T> Page<T> {
    /// How many pages there are.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size.max(1))
    }

    /// The same page with other items, such as those that a web service sends.
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
