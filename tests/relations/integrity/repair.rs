//! Repairs of broken references.

use earnorm::integrity;
use earnorm::mongodb::bson::Bson;
use earnorm::prelude::*;
use earnorm_tests::{database, document};

use super::school::{Course, Desk, Lesson, Note, Teacher, store_broken_school};

#[tokio::test]
async fn unlink_empties_nullable_keys_and_reports_the_others() {
    let test = database().await;
    let db = test.db();
    store_broken_school(db).await;
    let report = integrity::scan(db).await.unwrap();
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    // unlinked: two desks, a head and an array; deleted: three links; skipped: a note's lesson and an owner
    assert_eq!((repaired.unlinked, repaired.deleted, repaired.skipped), (4, 3, 2), "{repaired}");
    assert_eq!(document(db, "sc_desks", 6).await, doc! { "_id": 6, "teacher_id": Bson::Null });
    assert_eq!(Desk::find(Desk::TEACHER_ID.eq(1)).all(db).await.unwrap(), [Desk { id: 1, teacher_id: Some(1) }]);
    assert_eq!(document(db, "sc_courses", 2).await, doc! { "_id": 2, "owner_id": 2, "required_ids": [1, 2] });
    assert_eq!(document(db, "sc_courses", 3).await.get_i32("owner_id").unwrap(), 8);
    assert_eq!(Lesson::find_all().count(db).await.unwrap(), 1);
    // a note refers to a lesson that the repair deleted
    assert_eq!(Note::find_all().count(db).await.unwrap(), 2);

    let left = integrity::scan(db).await.unwrap();
    assert_eq!(left.len(), 2, "only the skipped references: {left}");
    let printed = repaired.to_string();
    assert!(printed.starts_with("4 unlinked, 3 documents deleted, 2 skipped"), "{printed}");
    let skipped =
        "\n  `Course::owner_id`: 0 unlinked, 0 deleted, 1 skipped; it is required: delete, or write another id";
    assert!(printed.contains(skipped), "{printed}");
    assert_eq!(serde_json::to_value(&repaired).unwrap()["skipped"], 2);
}

#[tokio::test]
async fn delete_continues_until_no_reference_is_broken() {
    let test = database().await;
    let db = test.db();
    store_broken_school(db).await;
    let report = integrity::scan(db).await.unwrap();
    let repaired = report.repair(db, Repair::Delete).await.unwrap();
    assert_eq!((repaired.unlinked, repaired.skipped), (0, 0), "{repaired}");
    assert!(integrity::scan(db).await.unwrap().is_empty());
    let desks: Vec<i32> = Desk::find_all().all(db).await.unwrap().iter().map(|desk| desk.id).collect();
    assert_eq!(desks, [1, 3, 4, 5]);
    let courses: Vec<i32> = Course::find_all().all(db).await.unwrap().iter().map(|course| course.id).collect();
    assert_eq!(courses, [1]);
    assert_eq!(Lesson::find_all().count(db).await.unwrap(), 1);
    assert_eq!(Note::find_all().all(db).await.unwrap(), [Note { id: 1, lesson_id: 1 }]);
    // two desks, two courses, two lessons and a note; another lesson is deleted as a link of its course
    assert_eq!(repaired.deleted, 7);
}

#[tokio::test]
async fn repairing_an_empty_report_sends_nothing() {
    let test = database().await;
    let db = test.db();
    Teacher { id: 1 }.insert(db).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    let (repaired, sent) = test.log().record(report.repair(db, Repair::Delete)).await;
    assert_eq!(repaired.unwrap(), integrity::RepairReport::default());
    assert_eq!(sent.names(), Vec::<&str>::new());
}

#[tokio::test]
async fn references_repaired_after_the_scan_are_not_changed() {
    let test = database().await;
    let db = test.db();
    let desks = [1, 2, 3].map(|id| Desk { id, teacher_id: Some(id * 10) });
    Desk::insert_many(db, &desks).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!(report.len(), 3);
    // one gets its teacher, another is set to null
    Teacher { id: 10 }.insert(db).await.unwrap();
    Desk::update_by_id(db, 2, Desk::TEACHER_ID.set(None)).await.unwrap();
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(repaired.unlinked, 1);
    assert_eq!(Desk::get(db, 1).await.unwrap().unwrap().teacher_id, Some(10));
}

