#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap};

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Decimal128, Document, Regex, Timestamp, Uuid, doc, oid::ObjectId};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Json, deserialize};
use crate::Id;

fn write<T: Serialize>(value: T) -> String {
    serde_json::to_string(&Json(value)).unwrap()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str::<super::Deserialize<T>>(text).map(|value| value.0)
}

/// What a failed read says.
fn failure<T: DeserializeOwned>(text: &str) -> String {
    read::<T>(text).err().unwrap().to_string()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct When(DateTime);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    since: DateTime,
    price: Option<Decimal128>,
    owner: ObjectId,
    remark: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Choice {
    Nothing,
    Id(ObjectId),
    Date(DateTime),
    Both(DateTime, String),
    Named { at: DateTime, id: ObjectId },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    At {
        #[serde(deserialize_with = "deserialize")]
        at: DateTime,
        by: ObjectId,
    },
    Text {
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    id: Option<Id<()>>,
    dates: Vec<DateTime>,
    choices: Vec<Choice>,
    tagged: Option<Tagged>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Every {
    id: ObjectId,
    date: DateTime,
    maybe: Option<DateTime>,
    when: When,
    whens: (Option<When>, Vec<When>),
    decimal: Decimal128,
    uuid: Uuid,
    binary: Binary,
    timestamp: Timestamp,
    regex: Regex,
    integer: i64,
    text: String,
    by_id: HashMap<ObjectId, DateTime>,
    by_name: BTreeMap<String, Option<Decimal128>>,
    dated: BTreeMap<DateTime, String>,
    inner: Box<Inner>,
    #[serde(flatten, deserialize_with = "deserialize")]
    flat: Flat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<DateTime>,
}

fn ids() -> impl Strategy<Value = ObjectId> {
    any::<[u8; 12]>().prop_map(ObjectId::from_bytes)
}

/// All dates, many of them near the ends of what RFC 3339 can express.
fn dates() -> impl Strategy<Value = DateTime> {
    let near = |millis: i64| (millis - 2_000..millis + 2_000).boxed();
    prop_oneof![any::<i64>().boxed(), near(0), near(-62_167_219_200_000), near(253_402_300_800_000)]
        .prop_map(DateTime::from_millis)
}

fn decimals() -> impl Strategy<Value = Decimal128> {
    (any::<i64>(), -300..300_i32).prop_map(|(digits, exponent)| format!("{digits}E{exponent}").parse().unwrap())
}

/// Texts, many of which look like something else.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 \u{e9}\"]{0,12}".boxed(),
        dates().prop_map(|date| date.try_to_rfc3339_string().unwrap_or_default()).boxed(),
        ids().prop_map(ObjectId::to_hex).boxed(),
        decimals().prop_map(|decimal| decimal.to_string()).boxed(),
        any::<[u8; 16]>().prop_map(|bytes| Uuid::from_bytes(bytes).to_string()).boxed(),
    ]
}

fn binaries() -> impl Strategy<Value = Binary> {
    let subtypes = prop_oneof![
        Just(BinarySubtype::Generic),
        Just(BinarySubtype::Md5),
        Just(BinarySubtype::Uuid),
        (128_u8..).prop_map(BinarySubtype::UserDefined),
    ];
    // a UUID has 16 bytes, but the server stores other lengths too
    (subtypes, prop_oneof![vec(any::<u8>(), 16), vec(any::<u8>(), 0..20)])
        .prop_map(|(subtype, bytes)| Binary { subtype, bytes })
}

fn choices() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Nothing),
        ids().prop_map(Choice::Id),
        dates().prop_map(Choice::Date),
        (dates(), texts()).prop_map(|(date, text)| Choice::Both(date, text)),
        (dates(), ids()).prop_map(|(at, id)| Choice::Named { at, id }),
    ]
}

fn inners() -> impl Strategy<Value = Inner> {
    let tagged = prop_oneof![
        (dates(), ids()).prop_map(|(at, by)| Tagged::At { at, by }),
        texts().prop_map(|text| Tagged::Text { text }),
    ];
    (of(ids()), vec(dates(), 0..3), vec(choices(), 0..4), of(tagged)).prop_map(|(id, dates, choices, tagged)| Inner {
        id: id.map(Id::from),
        dates,
        choices,
        tagged,
    })
}

