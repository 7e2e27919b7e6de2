//! JSON for the web, both ways.

use std::collections::HashMap;

use earnorm::prelude::*;
use earnorm::{json, Json};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Decimal128, Document, Timestamp, Uuid};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct When(DateTime);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    since: DateTime,
    remark: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Every {
    id: ObjectId,
    typed: Option<Id<Album>>,
    date: DateTime,
    far: DateTime,
    whens: Vec<Option<When>>,
    decimal: Decimal128,
    uuid: Uuid,
    generic: Binary,
    other: Binary,
    timestamp: Timestamp,
    by_id: HashMap<ObjectId, DateTime>,
    text: String,
    #[serde(flatten, deserialize_with = "earnorm::json::deserialize")]
    flat: Flat,
}

fn every() -> Every {
    let id = ObjectId::parse_str("65b9c2f04b3a8a0012345678").unwrap();
    let date = DateTime::from_millis(1_706_693_400_000);
    Every {
        id,
        typed: Some(id.into()),
        date,
        far: DateTime::from_millis(i64::MIN),
        whens: vec![Some(When(date)), None],
        decimal: "19.90".parse().unwrap(),
        uuid: Uuid::parse_str("936da01f-9abd-4d9d-80c7-02af85c822a8").unwrap(),
        generic: Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2, 3] },
        other: Binary { subtype: BinarySubtype::Md5, bytes: vec![1] },
        timestamp: Timestamp { time: 1, increment: 2 },
        by_id: HashMap::from([(id, date)]),
        text: "2024-01-31T09:30:00.000Z".into(),
        flat: Flat { since: date, remark: "65b9c2f04b3a8a0012345678".into() },
    }
}

#[test]
fn each_type_has_its_form_and_comes_back() {
    let expected = serde_json::json!({
        "id": "65b9c2f04b3a8a0012345678", "typed": "65b9c2f04b3a8a0012345678", "date": "2024-01-31T09:30:00.000Z",
        "far": { "$date": { "$numberLong": i64::MIN.to_string() } }, "whens": ["2024-01-31T09:30:00.000Z", null],
        "decimal": "19.90", "uuid": "936da01f-9abd-4d9d-80c7-02af85c822a8", "generic": "AQID",
        "other": { "$binary": { "base64": "AQ==", "subType": "05" } }, "timestamp": { "$timestamp": { "t": 1, "i": 2 } },
        "by_id": { "65b9c2f04b3a8a0012345678": "2024-01-31T09:30:00.000Z" }, "text": "2024-01-31T09:30:00.000Z",
        "since": "2024-01-31T09:30:00.000Z", "remark": "65b9c2f04b3a8a0012345678",
    });
    let text = serde_json::to_string(&Json(every())).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
    let json::Deserialize(back) = serde_json::from_str::<json::Deserialize<Every>>(&text).unwrap();
    assert_eq!(back, every());
}

#[test]
fn values_without_a_type_keep_their_strings_and_extended_json() {
    let text = r#"{"text":"2024-01-31T09:30:00.000Z","regex":{"$regularExpression":{"pattern":"^a","options":"i"}},"min":{"$minKey":1}}"#;
    let json::Deserialize(document) = serde_json::from_str::<json::Deserialize<Document>>(text).unwrap();
    assert_eq!(document.get("text"), Some(&Bson::String("2024-01-31T09:30:00.000Z".into())));
    assert!(matches!(document.get("regex"), Some(Bson::RegularExpression(_))));
    assert_eq!(serde_json::to_string(&Json(&document)).unwrap(), text);
}

#[test]
fn errors_say_what_is_expected() {
    let failure = |text| serde_json::from_str::<json::Deserialize<Every>>(text).unwrap_err().to_string();
    assert!(failure(r#"{"id": "12"}"#).starts_with("invalid ObjectId \"12\"; expected 24 hexadecimal digits at line 1"));
    assert!(failure(r#"{"date": "today"}"#).starts_with("invalid date \"today\"; expected RFC 3339"));
    assert!(failure(r#"{"decimal": "x"}"#).starts_with("invalid Decimal128 \"x\""));
    assert!(failure(r#"{"generic": "?"}"#).starts_with("invalid Binary \"?\"; expected Base64 or a UUID"));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Song, fk = album_id)]
struct Album {
    #[serde(rename = "_id")]
    id: Id<Album>,
    released: DateTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Song {
    #[serde(rename = "_id")]
    id: Id<Song>,
    #[relation(many_to_one, target = Album)]
    album_id: Id<Album>,
}

#[tokio::test]
async fn a_loaded_graph_has_plain_ids_at_every_depth() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let album = Album { id: Id::new(), released: DateTime::from_millis(0) };
    let song = Song { id: Id::new(), album_id: album.id };
    let (album, song) = (album.insert(test.db()).await.unwrap(), song.insert(test.db()).await.unwrap());
    let found = Album::find_all().with(Album::SONGS.with(Song::ALBUM)).all(test.db()).await.unwrap();
    let plain = serde_json::json!({ "_id": album.id.to_string(), "released": "1970-01-01T00:00:00.000Z" });
    let mut expected = plain.clone();
    expected["songs"] =
        serde_json::json!([{ "_id": song.id.to_string(), "album_id": album.id.to_string(), "album": plain }]);
    assert_eq!(serde_json::to_value(Json(&found)).unwrap(), serde_json::json!([expected]));
}
