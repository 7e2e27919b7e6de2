//! The writes of a bulk in the form in which they are sent.

use mongodb::bson::{Bson, DateTime, Document, RawDocument, RawDocumentBuf};
use mongodb::options::UpdateModifications;

use super::super::encode::{encode, encode_id};
use super::super::{References, id_to_store, replacement};
use super::write::Write;
use crate::delete::{Removal, is_plain};
use crate::field::stored_id;
use crate::hooks::{copy_of, has_hooks};
use crate::schema::ModelMetadata;
use crate::store::Change;
use crate::write::{BatchWrite, Replacement, is_counted};
use crate::{Error, Model, Result};

/// A write that is ready to be sent.
pub(super) enum Step<M> {
    /// A document of a model with hooks, which may change it before it is encoded.
    Document(M, Storing),
    Encoded(Encoded),
    Delete(Bson),
}

/// How a whole document is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storing {
    Insert,
    Replace,
}

/// A write that stores or updates a document.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "boxes would be one more allocation for each write")]
pub(super) enum Encoded {
    Insert(&'static ModelMetadata, RawDocumentBuf),
    Batch(BatchWrite),
}

/// The command of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Insert,
    Update,
    Delete,
}

impl Encoded {
    pub(super) fn document<M: Model>(model: &M, storing: Storing, now: DateTime) -> Result<Self> {
        Ok(match storing {
            Storing::Insert => Self::Insert(M::MODEL_OF(model), encode(model)?),
            Storing::Replace => Self::Batch(BatchWrite::Replace(replacement(model, now)?)),
        })
    }

    /// The id of the document that it updates.
    pub(super) fn updated(&self) -> Option<&Bson> {
        match self {
            Self::Batch(BatchWrite::Update { id, .. }) => Some(id),
            _ => None,
        }
    }

    /// The whole document that it stores.
    pub(super) fn stored(&self) -> Option<&RawDocument> {
        match self {
            Self::Insert(_, document) => Some(document),
            Self::Batch(BatchWrite::Replace(one)) => Some(Replacement::document(one)),
            Self::Batch(BatchWrite::Update { .. }) => None,
        }
    }
}

impl<M> Step<M> {
    pub(super) fn command(&self) -> Command {
        match self {
            Self::Document(_, Storing::Insert) | Self::Encoded(Encoded::Insert(..)) => Command::Insert,
            Self::Document(_, Storing::Replace) | Self::Encoded(Encoded::Batch(_)) => Command::Update,
            Self::Delete(_) => Command::Delete,
        }
    }
}

/// A bulk that is ready to be sent.
pub(super) struct Prepared<M> {
    pub(super) steps: Vec<Step<M>>,
    /// The `_id` of each document.
    pub(super) ids: Vec<Bson>,
    pub(super) now: DateTime,
    pub(super) ordered: bool,
    /// Whether hooks, checks, rules or counters apply.
    pub(super) in_transaction: bool,
}

impl<M: Model> Prepared<M> {
    pub(super) fn new(writes: Vec<Write<M>>, ordered: bool) -> Result<Self> {
        let now = DateTime::now();
        let (mut steps, mut ids) = (Vec::with_capacity(writes.len()), Vec::with_capacity(writes.len()));
        for write in writes {
            let (step, id) = step(write, now)?;
            steps.push(step);
            ids.push(id);
        }
        if let Some(Step::Document(model, _)) = steps.iter().find(|step| matches!(step, Step::Document(..))) {
            copy(model)?;
        }
        let mut prepared = Self { steps, ids, now, ordered, in_transaction: false };
        prepared.in_transaction = prepared.has_effects()?;
        Ok(prepared)
    }

    fn has_effects(&self) -> Result<bool> {
        if is_counted(M::METADATA) {
            return Ok(true);
        }
        let by_model = |step: &Step<M>| match step {
            Step::Document(..) => true,
            Step::Delete(_) => !is_plain(M::METADATA, Removal::ByModel.is_soft(M::METADATA)),
            Step::Encoded(_) => false,
        };
        let stored = self.steps.iter().filter_map(|step| match step {
            Step::Encoded(encoded) => encoded.stored(),
            _ => None,
        });
        Ok(self.steps.iter().any(by_model) || References::ByModel.of::<M>(stored)?.is_some())
    }

    /// The numbers of the writes that share commands.
    pub(super) fn groups(&self) -> Vec<(Command, Vec<usize>)> {
        let mut groups: Vec<(Command, Vec<usize>)> = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let command = step.command();
            let group = if self.ordered {
                groups.last_mut().filter(|(last, _)| *last == command)
            } else {
                groups.iter_mut().find(|(other, _)| *other == command)
            };
            match group {
                Some((_, indexes)) => indexes.push(index),
                None => groups.push((command, vec![index])),
            }
        }
        groups
    }
}

fn step<M: Model>(write: Write<M>, now: DateTime) -> Result<(Step<M>, Bson)> {
    let (mut model, mut storing) = match write {
        Write::Insert(model) => (model, Storing::Insert),
        Write::Save(model) => (model, Storing::Replace),
        Write::Update(id, update) => {
            let id = stored_id::<M>(&id)?;
            let change = update.into_change().map_err(Error::encode::<M>)?.at(now);
            refuse_replacement::<M>(&change)?;
            return Ok((Step::Encoded(Encoded::Batch(BatchWrite::Update { id: id.clone(), change })), id));
        }
        Write::Delete(id) => {
            let id = stored_id::<M>(&id)?;
            return Ok((Step::Delete(id.clone()), id));
        }
    };
    if let Some(id) = id_to_store(&model)? {
        *M::ID.get_mut(&mut model) = id;
        storing = Storing::Insert;
    }
    let id = encode_id::<M>(M::ID.get(&model))?;
    let step = if has_hooks::<M>() {
        Step::Document(model, storing)
    } else {
        Step::Encoded(Encoded::document(&model, storing, now)?)
    };
    Ok((step, id))
}

/// An update without operators would replace the document.
fn refuse_replacement<M: Model>(change: &Change) -> Result<()> {
    let replaces = |update: &Document| update.keys().next().is_none_or(|name| !name.starts_with('$'));
    match &change.update {
        UpdateModifications::Document(update) if replaces(update) => Err(Error::Invalid {
            model: M::METADATA.name,
            value: false,
            reason: "an update has operators, such as `$set`; to replace a document, use `save`".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// A copy of a document, which hooks may change.
pub(super) fn copy<M: Model>(model: &M) -> Result<M> {
    copy_of(model).ok_or_else(|| Error::Invalid {
        model: M::METADATA.name,
        value: false,
        reason: format!(
            "a bulk runs hooks on copies, but `{}` can't be copied; derive `Clone` for it, or write the documents one by one",
            M::METADATA.name
        ),
    })
}
