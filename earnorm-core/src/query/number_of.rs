//! The number of related documents, in a condition and in an order.

use mongodb::bson::{Bson, Document, doc};

use super::condition::{Condition, Counting, Range};
use super::filter::Filter;
use super::join::Joins;
use super::sort::{OrderKey, key_name};
use super::{Query, Sort};
use crate::embedded::Record;
use crate::error::Refusal;
use crate::store::{self, Find};
use crate::{Model, Relation};

/// In a joined row: the number of documents.
pub(crate) const NUMBER: &str = "n";

/// The stage that counts rows. Some servers refuse the stage `$count` within a `$lookup`.
pub(crate) fn counted() -> Document {
    doc! { "$group": { "_id": Bson::Null, NUMBER: { "$sum": 1 } } }
}

impl Counting {
    /// The stages that count the documents that a join has found, until there are `end`.
    fn ending(&self, end: Option<u64>) -> Vec<Document> {
        let mut stages = Vec::new();
        stages.extend(self.distinct.map(|field| doc! { "$group": { "_id": format!("${field}") } }));
        stages.extend(end.map(|n| doc! { "$limit": store::sendable(n).cast_signed() }));
        stages.push(counted());
        stages
    }
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
        // a document without related ones has no number in its row
        let Some(most) = range.most else { return Document::new() };
        found.insert(number, doc! { "$gt": signed(most) });
        doc! { "$nor": [found] }
    }
}

fn signed(n: u64) -> i64 {
    store::sendable(n).cast_signed()
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
        joins.stages.push(doc! { "$set": { name: number } });
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

impl<M: Model, P, V> Query<M, P, V> {
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
    use crate::query::condition::Range;

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
