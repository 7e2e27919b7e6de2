//! Computes totals of the documents of a query, all together or by a field.

use mongodb::bson::{Bson, Document, RawDocument, doc};

use crate::bson::{Identity, identity};
use crate::field;
use crate::query::{Measure, Query, Total, is_too_long};
use crate::store::{self, Aggregate, Exec, sendable, side_by_side};
use crate::{Error, Model, Result};
use indexmap::IndexMap;

/// The field of a document that has its place in a list of ids.
const PLACE: &str = "__earnorm_place";

impl<M: Model> Query<M> {
    /// The total of all results. The query is resolved.
    pub(crate) async fn total_of(&self, exec: Exec<'_>, measure: &Measure) -> Result<Total> {
        let groups = self.totals_by(exec, None, measure).await?;
        Ok(groups.into_iter().map(|(_, total)| total).next().unwrap_or_else(|| measure.none()))
    }

    /// The totals of the results that have the same value in a field, by that value. The query is resolved.
    pub(crate) async fn totals_by(
        &self,
        exec: Exec<'_>,
        field: Option<&str>,
        measure: &Measure,
    ) -> Result<Vec<(Bson, Total)>> {
        let Some(pieces) = self.pieces()? else {
            return self.totals_of_piece(exec, field, measure).await;
        };
        if self.options.collation.is_some() {
            // only the server knows which values are equal
            return self.in_one_command()?.totals_of_piece(exec, field, measure).await;
        }
        let pieces = if self.is_windowed() {
            let ids = Self::new(crate::Filter::default()).visible(self.visible).among(self.ids(exec).await?);
            match ids.pieces()? {
                Some(pieces) => pieces,
                None => return ids.totals_of_piece(exec, field, measure).await,
            }
        } else {
            pieces
        };
        let found = side_by_side(pieces.iter().collect(), |piece| piece.totals_of_piece(exec, field, measure));
        let mut merged: IndexMap<Identity, (Bson, Total)> = IndexMap::new();
        for (key, total) in found.await?.into_iter().flatten() {
            let place = merged.entry(identity(&key)).or_insert_with(|| (key, measure.none()));
            measure.add(&mut place.1, total);
        }
        Ok(merged.into_values().collect())
    }

    /// The query, if its ids fit into one command.
    fn in_one_command(&self) -> Result<&Self> {
        if !self.ids.as_ref().is_some_and(|ids| is_too_long(&ids.list)) {
            return Ok(self);
        }
        let reason = "an aggregate with a collation takes at most 8 MiB of ids; remove the collation".to_owned();
        Err(Error::Invalid { model: M::METADATA.name, reason, value: false })
    }

    /// The totals of a query that one command can have. One command.
    async fn totals_of_piece(
        &self,
        exec: Exec<'_>,
        field: Option<&str>,
        measure: &Measure,
    ) -> Result<Vec<(Bson, Total)>> {
        // an order of ids is cut by stages of its own, and a server refuses a limit of 0 there
        if self.effective_limit() == Some(0) {
            return Ok(Vec::new());
        }
        let Some((mut find, _)) = self.to_command()? else {
            return Ok(Vec::new());
        };
        if find.skip.is_none() && find.limit.is_none() {
            // with it, the computed keys of the order
            find.sort.clear();
        }
        let mut pipeline = find.pipeline();
        if let (Some(order), true) = (self.arrangement(), self.is_windowed()) {
            pipeline.extend(self.window_of(&order));
        }
        pipeline.push(measure.group(field.map_or(Bson::Null, |field| format!("${field}").into()), ""));
        let mut aggregate = Aggregate::new(find.collection, pipeline);
        aggregate.options = self.options.totals();
        let read = |group: &RawDocument| Ok((field::value(group, "_id")?, measure.of_group(group)?));
        store::aggregate_with(exec, aggregate, read).await
    }

    /// The stages that keep the documents within the window, in the order of a list of ids.
    fn window_of(&self, order: &[Bson]) -> Vec<Document> {
        let place = doc! { "$indexOfArray": [{ "$literal": order.to_vec() }, "$_id"] };
        let mut stages = vec![doc! { "$set": { PLACE: place } }, doc! { "$sort": { PLACE: 1 } }];
        let signed = |n: u64| sendable(n).cast_signed();
        stages.extend(self.skip.filter(|n| *n > 0).map(|n| doc! { "$skip": signed(n) }));
        stages.extend(self.effective_limit().map(|n| doc! { "$limit": signed(n) }));
        stages
    }
}
