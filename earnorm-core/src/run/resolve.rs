//! The commands that a query sends before it can run.

use mongodb::bson::Bson;
use mongodb::options::FindOptions;

use crate::query::{Condition, Via, invalid, question};
use crate::store::{self, Exec};
use crate::{Model, Query, Result};

impl<M: Model> Query<M> {
    /// Reads what the query needs first, and puts it into the query: ids of a join model, keys of conditions that can't
    /// be joined, and the ids within the limit of a relation that is paged by key. One command for each.
    pub(crate) async fn resolve(mut self, exec: Exec<'_>) -> Result<Self> {
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal.into());
        }
        self.check_after()?;
        Box::pin(async {
            let query = match self.via.take() {
                Some(via) => self.among(via.ids(exec).await?),
                None => self,
            };
            query.answer_questions(exec).await?.apply_relation_limit(exec).await
        })
        .await
    }

    /// The ids of the results, for a write that follows.
    pub(crate) async fn result_ids(self, exec: Exec<'_>) -> Result<Vec<Bson>> {
        self.resolve(exec).await?.ids(exec).await
    }

    /// Sends the commands that parts of the condition need, and replaces each part by a condition on the keys that were
    /// found.
    async fn answer_questions(mut self, exec: Exec<'_>) -> Result<Self> {
        // a write may follow
        let options = self.options.find_first(store::primary(exec));
        let collated = self.options.collation.is_some();
        let of_order = self.order.computed.iter_mut().map(|(_, key)| &mut key.counting.has.of);
        for condition in std::iter::once(&mut self.filter.condition).chain(of_order) {
            let mut asked = false;
            while let Some(question) = question::<M>(condition, collated)? {
                let (mut options, read) = (options.clone(), question.reader());
                options.projection = question.projection();
                let found = store::find(exec, question.find.clone(), options, read).await?;
                question.answer(found).map_err(|keys| {
                    invalid::<M>(format!(
                        "a condition on related documents reads {keys} keys first, too many for a command; add a filter"
                    ))
                })?;
                asked = true;
            }
            if asked {
                *condition = std::mem::replace(condition, Condition::never()).simplified();
            }
        }
        Ok(self)
    }

    /// For an `after` in a relation that declares a limit: reads the ids within the limit, and restricts the query to
    /// them. Documents beyond the limit belong to no page.
    async fn apply_relation_limit(mut self, exec: Exec<'_>) -> Result<Self> {
        if self.limit_under_after().is_none() {
            return Ok(self);
        }
        let mut window = self.clone();
        (window.after, window.skip, window.limit) = (None, None, None);
        let ids = window.ids(exec).await?;
        let arranged = self.arrangement().is_some();
        if !arranged {
            self.order = self.sort().into();
        }
        // its filter and its order are part of the query by now
        self.relation = None;
        Ok(if arranged { self.in_order_of(ids) } else { self.among(ids) })
    }
}

impl Via {
    /// Reads the ids. One command.
    async fn ids(self, exec: Exec<'_>) -> Result<Vec<Bson>> {
        let Self { find, key, stored } = self;
        let options = FindOptions::builder().projection(stored.projection(key)).build();
        store::distinct(exec, find, options, |link| stored.id_in(link, key)).await
    }
}