fn values() -> impl Strategy<Value = Every> {
    let scalars = (ids(), dates(), of(dates()), dates(), of(dates()), vec(dates(), 0..3), decimals());
    let more = (any::<[u8; 16]>(), binaries(), any::<(u32, u32)>(), texts(), any::<i64>(), texts());
    let maps = (
        vec((ids(), dates()), 0..3),
        btree_map(texts(), of(decimals()), 0..3),
        // a key can't be an object, as which a date is written that RFC 3339 can't express
        btree_map((0..1_000_000_000_000_i64).prop_map(DateTime::from_millis), texts(), 0..3),
    );
    let flat = (dates(), of(decimals()), ids(), texts());
    (scalars, more, maps, inners(), flat).prop_map(|(scalars, more, maps, inner, flat)| Every {
        id: scalars.0,
        date: scalars.1,
        maybe: scalars.2,
        when: When(scalars.3),
        whens: (scalars.4.map(When), scalars.5.into_iter().map(When).collect()),
        decimal: scalars.6,
        uuid: Uuid::from_bytes(more.0),
        binary: more.1,
        timestamp: Timestamp { time: more.2.0, increment: more.2.1 },
        #[allow(clippy::unnecessary_fallible_conversions, reason = "under `bson` 3, the conversion can fail")]
        regex: Regex { pattern: more.3.as_str().try_into().unwrap(), options: "i".try_into().unwrap() },
        integer: more.4,
        text: more.5,
        by_id: maps.0.into_iter().collect(),
        by_name: maps.1,
        dated: maps.2,
        inner: Box::new(inner),
        flat: Flat { since: flat.0, price: flat.1, owner: flat.2, remark: flat.3 },
        absent: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_comes_back(value in values()) {
        let text = write(&value);
        let back: Result<Every, _> = read(&text);
        prop_assert_eq!(back.map_err(|error| format!("{error}: {text}")), Ok(value));
    }

    #[test]
    fn strings_of_values_without_a_type_are_kept(texts in vec(texts(), 0..6)) {
        let value = Bson::Array(texts.into_iter().map(Bson::String).collect());
        prop_assert_eq!(read::<Bson>(&write(&value)).ok(), Some(value));
    }
}

#[test]
fn each_type_has_its_form() {
    let id = ObjectId::parse_str("65b9c2f04b3a8a0012345678").unwrap();
    let uuid = Uuid::parse_str("936da01f-9abd-4d9d-80c7-02af85c822a8").unwrap();
    let binary = |subtype, bytes: &[u8]| Binary { subtype, bytes: bytes.to_vec() };
    let document = doc! {
        "id": id, "date": DateTime::from_millis(1_706_693_400_000), "far": DateTime::MAX, "long": 1_i64, "double": 1.5,
        "decimal": "19.90".parse::<Decimal128>().unwrap(), "uuid": uuid, "bytes": binary(BinarySubtype::Generic, &[1, 2, 3]),
        "other": binary(BinarySubtype::Md5, &[1]), "wrong": binary(BinarySubtype::Uuid, &[1]),
        "timestamp": Timestamp { time: 1, increment: 2 }, "null": Bson::Null, "min": Bson::MinKey,
        "nested": [{ "id": id }],
    };
    let expected = serde_json::json!({
        "id": "65b9c2f04b3a8a0012345678", "date": "2024-01-31T09:30:00.000Z",
        "far": { "$date": { "$numberLong": i64::MAX.to_string() } }, "long": 1, "double": 1.5, "decimal": "19.90",
        "uuid": "936da01f-9abd-4d9d-80c7-02af85c822a8", "bytes": "AQID",
        "other": { "$binary": { "base64": "AQ==", "subType": "05" } },
        "wrong": { "$binary": { "base64": "AQ==", "subType": "04" } },
        "timestamp": { "$timestamp": { "t": 1, "i": 2 } }, "null": null, "min": { "$minKey": 1 },
        "nested": [{ "id": "65b9c2f04b3a8a0012345678" }],
    });
    assert_eq!(serde_json::to_value(Json(&document)).unwrap(), expected);
    assert_eq!(write(Bson::ObjectId(id)), "\"65b9c2f04b3a8a0012345678\"");
    assert_eq!(write(uuid), "\"936da01f-9abd-4d9d-80c7-02af85c822a8\"");
    // Extended JSON inside of Extended JSON is kept
    let code = mongodb::bson::JavaScriptCodeWithScope { code: "f".into(), scope: doc! { "id": id } };
    let text = write(&code);
    assert_eq!(text, r#"{"$code":"f","$scope":{"id":{"$oid":"65b9c2f04b3a8a0012345678"}}}"#);
    assert_eq!(read::<Bson>(&text).unwrap(), Bson::JavaScriptCodeWithScope(code));
}

#[test]
fn a_date_is_read_from_each_form() {
    let date = DateTime::from_millis(1_706_693_400_123);
    let forms = [
        r#""2024-01-31T09:30:00.123Z""#,
        r#""2024-01-31T10:30:00.123999+01:00""#,
        r#"{"$date": "2024-01-31T09:30:00.123Z"}"#,
        r#"{"$date": {"$numberLong": "1706693400123"}}"#,
    ];
    for form in forms {
        assert_eq!(read::<DateTime>(form).unwrap(), date, "{form}");
        assert_eq!(read::<Vec<Option<When>>>(&format!("[{form}, null]")).unwrap(), [Some(When(date)), None]);
    }
}

#[test]
fn errors_say_what_is_expected_and_where() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only errors are read")]
    struct Post {
        author_id: Id<()>,
        at: DateTime,
        price: Decimal128,
        file: Binary,
    }
    let id = "65b9c2f04b3a8a0012345678";
    let cases = [
        (
            r#"{"author_id": "12"}"#.to_owned(),
            r#"invalid ObjectId "12"; expected 24 hexadecimal digits at line 1 column 18"#,
        ),
        (
            format!("{{\"author_id\": \"{id}\",\n \"at\": \"today\"}}"),
            r#"invalid date "today"; expected RFC 3339, such as "2024-01-31T09:30:00Z" at line 2 column 15"#,
        ),
        (
            format!(r#"{{"author_id": "{id}", "price": "x"}}"#),
            r#"invalid Decimal128 "x"; expected a number as a string at line 1 column 55"#,
        ),
        (
            format!(r#"{{"author_id": "{id}", "file": "?"}}"#),
            r#"invalid Binary "?"; expected Base64 or a UUID at line 1 column 54"#,
        ),
        (r#"{"author_id": "#.to_owned(), "EOF while parsing a value at line 1 column 14"),
    ];
    for (text, expected) in cases {
        assert_eq!(failure::<Post>(&text), expected, "{text}");
    }
    // a date of the wrong type, and a string of another type, have the messages of their types
    assert!(failure::<DateTime>("1").starts_with("expecting DateTime"));
    assert!(failure::<u32>("\"2024-01-31T09:30:00Z\"").starts_with("invalid type: string"));
    assert!(failure::<HashMap<String, String>>("\"2024-01-31T09:30:00Z\"").starts_with("invalid type: string"));
    assert!(failure::<Vec<ObjectId>>("[\"1\"]").starts_with("invalid ObjectId \"1\""));
}

#[test]
fn bytes_are_base64() {
    #[derive(Debug, PartialEq)]
    struct Bytes(Vec<u8>);
    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl serde::de::Visitor<'_> for Visitor {
                type Value = Bytes;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                    Ok(Bytes(bytes))
                }
            }
            deserializer.deserialize_byte_buf(Visitor)
        }
    }
    assert_eq!(write(Bytes(vec![1, 2, 3])), "\"AQID\"");
    assert_eq!(read::<Bytes>("\"AQID\"").unwrap(), Bytes(vec![1, 2, 3]));
    assert!(failure::<Bytes>("\"?\"").starts_with("invalid value: string \"?\", expected Base64"));
    // a plain list is a list
    assert_eq!(write(vec![1_u8, 2]), "[1,2]");
    assert_eq!(read::<Vec<u8>>("[1,2]").unwrap(), [1, 2]);
}

#[test]
fn buffered_fields_read_ids_but_need_a_function_for_dates() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        flat: Plain,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Plain {
        owner: ObjectId,
        since: Option<DateTime>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Date(DateTime),
        Number(i64),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum DateOrText {
        Date(#[serde(deserialize_with = "deserialize")] DateTime),
        Text(String),
    }
    let id = "65b9c2f04b3a8a0012345678";
    let owner = ObjectId::parse_str(id).unwrap();
    let date = DateTime::from_millis(0);
    assert_eq!(read::<Outer>(&format!(r#"{{"owner": "{id}"}}"#)).unwrap().flat, Plain { owner, since: None });
    let since = r#""1970-01-01T00:00:00Z""#;
    assert!(read::<Outer>(&format!(r#"{{"owner": "{id}", "since": {since}}}"#)).is_err());
    let extended = read::<Outer>(&format!(r#"{{"owner": "{id}", "since": {{"$date": {since}}}}}"#)).unwrap();
    assert_eq!(extended.flat.since, Some(date));
    // a value of its own is read twice, so an untagged enum without strings works
    assert_eq!(read::<Untagged>(since).unwrap(), Untagged::Date(date));
    assert_eq!(read::<Untagged>("3").unwrap(), Untagged::Number(3));
    assert_eq!(read::<DateOrText>(since).unwrap(), DateOrText::Date(date));
    assert_eq!(read::<DateOrText>("\"x\"").unwrap(), DateOrText::Text("x".into()));
}

#[test]
fn the_function_reads_what_a_model_has_stored() {
    let every: Document = doc! { "kind": "At", "at": DateTime::from_millis(5), "by": ObjectId::new() };
    let read = crate::bson::decode::<Tagged>(every.clone().into()).unwrap();
    assert!(matches!(read, Tagged::At { at, .. } if at.timestamp_millis() == 5));
    assert_eq!(crate::bson::encode(&read).unwrap(), every.into());
}
