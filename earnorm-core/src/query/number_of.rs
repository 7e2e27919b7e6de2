//! The number of related documents, in a condition and in an order.

use mongodb::bson::{Bson, Document, doc};

use super::condition::{Condition, Has};
use super::filter::Filter;
use super::join::Joins;
use super::{Query, Sort};
use crate::embedded::Record;
use crate::error::Refusal;
use crate::schema::{Hops, ModelMetadata, RelationMetadata};
use crate::store::{self, Find};
use crate::{Model, Relation};

/// The documents that a relation leads to, to be counted.
#[derive(Debug, Clone)]
pub(crate) struct Counting {
    /// The first hop. Its condition is that of the relation, or of the hop from a join model.
    pub(crate) has: Has,
    /// For a join model: the key of the target. Several join documents for one target count once.
    pub(crate) distinct: Option<&'static str>,
}

/// A range of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) least: u64,
    /// The greatest; `None` if there is no limit.
    pub(crate) most: Option<u64>,
}

impl Range {
    pub(crate) fn has(self, n: u64) -> bool {
        n >= self.least && self.most.is_none_or(|most| n <= most)
    }

    /// The range of the numbers of all documents of which the number within a window is in this range. `None` if there is
    /// none.
    fn before_window(self, skip: u64, limit: Option<u64>) -> Option<Self> {
        if limit.is_some_and(|limit| limit < self.least) {
            return None;
        }
        let shift = |n: u64| n.saturating_add(skip);
        let most = self.most.filter(|most| limit.is_none_or(|limit| *most < limit)).map(shift);
        Some(Self { least: if self.least == 0 { 0 } else { shift(self.least) }, most })
    }

    /// The number at which counting can stop.
    fn end(self) -> u64 {
        self.most.map_or(self.least, |most| most.saturating_add(1)).max(1)
    }
}

impl Counting {
    /// The documents of a relation that match a condition. `None` for a relation that leads nowhere.
    pub(crate) fn new(source: &'static ModelMetadata, relation: &RelationMetadata, of: &Condition) -> Option<Self> {
        let has = |hop, of| Has { at: String::new(), hop, of };
        // a step has one target
        Some(match relation.hops(source).next()? {
            Hops::Direct(hop) => Self { has: has(hop, of.clone()), distinct: None },
            Hops::Through(first, second) => {
                let target = Condition::Has(Box::new(has(second, of.clone())));
                Self { has: has(first, target), distinct: Some(second.key.field) }
            }
        })
    }

    /// Whether the field where it starts is an array of keys, each of which leads to a document.
    pub(crate) fn is_of_array(&self) -> bool {
        self.has.hop.to_parent && self.has.hop.is_multiple()
    }

    /// The stages that count the documents that a join has found, until there are `end`.
    fn ending(&self, end: Option<u64>) -> Vec<Document> {
        let mut stages = Vec::new();
        stages.extend(self.distinct.map(|field| doc! { "$group": { "_id": format!("${field}") } }));
        stages.extend(end.map(|n| doc! { "$limit": store::sendable(n).cast_signed() }));
        stages.push(counted());
        stages
    }
}

/// In a joined row: the number of documents.
pub(crate) const NUMBER: &str = "n";

/// The stage that counts rows. Some servers refuse the stage `$count` within a `$lookup`.
pub(crate) fn counted() -> Document {
    doc! { "$group": { "_id": Bson::Null, NUMBER: { "$sum": 1 } } }
}

impl Joins {
    /// Adds the join for a number of related documents. Returns the condition that it is within a range.
    pub(super) fn number(&mut self, counting: &Counting, range: Range) -> Document {
        let name = self.next_name();
        let guards = self.lookup(&counting.has, &name, counting.ending(Some(range.end())));
        let number = format!("{name}.{NUMBER}");
        let mut found = guards.condition;
        if range.least > 0 {
            let mut within = doc! { "$gte": signed(range.least) };
            within.extend(range.most.map(|most| ("$lte".to_owned(), Bson::from(signed(most)))));
            found.insert(number, within);
            return found;
        }
        // without a related document, there is no number
        let Some(most) = range.most else { return Document::new() };
        found.insert(number, doc! { "$gt": signed(most) });
        doc! { "$nor": [found] }
    }
}

fn signed(n: u64) -> i64 {
    store::sendable(n).cast_signed()
}

/// A key of an order: the number of related documents within a window.
#[derive(Debug, Clone)]
pub(crate) struct OrderKey {
    pub(crate) counting: Counting,
    pub(crate) skip: u64,
    pub(crate) limit: Option<u64>,
}

