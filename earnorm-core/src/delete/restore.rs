//! Restores deleted documents.

use std::fmt;

use mongodb::options::UpdateOptions;
use serde::Serialize;

use super::mark::{marked_by, remove_mark};
use crate::index::{Conflict, first_conflict};
use crate::observe::Call;
use crate::reference::{Effect, edges_to};
use crate::schema::{Deletion, Kinds, ModelIdentity, ModelMetadata, Visible, models};
use crate::store::{BoxFuture, Exec, Executor, atomically};
use crate::text::Noun;
use crate::{Error, Model, Result, write};

/// What [`restore`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RestoreReport {
    /// The numbers of each model, parents before their children.
    pub models: Vec<RestoredModel>,
}

/// How many documents of a model were restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RestoredModel {
    /// The name of the model.
    pub model: &'static str,
    /// How many of its documents were restored.
    pub restored: u64,
    #[serde(skip)]
    identity: ModelIdentity,
    #[serde(skip)]
    noun: Noun,
}

impl RestoreReport {
    /// How many documents were restored.
    pub fn restored(&self) -> u64 {
        self.models.iter().map(|model| model.restored).sum()
    }

    /// How many documents of one model were restored.
    pub fn restored_of<M: Model>(&self) -> u64 {
        let identity = M::METADATA.identity();
        let of = |model: &&RestoredModel| identity == model.identity || identity.covers(model.identity);
        self.models.iter().filter(of).map(|model| model.restored).sum()
    }
}

impl fmt::Display for RestoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.models.is_empty() {
            return f.write_str("nothing restored");
        }
        let each: Vec<_> = self.models.iter().map(|model| model.noun.with_count(model.restored)).collect();
        write!(f, "{} restored", each.join(", "))
    }
}

/// Restores the documents that one call deleted: those of all linked models with a field `#[model(soft_delete)]` that
/// have the mark of this deletion. What was deleted by another call stays deleted.
///
/// A unique index allows the values of deleted documents again, so another document may have one of them by now. Before the
/// first write, this is checked for every unique index that a model or a one-to-one relation declares.
///
/// It runs in the caller's transaction, or else in a new one. On a standalone server, which has no transactions, parents are
/// restored before their children, and an interrupted call can be run again. No hooks run.
///
/// An unknown or purged deletion restores nothing. `None` too, which is the [`deletion`](crate::DeleteReport::deletion) of
/// a report that deleted nothing: no command is sent.
///
/// This takes one command for each linked model with a mark; for each of them with documents to restore, one for the write, and
/// one for each unique index and each started 1,000 values; and one to commit.
///
/// ```no_run
/// use earnorm::Deletion;
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[index(email, unique)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     email: String,
///     #[model(soft_delete)]
///     deleted: Option<Deletion>,
/// }
///
/// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
/// let report = user.delete(&db).await?;
/// let restored = earnorm::restore(&db, report.deletion()).await?;
/// println!("{restored}"); // 1 user restored
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Duplicate`] if a document that isn't deleted has the same value in a unique index. Nothing was written.
/// [`Error::Driver`].
#[track_caller]
pub fn restore<'e>(
    on: impl Executor<'e>,
    deletion: impl Into<Option<Deletion>>,
) -> BoxFuture<'e, Result<RestoreReport>> {
    let deletion = deletion.into();
    Call::named("", "restore").run(async move {
        match deletion {
            Some(deletion) => atomically(on.executor(), async |exec| restore_all(exec, deletion).await).await,
            None => Ok(RestoreReport::default()),
        }
    })
}

async fn restore_all(exec: Exec<'_>, deletion: Deletion) -> Result<RestoreReport> {
    let mut found = Vec::new();
    for (model, mark) in marked_models() {
        let filter = marked_by(mark, deletion);
        let conflict = first_conflict(exec, model.documents(), mark, deletion.id, filter.clone()).await?;
        match conflict {
            Conflict::NoDocuments => {}
            Conflict::In(index) => return Err(Error::Duplicate { model: model.name, index }),
            Conflict::None => found.push((model, mark, filter)),
        }
    }
    let mut report = RestoreReport::default();
    for (model, mark, filter) in found {
        let (of, options) = ((model, Visible::All), UpdateOptions::default());
        let restored = write::update_visible(exec, of, filter, remove_mark(mark), options).await?.matched;
        if restored > 0 {
            let (identity, noun) = (model.identity(), model.noun());
            report.models.push(RestoredModel { model: model.name, restored, identity, noun });
        }
    }
    Ok(report)
}

/// The models with a mark, one for all documents of a collection with the same tag, and parents before their children.
fn marked_models() -> Vec<(&'static ModelMetadata, &'static str)> {
    let mut rest: Vec<(&'static ModelMetadata, &'static str)> = Vec::new();
    for model in models().filter(|model| model.config.kinds.is_empty()) {
        let known = |(other, mark): &(&ModelMetadata, &str)| {
            other.documents() == model.documents() && Some(*mark) == model.config.soft_delete
        };
        if let (Some(mark), false) = (model.config.soft_delete, rest.iter().any(known)) {
            rest.push((model, mark));
        }
    }
    let mut ordered = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let is_child = |(child, _): &(&ModelMetadata, &str)| {
            let is_above = |(parent, _): &(&'static ModelMetadata, &str)| {
                parent.documents() != child.documents() && cascades(parent, child)
            };
            rest.iter().any(is_above)
        };
        // in a cycle, any is the first
        let next = rest.iter().position(|model| !is_child(model)).unwrap_or(0);
        ordered.push(rest.remove(next));
    }
    ordered
}

fn cascades(parent: &'static ModelMetadata, child: &ModelMetadata) -> bool {
    let deletes = |of: &'static ModelMetadata| {
        edges_to(of).any(|edge| edge.effect() == Effect::Delete && edge.holder.documents().overlaps(child.documents()))
    };
    Kinds::of(parent).each().any(deletes)
}
