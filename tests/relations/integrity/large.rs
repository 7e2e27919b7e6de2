//! Memory and time of a large scan, to be run by hand:
//! `cargo test --release -p earnorm-tests --test relations a_million -- --ignored --nocapture`.

use std::time::Instant;

use earnorm::integrity;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;

const CHILDREN: i32 = 1_000_000;
const PARENTS: i32 = 200_000;

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "lg_parents")]
struct Parent {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "lg_children")]
struct Child {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Parent")]
    parent_id: Option<i32>,
}

/// The peak memory of the process, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[tokio::test]
#[ignore = "takes minutes, and measures"]
async fn a_million_children_are_scanned_in_bounded_memory() {
    // without a log, which would keep every command
    let test = TestDb::with_options(|options| options.command_event_handler = None).await.unwrap();
    let db = test.db();
    let (parents, children) = (db.collection::<Document>("lg_parents"), db.collection::<Document>("lg_children"));
    for start in (0..PARENTS).step_by(10_000) {
        parents.insert_many((start..start + 10_000).map(|id| doc! { "_id": id })).await.unwrap();
    }
    for start in (0..CHILDREN).step_by(10_000) {
        // spread over all parents; every tenth key is dangling
        let key = |id: i32| if id % 10 == 0 { -id - 1 } else { (id.wrapping_mul(7_919) & 0x7fff_ffff) % PARENTS };
        let some = (start..start + 10_000).map(|id| doc! { "_id": id, "parent_id": key(id), "text": "x".repeat(50) });
        children.insert_many(some).await.unwrap();
    }
    let (before, begun) = (peak(), Instant::now());
    let report = integrity::scan(db).await.unwrap();
    println!("scan: {:?}, peak {} KiB, before {before} KiB\n{report}", begun.elapsed(), peak());
    assert_eq!(report.len(), 100_000);
    let begun = Instant::now();
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    println!("repair: {:?}, peak {} KiB\n{repaired}", begun.elapsed(), peak());
    assert_eq!(repaired.unlinked, 100_000);
    assert!(integrity::scan(db).await.unwrap().is_empty());
}