impl OrderKey {
    /// The stages that set the field `name` to the number.
    pub(crate) fn stages(&self, name: &str, exact: bool) -> Vec<Document> {
        let end = self.limit.map(|limit| limit.saturating_add(self.skip).max(1));
        let mut joins = Joins::new(exact);
        let guards = joins.lookup(&self.counting.has, name, self.counting.ending(end));
        let first = doc! { "$arrayElemAt": [format!("${name}"), 0] };
        let first = doc! { "$let": { "vars": { "first": first }, "in": format!("$$first.{NUMBER}") } };
        let mut number = Bson::from(doc! { "$ifNull": [first, 0] });
        if self.skip > 0 {
            let left = doc! { "$subtract": [number, signed(self.skip)] };
            number = doc! { "$max": [left, 0] }.into();
        }
        if let Some(limit) = self.limit {
            number = doc! { "$min": [number, signed(limit)] }.into();
        }
        if !guards.expressions.is_empty() {
            number = doc! { "$cond": [{ "$and": guards.expressions }, number, 0] }.into();
        }
        joins.stages.push(doc! { "$set": { name: Bson::from(number) } });
        joins.stages
    }
}

impl<M: Record> Filter<M> {
    /// Matches documents for which the number of a relation's documents within the window of `query` is in a range.
    pub(crate) fn number<R: Relation<Source = M>, T: Model>(query: Query<T>, least: u64, most: Option<u64>) -> Self {
        let range = Range { least, most }.before_window(query.skip.unwrap_or(0), query.effective_limit());
        let of = query.into_filter();
        if let Some(refusal) = of.refusal() {
            return Self::from_refusal(refusal.clone());
        }
        let depth = of.depth() + 1;
        let counting = Counting::new(M::TABLE, R::META, &of.condition);
        Self::with_depth(
            match (range, counting) {
                (Some(Range { least: 0, most: None }), _) => return Self::default(),
                (Some(range), Some(counting)) => Condition::Number(Box::new(counting), range),
                _ => Condition::never(),
            },
            depth,
        )
    }
}

/// What the name of a computed key begins with.
const KEY: &str = "__earnorm_order_";

impl<M: Record> Sort<M> {
    /// The order by the number of a relation's documents within the window of `query`.
    pub(crate) fn number<R: Relation<Source = M>, T: Model>(query: Query<T>, direction: i32) -> Self {
        let (skip, limit) = (query.skip.unwrap_or(0), query.effective_limit());
        let of = query.into_filter();
        let mut sort = Self::from(Document::new());
        if let Some(refusal) = of.refusal() {
            sort.refusal = Some(refusal.clone());
        } else if let Some(counting) = Counting::new(M::TABLE, R::META, &of.condition) {
            if counting.has.needs_own_command() {
                let name = R::META.name;
                let reason = format!(
                    "the server can't sort by the number of `{name}`, which can't be joined; sort by a `counter` field, \
                     or sort the results by `count_by`"
                );
                sort.refusal = Some(Refusal::Invalid { model: M::TABLE.name, reason });
            }
            sort.keys.insert(key_name(0), direction);
            sort.computed.push((key_name(0), OrderKey { counting, skip, limit }));
        }
        sort
    }
}

pub(super) fn key_name(number: usize) -> String {
    format!("{KEY}{number}")
}

impl<M: Model, P> Query<M, P> {
    /// Adds the computed keys of the order to `find`, with a placeholder for each part that needs a command of its own.
    pub(crate) fn compute_order(&self, find: &mut Find) {
        let exact = self.options.collation.is_some();
        for (name, key) in &self.order.computed {
            let mut key = key.clone();
            while let Some(question) = key.counting.has.of.question() {
                find.first.push(question.show());
            }
            key.counting.has.of = key.counting.has.of.simplified();
            find.order_keys.push((name.clone(), key.stages(name, exact)));
        }
    }

    /// The same query without the computed keys of its order, for a call for which the order doesn't matter.
    pub(crate) fn without_computed_order(mut self) -> Self {
        for (name, _) in std::mem::take(&mut self.order.computed) {
            self.order.keys.remove(&name);
        }
        self
    }

    /// Refuses an order by a number of related documents, for a call that sorts without the server.
    pub(crate) fn refuse_computed_order(mut self, call: &str) -> Self {
        if !self.order.computed.is_empty() {
            let reason = format!("{call} can't be sorted by a number of related documents; sort by a `counter` field");
            self.refusal.get_or_insert(Refusal::Invalid { model: M::METADATA.name, reason });
        }
        self
    }

    /// Fails if the query has an `after` and an order by a number, which the last document doesn't have.
    pub(crate) fn check_after(&self) -> crate::Result<()> {
        if self.after.is_none() || self.order.computed.is_empty() {
            return Ok(());
        }
        let reason =
            "`after` can't page by a number of related documents, which is not in the document; use `page`, or \
                      sort by a `counter` field"
                .to_owned();
        Err(super::invalid::<M>(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_range_of_numbers_within_a_window() {
        for skip in 0..3 {
            for limit in [None, Some(0), Some(1), Some(3)] {
                for least in 0..5 {
                    for most in [None, Some(0), Some(2), Some(4)] {
                        let range = Range { least, most };
                        let before = range.before_window(skip, limit);
                        for n in 0_u64..9 {
                            let shown = n.saturating_sub(skip).min(limit.unwrap_or(u64::MAX));
                            let found = before.is_some_and(|range| range.has(n));
                            assert_eq!(found, range.has(shown), "{range:?} {n} {skip} {limit:?}");
                        }
                    }
                }
            }
        }
    }
}
