//! What a query has to read before it can run.

use mongodb::options::FindOptions;

use crate::query::{Via, invalid, question};
use crate::store::{self, Exec};
use crate::{Model, Query, Result};
use mongodb::bson::Bson;

impl<M: Model> Query<M> {
    /// The query with what has to be found first: the ids behind a join model, the keys of a condition that can't be joined,
    /// what the limit of a relation shows that is paged by key. One command for each.
    pub(crate) async fn resolved(mut self, exec: Exec<'_>) -> Result<Self> {
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal.into());
        }
        Box::pin(async {
            let query = match self.via.take() {
                Some(via) => self.among(via.ids(exec).await?),
                None => self,
            };
            query.answered(exec).await?.bounded(exec).await
        })
        .await
    }

    /// The ids of the results, read to decide on a write.
    pub(crate) async fn found(self, exec: Exec<'_>) -> Result<Vec<Bson>> {
        self.resolved(exec).await?.ids(exec).await
    }

    /// The query after the commands that its conditions need, each replaced by the keys that it found.
    async fn answered(mut self, exec: Exec<'_>) -> Result<Self> {
        let options = FindOptions::builder()
            .comment(self.options.comment.clone())
            .max_time(self.options.max_time)
            // a write may follow
            .selection_criteria(store::primary(exec))
            .build();
        while let Some(question) = question::<M>(&mut self.filter.condition, self.options.collation.is_some())? {
            let (mut options, read) = (options.clone(), question.reading());
            options.projection = question.projection();
            let found = store::find(exec, question.find.clone(), options, read).await?;
            question.answer(found).map_err(|keys| {
                invalid::<M>(format!(
                    "a condition on related documents reads {keys} keys first, too many for a command; add a filter"
                ))
            })?;
        }
        Ok(self)
    }

    /// With an `after` within a relation that has a limit of its own: the query among the documents that the limit shows,
    /// whose ids are read first. Those behind the limit belong to no page.
    async fn bounded(mut self, exec: Exec<'_>) -> Result<Self> {
        if self.limit_before_after().is_none() {
            return Ok(self);
        }
        let mut window = self.clone();
        (window.after, window.skip, window.limit) = (None, None, None);
        let ids = window.ids(exec).await?;
        let arranged = self.arrangement().is_some();
        if !arranged {
            self.order = self.sort().into();
        }
        // its filter and its order are the query's own by now
        self.relation = None;
        Ok(if arranged { self.arranged(ids) } else { self.among(ids) })
    }
}

impl Via {
    /// The ids: one command.
    async fn ids(self, exec: Exec<'_>) -> Result<Vec<Bson>> {
        let Self { find, key, stored } = self;
        let options = FindOptions::builder().projection(stored.projection(key)).build();
        store::distinct(exec, find, options, |link| stored.id_in(link, key)).await
    }
}
