//! The search for cycles of keys.

use earnorm::integrity::{self, Kind, Scan};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, insert_documents};

use crate::models::{insert_categories, insert_categories_of};

#[tokio::test]
async fn a_scan_finds_cycles_on_request() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    insert_documents(
        db,
        "parts",
        [
            doc! { "_id": 1, "whole_id": "no 2" },
            doc! { "_id": 2, "whole_id": "no 1" },
            doc! { "_id": 3, "whole_id": null },
        ],
    )
    .await;
    insert_documents(
        db,
        "replies",
        [
            doc! { "_id": 1, "about": { "type": "Reply", "id": 2 } },
            doc! { "_id": 2, "about": { "type": "Reply", "id": 1 } },
            // no cycle: it refers to the article with the id 3
            doc! { "_id": 3, "about": { "type": "Article", "id": 3 } },
        ],
    )
    .await;
    insert_documents(db, "articles", [doc! { "_id": 3 }]).await;
    insert_documents(db, "topics", [doc! { "_id": 1, "place": { "parent_id": 1 } }]).await;
    // cycles by arrays are not reported
    insert_documents(db, "people", [doc! { "_id": 1, "follows_ids": [1] }]).await;

    let report = integrity::scan(db).await.unwrap();
    assert!(report.is_empty(), "{report}");
    let report = Scan::default().cycles().run(db).await.unwrap();
    let found: Vec<_> =
        report.entries().iter().map(|e| (e.model, e.field, e.kind, e.holder.clone(), e.id.clone())).collect();
    assert_eq!(
        found,
        [
            ("Category", "parent_id", Kind::Cycle, 10.into(), 12.into()),
            ("Category", "parent_id", Kind::Cycle, 20.into(), 20.into()),
            ("Part", "whole_id", Kind::Cycle, 1.into(), "no 2".into()),
            ("Reply", "about.id", Kind::Cycle, 1.into(), 2.into()),
            ("Topic", "place.parent_id", Kind::Cycle, 1.into(), 1.into()),
        ]
    );
    let text = report.to_string();
    assert!(
        text.contains("`Category::parent_id` to `Category`: 2 close cycles\n    10 holds 12\n    20 holds 20"),
        "{text}"
    );
    assert!(text.contains("`Part::whole_id` to `Part`: 1 closes a cycle"), "{text}");
    // which of the keys is wrong isn't known
    let before = report.len();
    report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(Scan::default().cycles().run(db).await.unwrap().len(), before);
}

#[tokio::test]
async fn cycles_take_one_more_command_for_each_key_and_thousand_documents() {
    let test = database().await;
    let db = test.db();
    let chain: Vec<_> = (0..2_500).map(|id| (id, (id > 0).then_some(id - 1))).collect();
    insert_categories_of(db, &chain).await;
    let before = test.log().len();
    let report = Scan::default().run(db).await.unwrap();
    let plain = test.log().len() - before;
    assert!(report.is_empty());
    let mut read = 0;
    let with_cycles = Scan::default().cycles().run_with(db, |progress| read = progress.documents);
    let report = assert_commands!(test, plain + 4, { with_cycles.await.unwrap() });
    assert!(report.is_empty(), "{report}");
    assert_eq!(read, 2_500);
}
