//! Memory, measured by hand: `cargo test --release -p earnorm-tests --test relations a_million -- --ignored --nocapture`.

use std::time::Instant;

use earnorm::integrity;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;

use super::school::Desk;
use crate::database;

/// The most memory that the process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[tokio::test]
#[ignore = "takes minutes, and measures"]
async fn a_million_children_in_bounded_memory() {
    const CHILDREN: i32 = 1_000_000;
    const PARENTS: i32 = 200_000;
    let test = database().await;
    let db = test.db();
    for chunk in (0..PARENTS).collect::<Vec<_>>().chunks(10_000) {
        let teachers = chunk.iter().map(|id| doc! { "_id": id });
        db.collection::<Document>("sc_teachers").insert_many(teachers).await.unwrap();
    }
    for chunk in (0..CHILDREN).collect::<Vec<_>>().chunks(10_000) {
        // spread over the parents, and every tenth to one that isn't there
        let key = |id: &i32| if id % 10 == 0 { -id - 1 } else { (id.wrapping_mul(7_919) & 0x7fff_ffff) % PARENTS };
        let desks = chunk.iter().map(|id| doc! { "_id": id, "teacher_id": key(id), "padding": "x".repeat(50) });
        db.collection::<Document>("sc_desks").insert_many(desks).await.unwrap();
    }
    let (before, begun) = (peak(), Instant::now());
    let report = integrity::scan(db).await.unwrap();
    println!("scan: {:?}, peak {} KiB, before {before} KiB", begun.elapsed(), peak());
    println!("{report}");
    let begun = Instant::now();
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    println!("repair: {:?}, peak {} KiB", begun.elapsed(), peak());
    println!("{repaired}");
    assert!(integrity::scan(db).await.unwrap().is_empty());
    assert_eq!(Desk::query().count(db).await.unwrap(), 1_000_000);
}
