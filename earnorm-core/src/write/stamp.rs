//! The values of managed fields.

use mongodb::bson::{Bson, DateTime, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use mongodb::options::UpdateModifications;

use super::Table;
use crate::field::value;
use crate::reference::counters_of;
use crate::schema::{ModelMetadata, Stamp};
use crate::store::{Change, Stamps, among};
use crate::{Error, Result, bson};

impl ModelMetadata {
    /// Whether writes of whole documents set fields of it.
    fn is_stamped(&self) -> bool {
        let config = &self.config;
        config.created_at.is_some() || config.updated_at.is_some() || config.version.is_some()
    }
}

pub(super) fn encode_error(model: Table) -> impl FnOnce(bson::EncodeError) -> Error {
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
    stamp.before = version(model, &document)?;
    let members = members(model, &stamp, &document)?;
    // a document that is saved may have none: only the server knows whether it gets a time of creation
    let stamp = model.is_stamped().then_some(stamp);
    if members.is_empty() {
        return Ok(Stamped { document, stamp });
    }
    let document = bson::with_members(&document, &members).map_err(encode_error(model))?;
    Ok(Stamped { document, stamp })
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
    among(name, &versions)
}

/// Whether an encoded document was read from the database, or written to it: it has a version.
pub(crate) fn is_versioned(model: Table, document: &RawDocument) -> Result<bool> {
    Ok(version(model, document)?.is_some_and(|version| version > 0))
}

/// The managed fields that a document takes over from the stored one that it will replace: the time of its creation, and if
/// `any_version`, the version.
pub(crate) fn taken_over(model: Table, stored: &RawDocument, any_version: bool) -> Result<Document> {
    let created_at = model.config.created_at.map(|field| field.name());
    let fields = created_at.into_iter().chain(model.config.version.filter(|_| any_version));
    fields.map(|name| Ok((name.to_owned(), value(stored, name)?))).collect()
}

/// The managed fields of a whole document.
fn members(model: Table, stamp: &Stamp, document: &RawDocument) -> Result<Document> {
    let config = &model.config;
    let mut members = Document::new();
    for field in [config.created_at.filter(|_| stamp.created), config.updated_at].into_iter().flatten() {
        members.insert(field.name(), field.encode(stamp.now).map_err(encode_error(model))?);
    }
    if let (Some(name), Some(version)) = (config.version, stamp.version) {
        members.insert(name, number(version, document, name));
    }
    for counted in counters_of(model.documents()) {
        let Some(counter) = counted.counter() else { continue };
        if counted.own {
            let count = i64::try_from(counted.keys_in(document)?.len()).unwrap_or(i64::MAX);
            members.insert(counter, number(count, document, counter));
        } else if stamp.created {
            members.insert(counter, number(0, document, counter));
        }
    }
    Ok(members)
}

/// A number in the type in which a document stores it.
fn number(number: i64, document: &RawDocument, name: &str) -> Bson {
    let is_small = matches!(document.get(name), Ok(Some(RawBsonRef::Int32(_))));
    let small = i32::try_from(number).ok().filter(|_| is_small);
    small.map_or(Bson::Int64(number), Bson::Int32)
}

/// Sets the managed fields of a document that an update inserts.
pub(super) fn insert_members(model: Table, document: &mut Document, now: DateTime) -> Result<()> {
    if !model.is_stamped() && counters_of(model.documents()).next().is_none() {
        return Ok(());
    }
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
    let changed = Changed::by(&change.update);
    let version = config.version.filter(|_| change.stamps == Stamps::All);
    let update = match change.update {
        UpdateModifications::Document(operators) => {
            operators_with((model, version), operators, &changed, change.now)?.into()
        }
        UpdateModifications::Pipeline(stages) => {
            let is_left = |field: &str| changed.contains(field) || version.is_none() && config.version == Some(field);
            let fields = update_expressions(model, change.now)?.into_iter();
            let fields = fields.filter(|(field, _)| !is_left(field)).collect();
            UpdateModifications::Pipeline(stages_with(stages, fields, change.only_if_changed))
        }
        other => other,
    };
    Ok(Change { update, ..change })
}

/// The fields that an update changes.
pub(super) enum Changed {
    Fields(Vec<String>),
    /// It may change any field.
    Any,
}

impl Changed {
    pub(super) fn by(update: &UpdateModifications) -> Self {
        match update {
            UpdateModifications::Document(operators) => Self::Fields(names_in(operators)),
            UpdateModifications::Pipeline(stages) => {
                let mut names = Vec::new();
                for (stage, operand) in stages.iter().flatten() {
                    match (stage.as_str(), operand) {
                        ("$set" | "$addFields", Bson::Document(fields)) => names.extend(fields.keys().cloned()),
                        ("$unset" | "$project", Bson::String(name)) => names.push(name.clone()),
                        ("$unset", Bson::Array(fields)) => {
                            names.extend(fields.iter().filter_map(Bson::as_str).map(str::to_owned));
                        }
                        _ => return Self::Any,
                    }
                }
                Self::Fields(names)
            }
            _ => Self::Any,
        }
    }

    /// Whether the update changes this field, a field inside it, or one that it is inside of.
    pub(super) fn contains(&self, field: &str) -> bool {
        match self {
            Self::Fields(names) => names.iter().any(|name| overlaps(name, field)),
            Self::Any => true,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Fields(names) if names.is_empty())
    }
}

/// The names of the fields in an update of operators, without what selects elements of arrays.
fn names_in(operators: &Document) -> Vec<String> {
    let mut names = Vec::new();
    for (operator, fields) in operators {
        for (name, value) in fields.as_document().into_iter().flatten() {
            names.push(without_elements(name));
            names.extend(value.as_str().filter(|_| operator == "$rename").map(str::to_owned));
        }
    }
    names
}

fn without_elements(name: &str) -> String {
    let is_field = |part: &&str| !part.starts_with('$') && !part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').filter(is_field).collect::<Vec<_>>().join(".")
}

/// The version of a model, if the update increments it.
type VersionName = Option<&'static str>;

fn operators_with(
    (model, version): (Table, VersionName),
    mut operators: Document,
    changed: &Changed,
    now: DateTime,
) -> Result<Document> {
    // an update without any change, or a mistake that the server reports
    if changed.is_empty() {
        return Ok(operators);
    }
    if let Some(field) = model.config.updated_at.filter(|field| !changed.contains(field.name())) {
        let now = field.encode(now).map_err(encode_error(model))?;
        add(&mut operators, "$set", field.name(), now);
    }
    if let Some(name) = version.filter(|name| !changed.contains(name)) {
        add(&mut operators, "$inc", name, Bson::Int32(1));
    }
    Ok(operators)
}

fn add(operators: &mut Document, operator: &str, name: &str, value: Bson) {
    match operators.get_mut(operator) {
        Some(Bson::Document(fields)) => drop(fields.insert(name, value)),
        // an operand of another type is a mistake, which the server reports
        Some(_) => {}
        None => drop(operators.insert(operator, doc! { name: value })),
    }
}

fn stages_with(mut stages: Vec<Document>, fields: Document, only_if_changed: bool) -> Vec<Document> {
    if fields.is_empty() || stages.is_empty() {
        return stages;
    }
    if let (true, [stage]) = (only_if_changed, stages.as_mut_slice())
        && let Ok(set) = stage.get_document_mut("$set")
    {
        let differ = set.iter().map(|(name, value)| Bson::from(doc! { "$ne": [value.clone(), format!("${name}")] }));
        let changed = doc! { "$or": differ.collect::<Vec<_>>() };
        set.extend(fields.into_iter().map(|(name, value)| {
            let kept = format!("${name}");
            (name, doc! { "$cond": [&changed, value, kept] }.into())
        }));
        return stages;
    }
    stages.push(doc! { "$set": fields });
    stages
}

/// Whether one of two paths is inside the other, or both are the same.
fn overlaps(path: &str, other: &str) -> bool {
    let inside =
        |path: &str, outer: &str| path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    inside(path, other) || inside(other, path)
}
