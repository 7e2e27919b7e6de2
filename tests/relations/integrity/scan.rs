//! Scans for broken references.

use earnorm::integrity::{self, Entry, Kind, Report};
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{database, decimal};

use super::school::store_broken_school;

/// Model, key, holder, id, kind.
fn found(report: &Report) -> Vec<(&str, &str, Bson, Bson, Kind)> {
    let line = |entry: &Entry| (entry.model, entry.field, entry.holder.clone(), entry.id.clone(), entry.kind);
    let mut found: Vec<_> = report.entries().iter().map(line).collect();
    found.sort_by_key(|(model, field, holder, id, _)| format!("{model} {field} {holder} {id}"));
    found
}

fn line(
    model: &'static str,
    field: &'static str,
    holder: i32,
    id: impl Into<Bson>,
    kind: Kind,
) -> (&'static str, &'static str, Bson, Bson, Kind) {
    (model, field, holder.into(), id.into(), kind)
}

#[tokio::test]
async fn a_scan_finds_every_kind_of_broken_reference_once() {
    let test = database().await;
    let db = test.db();
    store_broken_school(db).await;
    let report = integrity::scan(db).await.unwrap();
    let course = if report.entries().iter().any(|entry| entry.model == "Course") { "Course" } else { "CourseHead" };
    let mut expected = vec![
        line(course, "head_id", 2, 8, Kind::Key),
        line("Course", "owner_id", 3, 8, Kind::Key),
        line("Course", "required_ids", 2, 10, Kind::Element),
        line("Course", "required_ids", 2, 9, Kind::Element),
        line("Desk", "teacher_id", 2, 1_i64, Kind::Second),
        line("Desk", "teacher_id", 6, 7, Kind::Key),
        line("Lesson", "course_id", 2, 9, Kind::Link),
        line("Lesson", "teacher_id", 3, 9, Kind::Link),
        line("Lesson", "teacher_id", 4, Bson::Null, Kind::Link),
    ];
    // either struct of the collection may give its name to the shared key
    let actual = found(&report);
    expected[0].0 = if actual.iter().any(|line| line.0 == "CourseHead") { "CourseHead" } else { "Course" };
    expected.sort_by_key(|(model, field, holder, id, _)| format!("{model} {field} {holder} {id}"));
    assert_eq!(actual, expected, "{report}");
    assert_eq!((report.len(), report.is_empty()), (9, false));
    assert_eq!(report.documents(), 6 + 3 + 4 + 2);
}

#[tokio::test]
async fn a_scan_reads_a_collection_once_and_queries_parents_together() {
    let test = database().await;
    let db = test.db();
    store_broken_school(db).await;
    let (report, sent) = test.log().record(integrity::scan(db)).await;
    assert_eq!(report.unwrap().len(), 9);
    let count = |name: &str| sent.names().iter().filter(|sent| **sent == name).count();
    // four collections with keys, a query for each of their keys, and one for desks with the same teacher
    assert_eq!(count("listCollections"), 1);
    assert_eq!(count("find"), 4 + (1 + 3 + 2 + 1) + 1, "{sent}");
    assert_eq!(count("aggregate"), 1);
    assert_eq!(count("getMore"), 0);
    assert_eq!(sent.names().len(), 1 + 12 + 1, "{sent}");
}

#[tokio::test]
async fn an_empty_database_has_no_broken_references() {
    let test = database().await;
    let (report, sent) = test.log().record(integrity::scan(test.db())).await;
    let report = report.unwrap();
    assert!(report.is_empty() && report.entries().is_empty());
    assert_eq!(sent.names(), ["listCollections"]);
    assert!(report.keys().iter().any(|key| key.model == "Desk" && key.kind == Kind::Second));
    assert!(report.to_string().starts_with("0 broken references in 0 documents"), "{report}");
}

