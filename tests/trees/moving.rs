//! `move_to`: changes the place of a document, but never closes a cycle.

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::{FaultProxy, TestDb, assert_commands};
use earnorm_tests::{Cut, clients, database, document, documents};
use futures_util::future::join_all;

use crate::models::{Category, Part, category, insert_categories, insert_categories_of};

mod models {
    use earnorm::prelude::*;

    /// A required key, whose references are checked.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(check_references, guard = "rev")]
    pub(super) struct Folder {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[serde(default)]
        pub(super) rev: i64,
        #[relation(many_to_one, target = Folder, recursive = "path")]
        pub(super) parent_id: i32,
    }

    /// A null key isn't stored.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Task {
        #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
        pub(super) id: Option<ObjectId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[relation(many_to_one, target = Task, recursive = "path")]
        pub(super) parent_id: Option<ObjectId>,
    }
}
use models::{Folder, Task};

async fn parent(db: &Database, id: i32) -> Option<i32> {
    category(db, id).await.parent_id
}

#[tokio::test]
async fn a_document_is_moved_with_everything_below_it() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let (four, three) = (category(db, 4).await, category(db, 3).await);
    // two read the chain above, two for the mark, the key and the commit
    assert_commands!(test, 6, { four.move_to(db, Some(&three)).await.unwrap() });
    assert_eq!(parent(db, 4).await, Some(3));
    assert_eq!(three.descendants().tree(db).await.unwrap().len(), 2);
    // the one that is held doesn't change
    assert_eq!(four.parent_id, Some(2));
    assert_commands!(test, 1, { four.parent().move_to(db, None).await.unwrap() });
    assert_eq!(parent(db, 4).await, None);
    for stored in documents(db, "categories").await {
        assert_eq!(stored.keys().collect::<Vec<_>>(), ["_id", "rank", "parent_id"], "the mark is removed");
    }
}

#[tokio::test]
async fn a_move_that_would_close_a_cycle_is_refused() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let before = documents(db, "categories").await;
    let (one, six) = (category(db, 1).await, category(db, 6).await);
    let error = one.move_to(db, Some(&six)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the `Category` with `_id` 1 can't be moved below 6, which is below it or is the same document"
    );
    assert!(matches!(error, Error::Cycle { model: "Category", .. }));
    let error = assert_commands!(test, 0, { one.move_to(db, Some(&one)).await.unwrap_err() });
    assert!(matches!(error, Error::Cycle { .. }), "{error}");
    // what the program holds is old: 6 is below 30 by now
    let thirty = category(db, 30).await;
    six.move_to(db, Some(&thirty)).await.unwrap();
    assert!(matches!(thirty.move_to(db, Some(&six)).await, Err(Error::Cycle { .. })));
    one.move_to(db, Some(&six)).await.unwrap();
    assert_ne!(documents(db, "categories").await, before);
    assert_eq!(category(db, 5).await.ancestors().tree(db).await.unwrap().len(), 4);
}

/// A cycle that is stored already doesn't forbid a move below it, and is found to its end.
#[tokio::test]
async fn old_cycles_and_long_chains_are_no_obstacle() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let (three, ten) = (category(db, 3).await, category(db, 10).await);
    three.move_to(db, Some(&ten)).await.unwrap();
    assert_eq!(parent(db, 3).await, Some(10));
    assert!(matches!(ten.move_to(db, Some(&three)).await, Err(Error::Cycle { .. })));

    let chain: Vec<_> = (1_000..2_500).map(|id| (id, (id > 1_000).then_some(id - 1))).collect();
    insert_categories_of(db, &chain).await;
    let (top, bottom) = (category(db, 1_000).await, category(db, 2_499).await);
    assert!(matches!(top.move_to(db, Some(&bottom)).await, Err(Error::Cycle { .. })));
    // 15 find the chain of 1,500; two for each 1,000 read it, mark it and remove the mark
    let alone = category(db, 30).await;
    assert_commands!(test, 23, { alone.move_to(db, Some(&bottom)).await.unwrap() });
}

#[tokio::test]
async fn documents_that_do_not_exist_and_keys_that_cannot_be_null_are_errors() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let gone = Category { id: 77, rank: 0, parent_id: None };
    let one = category(db, 1).await;
    let error = one.move_to(db, Some(&gone)).await.unwrap_err();
    assert_eq!(error.to_string(), "`Category` was not written: its key `parent_id` refers to 77, which doesn't exist");
    assert!(matches!(gone.move_to(db, Some(&one)).await, Err(Error::NotFound { model: "Category" })));
    assert!(matches!(gone.move_to(db, None).await, Err(Error::NotFound { model: "Category" })));

    let folders = [(1, 1), (2, 1), (3, 2)].map(|(id, parent_id)| Folder { id, rev: 0, parent_id });
    Folder::insert_many(db, &folders).await.unwrap();
    let error = folders[1].move_to(db, None).await.unwrap_err();
    assert_eq!(error.to_string(), "`Folder`: its key `parent_id` can't be null, so it can't be moved to the top");
    // with a guard, a concurrent delete of the target conflicts
    folders[2].move_to(db, Some(&folders[0])).await.unwrap();
    assert_eq!(document(db, "folders", 1).await.get_i64("rev").unwrap(), 1);
    let gone = Folder { id: 9, rev: 0, parent_id: 1 };
    assert!(matches!(folders[2].move_to(db, Some(&gone)).await, Err(Error::MissingReference { .. })));

    let unsaved = Task { id: None, parent_id: None };
    let saved = Task { id: None, parent_id: None }.insert(db).await.unwrap();
    for outcome in [unsaved.move_to(db, Some(&saved)).await, saved.move_to(db, Some(&unsaved)).await] {
        assert!(matches!(outcome, Err(Error::Unsaved { model: "Task" })));
    }
    let below = Task { id: None, parent_id: None }.insert(db).await.unwrap();
    below.move_to(db, Some(&saved)).await.unwrap();
    below.move_to(db, None).await.unwrap();
    assert!(!document(db, "tasks", below.id.unwrap()).await.contains_key("parent_id"));
}

