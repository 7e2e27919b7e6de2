//! Embedded documents together with what was loaded for them.

use std::fmt;
use std::iter::Chain;
use std::ops::Deref;
use std::slice;

use super::item::EmbeddedItem;

/// An embedded document with what was loaded of its relations, as `order.related(Order::LINES)` returns it. It derefs to
/// the embedded document.
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Embedded)]
/// # struct Line { #[relation(many_to_one, target = Product)] product_id: ObjectId, quantity: i32 }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Order { #[serde(rename = "_id")] id: ObjectId, #[model(embedded)] lines: Vec<Line> }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Product { #[serde(rename = "_id")] id: ObjectId, title: String }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// for order in Order::find_all().with(Order::LINES.with(Line::PRODUCT)).all(&db).await? {
///     for line in order.related(Order::LINES) {
///         let title = line.related(Line::PRODUCT).map_or("?", |product| &product.title);
///         println!("{} x {title}", line.quantity);
///     }
/// }
/// # Ok(()) }
/// ```
pub struct LoadedElement<'a, E, L> {
    pub(crate) record: &'a E,
    pub(crate) loaded: &'a L,
}

impl<'a, E, L> LoadedElement<'a, E, L> {
    pub(crate) fn new(record: &'a E, loaded: &'a L) -> Self {
        Self { record, loaded }
    }

    /// The embedded document, for as long as the document that holds it exists.
    pub fn get(self) -> &'a E {
        self.record
    }
}

impl<E, L> Clone for LoadedElement<'_, E, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, L> Copy for LoadedElement<'_, E, L> {}

impl<E, L> Deref for LoadedElement<'_, E, L> {
    type Target = E;

    fn deref(&self) -> &E {
        self.record
    }
}

impl<E: fmt::Debug, L> fmt::Debug for LoadedElement<'_, E, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

/// The embedded documents of an array, in its order and without nulls, each with what was loaded of its relations.
pub struct LoadedElements<'a, I, L> {
    items: (&'a [I], &'a [I]),
    loaded: &'a [L],
}

impl<'a, I, L> LoadedElements<'a, I, L> {
    pub(crate) fn new(items: (&'a [I], &'a [I]), loaded: &'a [L]) -> Self {
        Self { items, loaded }
    }

    /// The number of embedded documents, without nulls.
    pub fn len(&self) -> usize {
        self.loaded.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.loaded.is_empty()
    }
}

impl<'a, I: EmbeddedItem, L> LoadedElements<'a, I, L> {
    /// The embedded documents, in the order of the array.
    pub fn iter(&self) -> LoadedElementsIter<'a, I, L> {
        LoadedElementsIter { items: self.items.0.iter().chain(self.items.1), loaded: self.loaded.iter() }
    }

    /// The embedded document with this index. Nulls aren't counted.
    pub fn get(&self, index: usize) -> Option<LoadedElement<'a, I::Record, L>> {
        self.iter().nth(index)
    }
}

impl<I, L> Clone for LoadedElements<'_, I, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I, L> Copy for LoadedElements<'_, I, L> {}

impl<I: EmbeddedItem<Record: fmt::Debug>, L> fmt::Debug for LoadedElements<'_, I, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, I: EmbeddedItem, L> IntoIterator for &LoadedElements<'a, I, L> {
    type Item = LoadedElement<'a, I::Record, L>;
    type IntoIter = LoadedElementsIter<'a, I, L>;

    fn into_iter(self) -> LoadedElementsIter<'a, I, L> {
        self.iter()
    }
}

impl<'a, I: EmbeddedItem, L> IntoIterator for LoadedElements<'a, I, L> {
    type Item = LoadedElement<'a, I::Record, L>;
    type IntoIter = LoadedElementsIter<'a, I, L>;

    fn into_iter(self) -> LoadedElementsIter<'a, I, L> {
        self.iter()
    }
}

/// The iterator of [`LoadedElements`].
pub struct LoadedElementsIter<'a, I, L> {
    items: Chain<slice::Iter<'a, I>, slice::Iter<'a, I>>,
    loaded: slice::Iter<'a, L>,
}

impl<'a, I: EmbeddedItem, L> Iterator for LoadedElementsIter<'a, I, L> {
    type Item = LoadedElement<'a, I::Record, L>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.items.by_ref().find_map(I::record)?;
        Some(LoadedElement::new(record, self.loaded.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.loaded.size_hint()
    }
}

impl<I: EmbeddedItem, L> ExactSizeIterator for LoadedElementsIter<'_, I, L> {}