#[tokio::test]
async fn a_report_is_displayed_and_serialized() {
    let test = database().await;
    let db = test.db();
    let desks: Vec<Document> = (10..20).map(|id| doc! { "_id": id, "teacher_id": id }).collect();
    db.collection::<Document>("sc_desks").insert_many(desks).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    let printed = report.to_string();
    let expected = "
  `Desk::teacher_id` to `Teacher`: 10 point nowhere
    10 holds 10
    11 holds 11
    12 holds 12
    13 holds 13
    14 holds 14
    and 5 more";
    assert!(printed.starts_with("10 broken references in 10 documents"), "{printed}");
    assert!(printed.ends_with(expected), "{printed}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["found"], 10);
    assert_eq!(json["entries"][0]["model"], "Desk");
    assert_eq!(json["entries"][0]["kind"], "key");
}

#[tokio::test]
async fn a_scan_reports_its_progress() {
    let test = database().await;
    let db = test.db();
    let desks: Vec<Document> = (0..2_500).map(|id| doc! { "_id": id, "teacher_id": 1 }).collect();
    db.collection::<Document>("sc_desks").insert_many(desks).await.unwrap();
    let mut steps = Vec::new();
    let report = integrity::scan_with(db, |progress| steps.push((progress.documents, progress.found))).await.unwrap();
    assert_eq!(steps[..3], [(1_000, 1_000), (2_000, 2_000), (2_500, 2_500)]);
    // the desks again, to find those with the same missing teacher
    assert_eq!(steps.last(), Some(&(2_500, 2_500 + 2_499)));
    assert_eq!(report.len(), 4_999);
}

/// Progress of each collection, with the number of its documents.
#[tokio::test]
async fn progress_is_reported_for_each_collection() {
    let test = database().await;
    let db = test.db();
    let raw = |name: &str| db.collection::<Document>(name);
    let desks: Vec<Document> = (0..1_500).map(|id| doc! { "_id": id }).collect();
    raw("sc_desks").insert_many(desks).await.unwrap();
    raw("sc_lessons").insert_one(doc! { "_id": 1, "course_id": 7, "teacher_id": 7 }).await.unwrap();
    let mut steps = Vec::new();
    let report = integrity::scan_with(db, |p| steps.push((p.collection, p.documents, p.total, p.to_string())));
    assert_eq!(report.await.unwrap().documents(), 1_501);
    let step = |collection: &str| -> Vec<_> {
        let here = steps.iter().filter(|(name, ..)| *name == collection);
        here.map(|(_, documents, total, line)| (*documents, *total, line.split_once(", ").unwrap().0.to_owned()))
            .collect()
    };
    assert_eq!(
        step("sc_desks"),
        [
            (1_000, 1_500, "sc_desks: 1000 of 1500 documents read".to_owned()),
            (1_500, 1_500, "sc_desks: 1500 of 1500 documents read".to_owned())
        ]
    );
    assert_eq!(step("sc_lessons"), [(1, 1, "sc_lessons: 1 of 1 document read".to_owned())]);
    assert!(steps.iter().any(|(.., line)| line.ends_with("2 broken references found")), "{steps:?}");
    assert!(steps.iter().all(|(.., line)| !line.contains("1 documents") && !line.contains(" 1 broken references")));
}

#[tokio::test]
async fn a_key_of_another_type_is_broken() {
    let test = database().await;
    let db = test.db();
    let others: Vec<Bson> = vec![
        "1".into(),
        ObjectId::new().into(),
        vec![Bson::from(1)].into(),
        doc! { "$gt": 0 }.into(),
        doc! { "a": 1 }.into(),
        earnorm::mongodb::bson::Regex { pattern: ".".into(), options: String::new() }.into(),
        1.5.into(),
        true.into(),
    ];
    let desks = (0..).zip(&others).map(|(n, key)| doc! { "_id": n, "teacher_id": key });
    db.collection::<Document>("sc_desks").insert_many(desks).await.unwrap();
    // a text, a number and a document instead of an array of ids
    let courses = [Bson::from("1"), Bson::from(7), doc! { "a": 1 }.into()];
    let courses = (0..).zip(&courses).map(|(n, ids)| doc! { "_id": n, "owner_id": 1, "required_ids": ids });
    db.collection::<Document>("sc_courses").insert_many(courses).await.unwrap();
    db.collection::<Document>("sc_teachers").insert_many([doc! { "_id": 1 }, doc! { "_id": "a" }]).await.unwrap();

    let report = integrity::scan(db).await.unwrap();
    assert_eq!(report.len(), others.len() + 3, "{report}");
    let held: Vec<&Bson> = report.entries().iter().filter(|e| e.model == "Desk").map(|entry| &entry.id).collect();
    assert_eq!(held, others.iter().collect::<Vec<_>>());

    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!((repaired.unlinked, repaired.skipped), (11, 0), "{repaired}");
    assert!(integrity::scan(db).await.unwrap().is_empty());
    let course = super::school::Course::get(db, 1).await.unwrap().unwrap();
    assert_eq!(course.required_ids, Vec::<i32>::new());
}

/// A sensor has one current setting and any number of past settings.
#[tokio::test]
async fn a_filtered_one_to_one_is_unique_among_matching_documents() {
    let test = database().await;
    let db = test.db();
    db.collection::<Document>("ix_sensors").insert_many([doc! { "_id": 1 }, doc! { "_id": 2 }]).await.unwrap();
    let settings = [(3, 1, "current"), (4, 1, "past"), (5, 1, "past"), (2, 1, "current"), (6, 2, "current")];
    let settings = settings.map(|(id, sensor, kind)| doc! { "_id": id, "sensor_id": sensor, "kind": kind });
    db.collection::<Document>("ix_settings").insert_many(settings).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!(found(&report), [line("Setting", "sensor_id", 3, 1, Kind::Second)]);
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!((repaired.unlinked, repaired.skipped), (0, 1), "{repaired}");
    let repaired = report.repair(db, Repair::Delete).await.unwrap();
    assert_eq!(repaired.deleted, 1);
    assert!(integrity::scan(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn keys_equal_to_ids_on_the_server_are_not_broken() {
    let test = database().await;
    let db = test.db();
    db.collection::<Document>("sc_teachers").insert_many([doc! { "_id": 1 }, doc! { "_id": 2.0 }]).await.unwrap();
    let keys = [Bson::from(1.0), Bson::from(2_i64), decimal("1.0"), Bson::from(2)];
    let courses = (0..).zip(&keys).map(|(n, id)| doc! { "_id": n, "owner_id": id, "required_ids": [] });
    db.collection::<Document>("sc_courses").insert_many(courses).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert!(report.is_empty(), "{report}");
}

/// Keys of all types, as many as fit into one command.
#[tokio::test]
async fn keys_of_all_types_are_queried_together() {
    let test = database().await;
    let db = test.db();
    let others = |n: i32| match n % 4 {
        0 => Bson::Double(f64::from(n) + 0.5),
        1 => decimal(&format!("{n}.5")),
        2 => Bson::Document(doc! { "n": n }),
        _ => Bson::String(n.to_string()),
    };
    let desks = (0..999).map(|n| doc! { "_id": n, "teacher_id": others(n) });
    db.collection::<Document>("sc_desks").insert_many(desks).await.unwrap();
    let scan = async || {
        let (report, sent) = test.log().record(integrity::scan(db)).await;
        let names = sent.names().into_iter().map(str::to_owned).collect::<Vec<_>>();
        (report.unwrap().len(), names)
    };
    let commands = ["listCollections", "find", "find", "aggregate"].map(str::to_owned).to_vec();
    assert_eq!(scan().await, (999, commands.clone()));

    let there = [decimal("4.5"), Bson::from(5.5), doc! { "n": 6_i64 }.into(), "7".into()];
    let teachers = there.iter().map(|id| doc! { "_id": id });
    db.collection::<Document>("sc_teachers").insert_many(teachers).await.unwrap();
    assert_eq!(scan().await, (995, commands));
}

mod as_text {
    //! Keys and ids with different stored forms.
    use earnorm::prelude::*;

    pub(super) mod id {
        use earnorm::prelude::*;
        use serde::{Deserializer, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(id: &str, to: S) -> Result<S::Ok, S::Error> {
            format!("no. {id}").serialize(to)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
            Ok(String::deserialize(from)?.trim_start_matches("no. ").to_owned())
        }
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "sc_plants")]
    pub(super) struct Plant {
        #[serde(rename = "_id")]
        pub(super) id: String,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "sc_leaves")]
    pub(super) struct Leaf {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[serde(with = "id")]
        #[relation(many_to_one, target = "Plant")]
        pub(super) plant_id: String,
    }
}

/// Only `Leaf` knows the decoder of its key, so the form of the key is found from the parents' ids.
#[tokio::test]
async fn keys_with_other_encoders_are_compared_by_their_values() {
    use as_text::{Leaf, Plant};
    let test = database().await;
    let db = test.db();
    Plant { id: "1".into() }.insert(db).await.unwrap();
    let leaves = [1, 2].map(|n| Leaf { id: n, plant_id: n.to_string() });
    Leaf::insert_many(db, &leaves).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!(found(&report), [line("Leaf", "plant_id", 2, "no. 2", Kind::Key)]);
    leaves[0].validate_references(db).await.unwrap();
    assert!(leaves[1].validate_references(db).await.is_err());
    assert!(leaves[1].clone().insert_checked(db).await.is_err());
    report.repair(db, Repair::Delete).await.unwrap();
    assert_eq!(Leaf::find_all().all(db).await.unwrap(), leaves[..1]);
}
