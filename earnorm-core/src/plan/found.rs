//! The documents of an include, and which parent each belongs to.

use mongodb::bson::Bson;
use smallvec::SmallVec;

use crate::bson::Identity;

/// A list in parts. Iteration frees each part as soon as it has been read, so a large list never takes its memory twice
/// while it is distributed.
pub(crate) struct Parts<T>(Vec<Vec<T>>);

impl<T> Parts<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

impl<T> From<Vec<T>> for Parts<T> {
    fn from(list: Vec<T>) -> Self {
        Self(vec![list])
    }
}

impl<T> IntoIterator for Parts<T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

/// The indices of a parent's documents. Most parents of a relation to one have a single one, for which a list on the heap
/// would cost as much as the rest.
pub(crate) type Indices = SmallVec<[usize; 2]>;

/// The documents of an include, each once or once for each parent, and the indices of each parent's documents.
pub(crate) struct Fetched<T> {
    pub(crate) children: Parts<T>,
    pub(crate) of: Vec<Indices>,
}

impl<T> Fetched<T> {
    pub(crate) fn none(parents: usize) -> Self {
        Self { children: Vec::new().into(), of: vec![Indices::new(); parents] }
    }

    /// Applies a window to each parent's list, and drops the documents that no parent has any more.
    pub(crate) fn cut(self, skip: u64, limit: Option<u64>) -> Self {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let (skip, limit) = (size(skip), limit.map_or(usize::MAX, size));
        let Self { children, mut of } = self;
        let mut places: Vec<Option<usize>> = vec![None; children.len()];
        for list in &mut of {
            list.truncate(skip.saturating_add(limit));
            list.drain(..skip.min(list.len()));
            for index in list {
                places[*index] = Some(0);
            }
        }
        let mut kept = Vec::new();
        for (child, place) in children.into_iter().zip(&mut places) {
            if let Some(place) = place {
                *place = kept.len();
                kept.push(child);
            }
        }
        for index in of.iter_mut().flatten() {
            *index = places[*index].unwrap_or_default();
        }
        Self { children: kept.into(), of }
    }
}

/// The documents of one reply, in its order, as columns.
pub(crate) struct Found<X> {
    pub(crate) values: Vec<X>,
    /// The index of a parent, and the index of a value that belongs to it.
    pub(crate) owners: Vec<(usize, usize)>,
    /// The ids of the documents, if each parent has an order of its documents.
    pub(crate) ids: Vec<Option<Identity>>,
    /// The values to sort by, if the results of several commands have to be merged.
    pub(crate) orders: Vec<Vec<Bson>>,
}

impl<X> Found<X> {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), owners: Vec::new(), ids: Vec::new(), orders: Vec::new() }
    }

    /// Combines all replies for `count` parents. Returns the documents, and the columns of ids and orders.
    pub(crate) fn gather(found: Vec<Self>, count: usize) -> (Fetched<X>, Vec<Option<Identity>>, Vec<Vec<Bson>>) {
        let mut numbers = vec![0; count];
        for (parent, _) in found.iter().flat_map(|reply| &reply.owners) {
            numbers[*parent] += 1;
        }
        let mut of: Vec<Indices> = numbers.into_iter().map(Indices::with_capacity).collect();
        let (mut parts, mut ids, mut orders) = (Vec::with_capacity(found.len()), Vec::new(), Vec::new());
        let mut offset = 0;
        for reply in found {
            for (parent, place) in reply.owners {
                of[parent].push(offset + place);
            }
            offset += reply.values.len();
            parts.push(reply.values);
            ids.extend(reply.ids);
            orders.extend(reply.orders);
        }
        (Fetched { children: Parts(parts), of }, ids, orders)
    }
}

/// Distributes rows to their parents. Each row has exactly one parent.
pub(crate) fn hand_out<R>(rows: impl Iterator<Item = R>, of: Vec<Indices>) -> Vec<Vec<R>> {
    if !of.iter().all(|list| list.is_sorted()) {
        let mut rows: Vec<Option<R>> = rows.map(Some).collect();
        return of.into_iter().map(|list| list.into_iter().filter_map(|index| rows[index].take()).collect()).collect();
    }
    // in their original order, no row has to wait for another, and its memory can be freed at once
    let numbers: Vec<usize> = of.iter().map(SmallVec::len).collect();
    let mut parents = vec![0; numbers.iter().sum()];
    for (parent, list) in of.into_iter().enumerate() {
        for index in list {
            parents[index] = parent;
        }
    }
    let mut values: Vec<Vec<R>> = numbers.iter().map(|_| Vec::new()).collect();
    for (row, parent) in rows.zip(parents) {
        let value = &mut values[parent];
        if value.is_empty() {
            value.reserve_exact(numbers[parent]);
        }
        value.push(row);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::{Fetched, Indices, Parts, hand_out};

    fn of(lists: [&[usize]; 3]) -> Vec<Indices> {
        lists.map(Indices::from_slice).to_vec()
    }

    #[test]
    fn rows_go_to_their_parents_in_their_order() {
        let rows = || ["a", "b", "c", "d"].into_iter();
        assert_eq!(hand_out(rows(), of([&[1, 3], &[], &[0, 2]])), [vec!["b", "d"], vec![], vec!["a", "c"]]);
        assert_eq!(hand_out(rows(), of([&[3, 1], &[], &[0, 2]])), [vec!["d", "b"], vec![], vec!["a", "c"]]);
    }

    #[test]
    fn parts_are_one_list() {
        let parts = Parts(vec![vec![1, 2], vec![], vec![3]]);
        assert_eq!(parts.len(), 3);
        assert_eq!(parts.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn documents_outside_all_windows_are_dropped() {
        let found = Fetched { children: vec!["a", "b", "c", "d"].into(), of: of([&[3, 1, 0], &[2], &[]]) };
        let cut = found.cut(1, Some(1));
        assert_eq!(cut.children.into_iter().collect::<Vec<_>>(), ["b"]);
        assert_eq!(cut.of, of([&[0], &[], &[]]));
    }
}
