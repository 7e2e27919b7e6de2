//! Which BSON types a model can have in a field. The metadata doesn't have them, so the model's `Deserialize` is tested
//! with sample values.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, JavaScriptCodeWithScope, RawDocumentBuf, Timestamp, doc};

use crate::{Model, bson};

/// The groups of types that sort together, in the server's order, by their names for `$type`. A missing field sorts
/// like a null, and an empty array before it.
pub(crate) const KINDS: [&[&str]; 16] = [
    &["minKey"],
    &["null"],
    &["double", "int", "long", "decimal"],
    &["string", "symbol"],
    &["object"],
    &["array"],
    &["binData"],
    &["objectId"],
    &["bool"],
    &["date"],
    &["timestamp"],
    &["regex"],
    &["dbPointer"],
    &["javascript"],
    &["javascriptWithScope"],
    &["maxKey"],
];

pub(crate) const NULL: usize = 1;
pub(crate) const NUMBER: usize = 2;
pub(crate) const ARRAY: usize = 5;

/// The index of a value's type in [`KINDS`]; `None` for the deprecated type `undefined`.
pub(crate) fn kind(value: &Bson) -> Option<usize> {
    Some(match value {
        Bson::MinKey => 0,
        Bson::Null => NULL,
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => NUMBER,
        Bson::String(_) | Bson::Symbol(_) => 3,
        Bson::Document(_) => 4,
        Bson::Array(_) => ARRAY,
        Bson::Binary(_) => 6,
        Bson::ObjectId(_) => 7,
        Bson::Boolean(_) => 8,
        Bson::DateTime(_) => 9,
        Bson::Timestamp(_) => 10,
        Bson::RegularExpression(_) => 11,
        Bson::DbPointer(_) => 12,
        Bson::JavaScriptCode(_) => 13,
        Bson::JavaScriptCodeWithScope(_) => 14,
        Bson::MaxKey => 15,
        Bson::Undefined => return None,
    })
}

/// The types that a model can have at a path.
pub(crate) struct Kinds {
    possible: [bool; KINDS.len()],
    /// Whether numbers can be fractions.
    fractions: bool,
    /// Whether the model has the path.
    pub(crate) is_known: bool,
}

impl Kinds {
    /// Tests all types at a path. `like` is a stored document of the model.
    ///
    /// If serde fails with `invalid type`, the model can't read any value of the type. Any other failure is about the
    /// sample value: the model may read another value of the type.
    pub(crate) fn of<M: Model>(path: &str, like: &Document) -> Self {
        let mut kinds =
            Self { possible: [false; KINDS.len()], fractions: false, is_known: lookup(like, path).is_some() };
        let readable = decode::<M>(like).is_ok();
        for value in samples() {
            let Some(kind) = kind(&value) else { continue };
            let fraction = matches!(value, Bson::Double(_) | Bson::Decimal128(_));
            let mut document = like.clone();
            put(&mut document, path, value);
            match decode::<M>(&document) {
                Ok(model) => {
                    kinds.possible[kind] = true;
                    kinds.fractions |= fraction;
                    kinds.is_known |= lookup(&model, path).is_some();
                }
                Err(error) if readable && error.contains("invalid type") => {}
                Err(_) => {
                    (kinds.possible[kind], kinds.is_known) = (true, true);
                    kinds.fractions |= fraction;
                }
            }
        }
        kinds
    }

    /// Whether a number may be NaN.
    pub(crate) fn has_fractions(&self) -> bool {
        self.fractions
    }

    pub(crate) fn has(&self, kind: usize) -> bool {
        self.possible[kind]
    }
}

/// Reads a document as the model, and returns it as the model would store it.
fn decode<M: Model>(document: &Document) -> Result<Document, String> {
    let raw = RawDocumentBuf::try_from(document).map_err(|e| e.to_string())?;
    let model = bson::decode_document::<M>(&raw).map_err(|e| e.to_string())?;
    let raw = bson::encode_document(&model).map_err(|e| e.to_string())?;
    Document::try_from(raw.as_ref()).map_err(|e| e.to_string())
}

fn put(document: &mut Document, path: &str, value: Bson) {
    match path.split_once('.') {
        None => drop(document.insert(path, value)),
        Some((name, rest)) => {
            let inner = document.entry(name.to_owned()).or_insert(Bson::Null);
            if !matches!(inner, Bson::Document(_)) {
                *inner = Document::new().into();
            }
            if let Bson::Document(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn samples() -> Vec<Bson> {
    let binary = |subtype, bytes: &[u8]| Bson::Binary(Binary { subtype, bytes: bytes.to_vec() });
    let mut samples = vec![
        Bson::MinKey,
        Bson::Null,
        Bson::Double(0.5),
        Bson::Int32(1),
        "".into(),
        doc! {}.into(),
        Bson::Array(Vec::new()),
        binary(BinarySubtype::Generic, &[]),
        binary(BinarySubtype::Uuid, &[0; 16]),
        Bson::ObjectId(ObjectId::from_bytes([0; 12])),
        Bson::Boolean(false),
        Bson::DateTime(DateTime::from_millis(0)),
        Bson::Timestamp(Timestamp { time: 1, increment: 1 }),
        Bson::JavaScriptCode(String::new()),
        Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope { code: String::new(), scope: Document::new() }),
        Bson::MaxKey,
    ];
    samples.extend("1".parse().map(Bson::Decimal128));
    samples.extend(regex());
    samples
}

#[allow(clippy::unnecessary_fallible_conversions, reason = "fallible under bson 3")]
fn regex() -> Option<Bson> {
    let (pattern, options) = ("a".try_into().ok()?, "".try_into().ok()?);
    Some(Bson::RegularExpression(mongodb::bson::Regex { pattern, options }))
}

/// The value at a path.
pub(crate) fn lookup<'d>(document: &'d Document, path: &str) -> Option<&'d Bson> {
    let mut parts = path.split('.');
    let first = parts.next().and_then(|name| document.get(name));
    parts.fold(first, |value, name| value?.as_document()?.get(name))
}