#[tokio::test]
async fn a_key_with_an_encoder_is_moved() {
    let test = database().await;
    let db = test.db();
    let parts = [(1, None), (2, Some(1)), (3, Some(2)), (4, None)].map(|(id, whole_id)| Part { id, whole_id });
    Part::insert_many(db, &parts).await.unwrap();
    assert!(matches!(parts[0].move_to(db, Some(&parts[2])).await, Err(Error::Cycle { .. })));
    parts[3].move_to(db, Some(&parts[2])).await.unwrap();
    assert_eq!(document(db, "parts", 4).await.get_str("whole_id").unwrap(), "no 3");
}

#[tokio::test]
async fn a_move_in_a_transaction_ends_with_it() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let (four, three) = (category(db, 4).await, category(db, 3).await);
    let outcome = earnorm::transaction(db, async |tx| {
        // one for 3 and one for 1 above it, two for the mark, and the key
        assert_commands!(test, 5, { four.move_to(tx, Some(&three)).await? });
        Err::<(), _>(Error::other("changed my mind"))
    });
    assert!(outcome.await.is_err());
    assert_eq!(parent(db, 4).await, Some(2));
}

/// Two moves that would close a cycle together: one of them is refused.
#[tokio::test]
async fn concurrent_moves_close_no_cycle() {
    let test = database().await;
    let db = test.db();
    for round in 0..20 {
        let base = round * 10;
        insert_categories_of(db, &[(base, None), (base + 1, Some(base)), (base + 2, None), (base + 3, Some(base + 2))])
            .await;
        let mut all = Vec::new();
        for id in base..base + 4 {
            all.push(category(db, id).await);
        }
        // each root below the leaf of the other tree
        let (a, b) = tokio::join!(all[0].move_to(db, Some(&all[3])), all[2].move_to(db, Some(&all[1])));
        let refused = [&a, &b].iter().filter(|outcome| matches!(outcome, Err(Error::Cycle { .. }))).count();
        assert_eq!((refused, a.is_ok() || b.is_ok()), (1, true), "{a:?} {b:?}");
    }
    let report = earnorm::integrity::Scan::default().cycles().run(db).await.unwrap();
    assert!(report.is_empty(), "{report}");
}

/// Moves 4 below 3 in a new database with a fault. Returns whether the call succeeded, whether the data is that before or
/// after the move, and the number of commands.
async fn faulty_move(fault: impl FnOnce(&FaultProxy)) -> (bool, bool, usize) {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (faulty, db) = clients(&test, &proxy, "serverSelectionTimeoutMS=1500").await;
    insert_categories(&db).await;
    let (four, three) = (category(&db, 4).await, category(&db, 3).await);
    let before = documents(&db, "categories").await;
    let mut after = before.clone();
    after.iter_mut().filter(|stored| stored.get_i32("_id") == Ok(4)).for_each(|stored| {
        stored.insert("parent_id", 3);
    });
    proxy.heal();
    fault(&proxy);
    let outcome = four.move_to(&faulty, Some(&three)).await;
    let stored = documents(&db, "categories").await;
    assert!(stored == before || stored == after, "{stored:?}");
    let seen = proxy.seen();
    proxy.heal();
    (outcome.is_ok(), stored == after, seen)
}

#[tokio::test]
async fn a_move_with_a_fault_at_any_command_is_done_or_not_done() {
    let (done, moved, commands) = faulty_move(|_| {}).await;
    assert!(done && moved && commands == 6);
    // the move is repeated after a cut
    for (done, moved, _) in join_all(Cut::all(1..=commands).map(|cut| faulty_move(move |proxy| cut.once(proxy)))).await
    {
        assert_eq!((done, moved), (true, true));
    }
    // a command that the server refuses ends it
    let refusal = || doc! { "ok": 0, "code": 8_000, "errmsg": "no" };
    let refused = (1..commands).map(|n| faulty_move(move |proxy| proxy.refuse(n, refusal())));
    for (done, moved, _) in join_all(refused).await {
        assert_eq!((done, moved), (false, false));
    }
    // the server is gone before or after the commit
    let down = Cut::all(commands..=commands).map(|cut| faulty_move(move |proxy| cut.and_stay_down(proxy)));
    let outcomes: Vec<_> = join_all(down).await.into_iter().map(|(done, moved, _)| (done, moved)).collect();
    assert_eq!(outcomes, [(false, false), (false, true)]);
}

#[tokio::test]
async fn a_standalone_server_moves_without_a_transaction() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let db = test.db();
    insert_categories(db).await;
    let (four, three, six) = (category(db, 4).await, category(db, 3).await, category(db, 6).await);
    four.move_to(db, Some(&three)).await.unwrap();
    assert_eq!(parent(db, 4).await, Some(3));
    assert!(matches!(four.move_to(db, Some(&six)).await, Err(Error::Cycle { .. })));
}