/// A batch takes a constant number of commands.
#[tokio::test]
async fn a_batch_is_repaired_with_one_write() {
    let test = database().await;
    let db = test.db();
    let desks: Vec<Desk> = (0..1_500).map(|id| Desk { id, teacher_id: Some(id) }).collect();
    Desk::insert_many(db, &desks).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    let (repaired, sent) = test.log().record(report.repair(db, Repair::Unlink)).await;
    assert_eq!(repaired.unwrap().unlinked, 1_500);
    assert_eq!(sent.names(), ["find", "find", "update", "getMore", "find", "update"], "{sent}");
}

#[tokio::test]
async fn references_beyond_the_entries_of_a_report_are_repaired() {
    let test = database().await;
    let db = test.db();
    let desks: Vec<Desk> = (0..10_100).map(|id| Desk { id, teacher_id: Some(id) }).collect();
    Desk::insert_many(db, &desks).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!((report.len(), report.entries().len()), (10_100, 10_000));
    let repaired = report.repair(db, Repair::Delete).await.unwrap();
    assert_eq!(repaired.deleted, 10_100);
    assert_eq!(Desk::find_all().count(db).await.unwrap(), 0);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "rp_steps")]
struct Step {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Step")]
    prev_id: Option<i32>,
}

/// Documents that refer to deleted ones are found by ids: the number of commands depends on levels, not on documents.
#[tokio::test]
async fn a_chain_is_repaired_by_ids() {
    let test = database().await;
    let db = test.db();
    Step::ensure_indexes(db).await.unwrap();
    let chain = (1..=40).map(|id| Step { id, prev_id: Some(id - 1) });
    let others = (100..5_000).map(|id| Step { id, prev_id: None });
    Step::insert_many(db, &chain.chain(others).collect::<Vec<_>>()).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!(report.len(), 1);
    let (repaired, sent) = test.log().record(report.repair(db, Repair::Delete)).await;
    assert_eq!(repaired.unwrap().deleted, 40);
    assert_eq!(Step::find_all().count(db).await.unwrap(), 4_900);
    // five batches, of which the first queries parents and deletes; then three commands for each level, and one that
    // finds nothing
    let walk = sent.names().iter().filter(|name| **name == "getMore").count();
    assert!(walk <= 5, "{sent}");
    assert_eq!(sent.names().len() - walk, 3 + 39 * 3 + 1, "{sent}");
}

/// Documents deleted by a rule may be referred to as well.
#[tokio::test]
async fn references_to_documents_deleted_by_a_rule_are_repaired() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "rp_depots")]
    struct Depot {
        #[serde(rename = "_id")]
        id: i32,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "rp_crates")]
    #[relation(one_to_many, target = "Item", fk = "crate_id", cascade_delete)]
    struct Crate {
        #[serde(rename = "_id")]
        id: i32,
        #[relation(many_to_one, target = "Depot")]
        depot_id: i32,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "rp_items")]
    struct Item {
        #[serde(rename = "_id")]
        id: i32,
        crate_id: i32,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "rp_labels")]
    struct Label {
        #[serde(rename = "_id")]
        id: i32,
        #[relation(many_to_one, target = "Item")]
        item_id: i32,
    }
    let test = database().await;
    let db = test.db();
    Depot { id: 1 }.insert(db).await.unwrap();
    Crate::insert_many(db, &[1, 2].map(|id| Crate { id, depot_id: id })).await.unwrap();
    Item::insert_many(db, &[1, 2].map(|id| Item { id, crate_id: id })).await.unwrap();
    Label::insert_many(db, &[1, 2].map(|id| Label { id, item_id: id })).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    let repaired = report.repair(db, Repair::Delete).await.unwrap();
    assert_eq!(repaired.deleted, 2, "{repaired}");
    assert_eq!(Label::find_all().all(db).await.unwrap(), [Label { id: 1, item_id: 1 }]);
    assert!(integrity::scan(db).await.unwrap().is_empty());
}
