//! The types of managed fields, and their names in the database.

use std::time::{Duration, SystemTime};

use earnorm::mongodb::bson::{Bson, DateTime};
use earnorm::prelude::*;
use earnorm_tests::{database, document};

/// A time of the application's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
struct Moment(i64);

impl From<DateTime> for Moment {
    fn from(time: DateTime) -> Self {
        Self(time.timestamp_millis())
    }
}

/// A moment as text, with a letter before the number.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Moment;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(moment: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("m{}", moment.0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.strip_prefix('m').and_then(|number| number.parse().ok());
        number.map(Moment).ok_or_else(|| D::Error::custom("not a moment"))
    }
}

/// The time of the system as a date.
mod date {
    use std::time::SystemTime;

    use earnorm::mongodb::bson::DateTime;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        DateTime::from(*time).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        DateTime::deserialize(deserializer).map(Into::into)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(rename_all = "camelCase")]
struct Parcel {
    #[serde(rename = "_id")]
    id: i32,
    weight: i32,
    labels: Option<i32>,
    #[model(created_at)]
    #[serde(with = "date")]
    sent_at: SystemTime,
    #[model(updated_at)]
    #[serde(rename = "seen", with = "text")]
    seen_at: Moment,
    #[model(version)]
    change_count: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Stamp {
    #[serde(rename = "_id")]
    id: i32,
    #[model(created_at)]
    created: Option<DateTime>,
    #[model(updated_at)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated: Option<DateTime>,
    #[model(version)]
    #[serde(rename = "v", default)]
    version: i32,
}

/// Only one managed field each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Created {
    #[serde(rename = "_id")]
    id: i32,
    #[model(created_at)]
    at: DateTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Updated {
    #[serde(rename = "_id")]
    id: i32,
    #[model(updated_at)]
    at: DateTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Small {
    #[serde(rename = "_id")]
    id: i32,
    #[model(version)]
    version: u32,
}

#[tokio::test]
async fn fields_are_stored_as_serde_stores_them() {
    let test = database().await;
    let db = test.db();
    let start = SystemTime::now() - Duration::from_millis(1);
    let parcel =
        Parcel { id: 1, weight: 1, labels: None, sent_at: SystemTime::UNIX_EPOCH, seen_at: Moment(0), change_count: 0 };
    let mut parcel = parcel.insert(db).await.unwrap();
    assert!(parcel.sent_at >= start && parcel.change_count == 1, "{parcel:?}");
    let stored = document(db, "parcels", 1).await;
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["_id", "weight", "labels", "sentAt", "seen", "changeCount"]);
    let sent = *stored.get_datetime("sentAt").unwrap();
    assert_eq!(
        (stored.get_str("seen").unwrap(), stored.get("changeCount")),
        (&*format!("m{}", sent.timestamp_millis()), Some(&Bson::Int64(1)))
    );
    assert_eq!(Parcel::get(db, 1).await.unwrap(), Some(parcel.clone()));

    tokio::time::sleep(Duration::from_millis(3)).await;
    let first = parcel.clone();
    parcel.save(db).await.unwrap();
    assert!(
        parcel.seen_at > first.seen_at && parcel.sent_at == first.sent_at && parcel.change_count == 2,
        "{parcel:?}"
    );
    assert_eq!(Parcel::get(db, 1).await.unwrap(), Some(parcel.clone()));
    tokio::time::sleep(Duration::from_millis(3)).await;
    let second = parcel.clone();
    parcel.update(db, Parcel::WEIGHT.inc(1)).await.unwrap();
    assert!(
        parcel.seen_at > second.seen_at && parcel.sent_at == first.sent_at && parcel.change_count == 3,
        "{parcel:?}"
    );
    // a pipeline
    Parcel::find_all().update(db, Parcel::LABELS.inc(1)).await.unwrap();
    let parcel = Parcel::get(db, 1).await.unwrap().unwrap();
    assert_eq!((parcel.labels, parcel.change_count, parcel.sent_at), (Some(1), 4, first.sent_at));
    assert!(matches!(document(db, "parcels", 1).await.get("seen"), Some(Bson::String(_))));
}

#[tokio::test]
async fn options_are_filled() {
    let test = database().await;
    let db = test.db();
    let mut stamp = Stamp { id: 1, ..Stamp::default() }.insert(db).await.unwrap();
    assert!(stamp.created.is_some() && stamp.created == stamp.updated && stamp.version == 1, "{stamp:?}");
    let stored = document(db, "stamps", 1).await;
    assert_eq!((stored.get("v"), stored.get_datetime("updated").ok().copied()), (Some(&Bson::Int32(1)), stamp.updated));
    let created = stamp.created;
    stamp.save(db).await.unwrap();
    assert_eq!((stamp.created, stamp.version), (created, 2));
    assert_eq!(document(db, "stamps", 1).await.get("v"), Some(&Bson::Int32(2)), "the type of the field is kept");
    // a document that is saved without being inserted before
    let mut other = Stamp { id: 2, ..Stamp::default() };
    other.save(db).await.unwrap();
    assert!(other.created.is_some() && other.created == other.updated && other.version == 1, "{other:?}");
    assert_eq!(Stamp::get(db, 2).await.unwrap(), Some(other));
}

#[tokio::test]
async fn each_managed_field_works_alone() {
    let test = database().await;
    let db = test.db();
    let start = DateTime::now();
    let never = DateTime::from_millis(0);
    let mut created = Created { id: 1, at: never }.insert(db).await.unwrap();
    assert!(created.at >= start);
    let at = created.at;
    created.save(db).await.unwrap();
    assert_eq!((created.at, Created::get(db, 1).await.unwrap()), (at, Some(created)));
    // without a version, a save replaces a document that the caller has never read
    let mut overwritten = Created { id: 1, at: never };
    overwritten.save(db).await.unwrap();
    assert_eq!(Created::get(db, 1).await.unwrap(), Some(overwritten));
    let mut new = Created { id: 2, at: never };
    new.save(db).await.unwrap();
    assert!(new.at >= start, "{} is before {start}; stored: {:?}", new.at, Created::get(db, 2).await);
    assert_eq!(Created::get(db, 2).await.unwrap(), Some(new));

    let mut updated = Updated { id: 1, at: never };
    updated.save(db).await.unwrap();
    assert!(updated.at >= start);
    Updated::update_by_id(db, 1, doc! { "$set": { "at": never } }).await.unwrap();
    updated.save(db).await.unwrap();
    assert_eq!(Updated::get(db, 1).await.unwrap(), Some(updated));

    let mut small = Small { id: 1, version: 0 };
    small.save(db).await.unwrap();
    small.save(db).await.unwrap();
    assert_eq!(small.version, 2);
    assert!(matches!(Small { id: 1, version: 1 }.save(db).await, Err(earnorm::Error::Stale { .. })));
}

/// Whether a saved document is new is decided by the server. A small one from before there were managed fields isn't.
#[tokio::test]
async fn a_small_stored_document_is_not_taken_for_a_new_one() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "marks")]
    struct Mark {
        #[serde(rename = "_id")]
        id: i32,
        text: String,
        #[model(created_at)]
        at: Option<DateTime>,
        #[model(version)]
        #[serde(default)]
        rev: i64,
    }
    let test = database().await;
    let db = test.db();
    earnorm_tests::insert_documents(db, "marks", [doc! { "_id": 1, "text": "old" }]).await;
    let mut mark = Mark::get(db, 1).await.unwrap().unwrap();
    assert_eq!((mark.at, mark.rev), (None, 0));
    mark.save(db).await.unwrap();
    assert_eq!((mark.at, mark.rev), (None, 1));
    assert_eq!(Mark::get(db, 1).await.unwrap(), Some(mark));
}
