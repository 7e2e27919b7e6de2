//! The values of managed fields.

use mongodb::bson::{Bson, DateTime, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use mongodb::options::UpdateModifications;

use super::Table;
use crate::schema::{ModelMetadata, Stamp};
use crate::store::{Change, Stamps};
use crate::{Error, Result, bson};

impl ModelMetadata {
    /// Whether writes of whole documents set fields of it.
    fn is_stamped(&self) -> bool {
        let config = &self.config;
        config.created_at.is_some() || config.updated_at.is_some() || config.version.is_some()
    }
}

fn encode_error(model: Table) -> impl FnOnce(bson::EncodeError) -> Error {
    move |source| Error::Encode { model: model.name, source }
}

/// An encoded document with its managed fields, and their values for the document in memory.
#[derive(Debug, Clone)]
pub(super) struct Stamped {
    pub(super) document: RawDocumentBuf,
    /// `None` if the model has no managed fields.
    pub(super) stamp: Option<Stamp>,
}

/// Sets the managed fields of a document that is inserted.
pub(super) fn inserted(model: Table, document: RawDocumentBuf, now: DateTime) -> Result<Stamped> {
    stamped(model, document, Stamp { now, created: true, updated: true, version: Some(1), before: None })
}

/// Sets the managed fields of a document that replaces the stored one. The time of its creation stays as it is.
pub(super) fn replacing(model: Table, document: RawDocumentBuf, now: DateTime) -> Result<Stamped> {
    let version = version(model, &document)?.map(|version| version.saturating_add(1));
    stamped(model, document, Stamp { now, created: false, updated: true, version, before: None })
}

fn stamped(model: Table, document: RawDocumentBuf, mut stamp: Stamp) -> Result<Stamped> {
    if !model.is_stamped() {
        return Ok(Stamped { document, stamp: None });
    }
    stamp.before = version(model, &document)?;
    let document = bson::with_members(&document, &members(model, &stamp, &document)?).map_err(encode_error(model))?;
    Ok(Stamped { document, stamp: Some(stamp) })
}

/// The version in an encoded document; 0 if it has none yet. `None` if the model has no versions.
pub(super) fn version(model: Table, document: &RawDocument) -> Result<Option<i64>> {
    let Some(name) = model.config.version else { return Ok(None) };
    let version = document.get(name).map_err(mongodb::error::Error::from)?;
    Ok(Some(version.and_then(bson::integer).unwrap_or_default()))
}

/// The condition that the stored document has the version of an encoded one; empty if the model has no versions.
pub(crate) fn is_current(model: Table, document: &RawDocument) -> Result<Document> {
    Ok(has_version(model, version(model, document)?))
}

pub(super) fn has_version(model: Table, version: Option<i64>) -> Document {
    let (Some(name), Some(version)) = (model.config.version, version) else { return Document::new() };
    // the null stands for documents from before they had versions
    let versions = if version == 0 { vec![Bson::Int32(0), Bson::Null] } else { vec![Bson::Int64(version)] };
    doc! { name: { "$in": versions } }
}

/// The managed fields of a whole document.
fn members(model: Table, stamp: &Stamp, document: &RawDocument) -> Result<Document> {
    let config = &model.config;
    let mut members = Document::new();
    for field in [config.created_at.filter(|_| stamp.created), config.updated_at].into_iter().flatten() {
        members.insert(field.name(), field.encode(stamp.now).map_err(encode_error(model))?);
    }
    if let (Some(name), Some(version)) = (config.version, stamp.version) {
        let is_small = matches!(document.get(name), Ok(Some(RawBsonRef::Int32(_))));
        let small = i32::try_from(version).ok().filter(|_| is_small);
        members.insert(name, small.map_or(Bson::Int64(version), Bson::Int32));
    }
    Ok(members)
}

/// Sets the managed fields of a document that an update inserts.
pub(super) fn insert_members(model: Table, document: &mut Document, now: DateTime) -> Result<()> {
    let stamp = Stamp { now, created: true, updated: true, version: Some(1), before: None };
    let raw = RawDocumentBuf::try_from(&*document).map_err(|e| encode_error(model)(bson::EncodeError::new(e)))?;
    document.extend(members(model, &stamp, &raw)?);
    Ok(())
}

/// The field with the time of creation, and its value for a document that is created now.
pub(super) fn creation(model: Table, now: DateTime) -> Result<Option<(&'static str, Bson)>> {
    let Some(field) = model.config.created_at else { return Ok(None) };
    Ok(Some((field.name(), field.encode(now).map_err(encode_error(model))?)))
}

/// The time of an update and the version after it, as expressions.
pub(super) fn update_expressions(model: Table, now: DateTime) -> Result<Document> {
    let mut fields = Document::new();
    if let Some(field) = model.config.updated_at {
        let now = field.encode(now).map_err(encode_error(model))?;
        fields.insert(field.name(), doc! { "$literal": now });
    }
    if let Some(name) = model.config.version {
        fields.insert(name, doc! { "$add": [{ "$ifNull": [format!("${name}"), 0] }, 1] });
    }
    Ok(fields)
}

/// The update with what it does to managed fields. A managed field that the update changes itself is left to it.
pub(super) fn update(model: Table, change: Change) -> Result<Change> {
    let config = &model.config;
    if change.stamps == Stamps::None || config.updated_at.is_none() && config.version.is_none() {
        return Ok(change);
    }
    let update = match change.update {
        UpdateModifications::Document(operators) => operators_with(model, operators, change.now)?.into(),
        UpdateModifications::Pipeline(stages) => {
            UpdateModifications::Pipeline(stages_with(model, stages, change.now, change.only_if_changed)?)
        }
        other => other,
    };
    Ok(Change { update, ..change })
}

fn operators_with(model: Table, mut operators: Document, now: DateTime) -> Result<Document> {
    let fields = |operators: &Document| -> Vec<(String, Option<String>)> {
        let each = operators.values().filter_map(Bson::as_document).flatten();
        each.map(|(name, value)| (name.clone(), value.as_str().map(str::to_owned))).collect()
    };
    let changed = fields(&operators);
    // an update without any change, or a mistake that the server reports
    if changed.is_empty() {
        return Ok(operators);
    }
    let renames = operators.contains_key("$rename");
    let is_changed = |field: &str| {
        let renamed = |to: &Option<String>| renames && to.as_deref().is_some_and(|to| overlaps(to, field));
        changed.iter().any(|(name, to)| overlaps(name, field) || renamed(to))
    };
    if let Some(field) = model.config.updated_at.filter(|field| !is_changed(field.name())) {
        let now = field.encode(now).map_err(encode_error(model))?;
        add(&mut operators, "$set", field.name(), now);
    }
    if let Some(name) = model.config.version.filter(|name| !is_changed(name)) {
        add(&mut operators, "$inc", name, Bson::Int32(1));
    }
    Ok(operators)
}

fn add(operators: &mut Document, operator: &str, name: &str, value: Bson) {
    match operators.get_mut(operator) {
        Some(Bson::Document(fields)) => drop(fields.insert(name, value)),
        // the server reports an operand that is no document
        Some(_) => {}
        None => drop(operators.insert(operator, doc! { name: value })),
    }
}

fn stages_with(model: Table, mut stages: Vec<Document>, now: DateTime, only_if_changed: bool) -> Result<Vec<Document>> {
    let sets = |stage: &Document, field: &str| {
        let fields = stage.values().filter_map(Bson::as_document);
        fields.flatten().any(|(name, _)| overlaps(name, field))
    };
    let fields = update_expressions(model, now)?.into_iter();
    let mut fields: Document = fields.filter(|(field, _)| !stages.iter().any(|stage| sets(stage, field))).collect();
    if fields.is_empty() || stages.is_empty() {
        return Ok(stages);
    }
    if let (true, [stage]) = (only_if_changed, stages.as_mut_slice())
        && let Ok(set) = stage.get_document_mut("$set")
    {
        let differ = set.iter().map(|(name, value)| Bson::from(doc! { "$ne": [value.clone(), format!("${name}")] }));
        let changed = doc! { "$or": differ.collect::<Vec<_>>() };
        fields = fields
            .into_iter()
            .map(|(name, value)| {
                let kept = format!("${name}");
                (name, doc! { "$cond": [&changed, value, kept] }.into())
            })
            .collect();
        set.extend(fields);
        return Ok(stages);
    }
    stages.push(doc! { "$set": fields });
    Ok(stages)
}

/// Whether one of two paths is inside the other, or both are the same.
fn overlaps(path: &str, other: &str) -> bool {
    let inside =
        |path: &str, outer: &str| path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    inside(path, other) || inside(other, path)
}
