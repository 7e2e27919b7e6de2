//! Hooks, checks of references, and delete rules.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{count, database};

use super::{outcomes, report};

mod models {
    use earnorm::prelude::*;
    use earnorm::{Error, HookContext, Hooks, Result};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(hooks, collection = "bulk_guests")]
    pub(super) struct Guest {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) name: String,
        #[serde(default)]
        pub(super) saved: i32,
    }

    /// What the hooks of a guest write.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "bulk_visits")]
    pub(super) struct Visit {
        #[serde(rename = "_id")]
        pub(super) id: String,
    }

    impl Hooks for Guest {
        async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
            self.saved += 1;
            if self.name == "unwanted" { Err(Error::other("not invited")) } else { Ok(()) }
        }

        async fn after_save(&self, cx: &HookContext<'_>) -> Result<()> {
            Visit { id: format!("{} came", self.id) }.insert(cx).await.map(|_| ())
        }

        async fn after_delete(&self, cx: &HookContext<'_>) -> Result<()> {
            Visit { id: format!("{} left", self.id) }.insert(cx).await.map(|_| ())
        }
    }

    /// A model with hooks whose documents can't be copied.
    #[derive(Debug, Serialize, Deserialize, Model)]
    #[model(hooks, collection = "bulk_tickets")]
    pub(super) struct Ticket {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) seat: Seat,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Seat(pub(super) i32);

    impl Hooks for Ticket {}

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "bulk_shelves")]
    #[relation(one_to_many, target = Tin, fk = shelf_id, on_delete = "restrict")]
    #[relation(one_to_many, target = Label, fk = shelf_id, cascade_delete)]
    pub(super) struct Shelf {
        #[serde(rename = "_id")]
        pub(super) id: i32,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(check_references, collection = "bulk_tins")]
    pub(super) struct Tin {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) shelf_id: i32,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "bulk_labels")]
    pub(super) struct Label {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) shelf_id: i32,
    }
}
use models::{Guest, Label, Seat, Shelf, Ticket, Tin, Visit};

fn guest(id: i32) -> Guest {
    Guest { id, name: "welcome".to_owned(), saved: 0 }
}

async fn visits(test: &TestDb) -> String {
    let visits = Visit::find_all().order_by(Visit::ID.asc()).all(test.db()).await.unwrap();
    visits.into_iter().map(|visit| visit.id).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn hooks_run_for_whole_documents_and_deletes() {
    let test = database().await;
    let db = test.db();
    Guest::insert_many(db, &[guest(1), guest(2)]).await.unwrap();
    Visit::find_all().delete(db).await.unwrap();
    let bulk = Guest::bulk(db)
        .insert_many([guest(3), guest(4)])
        .save(Guest { saved: 5, ..guest(1) })
        .update(2, Guest::NAME.set("renamed"))
        .delete(2);
    // three commands of the hooks of saves, one of the hook of the delete, two reads and one delete of it, and the commit
    let report = assert_commands!(test, 10, { bulk.run().await.unwrap() });
    assert_eq!(outcomes(&report), "3 inserted, 4 inserted, 1 replaced, 2 updated, 2 deleted");
    assert_eq!(visits(&test).await, "1 came, 2 left, 3 came, 4 came");
    let saved = Guest::find_all().order_by(Guest::ID.asc()).all(db).await.unwrap();
    assert_eq!(saved.iter().map(|guest| (guest.id, guest.saved)).collect::<Vec<_>>(), [(1, 6), (3, 1), (4, 1)]);
}

#[tokio::test]
async fn a_failing_hook_undoes_all_writes() {
    let test = database().await;
    let db = test.db();
    let unwanted = Guest { name: "unwanted".to_owned(), ..guest(3) };
    for ordered in [true, false] {
        let bulk = Guest::bulk(db).save(guest(1)).insert_many([guest(2), unwanted.clone(), guest(4)]).delete(1);
        let bulk = if ordered { bulk } else { bulk.unordered() };
        let failed = report(bulk.run().await);
        assert_eq!(
            outcomes(&failed),
            "1 not run, 2 not run, 3 failed: `before_save` of the `Guest` with `_id` 3 failed: not invited, 4 not run, 1 not run"
        );
        assert_eq!((count::<Guest>(db).await, count::<Visit>(db).await), (0, 0));
    }
    // the same for a write that the server refuses
    let failed = report(Guest::bulk(db).insert_many([guest(1), guest(2), guest(2)]).run().await);
    assert!(outcomes(&failed).starts_with("1 not run, 2 not run, 2 failed: another `Guest`"), "{failed}");
    assert_eq!((count::<Guest>(db).await, count::<Visit>(db).await), (0, 0));
}

#[tokio::test]
async fn hooks_need_copies() {
    let test = database().await;
    let db = test.db();
    let bulk = Ticket::bulk(db).delete(2).insert(Ticket { id: 1, seat: Seat(1) });
    let refused = assert_commands!(test, 0, { bulk.run().await.unwrap_err() });
    assert_eq!(
        refused.to_string(),
        "`Ticket`: a bulk runs hooks on copies, but `Ticket` can't be copied; derive `Clone` for it, or write the documents \
         one by one"
    );
}

#[tokio::test]
async fn references_are_checked() {
    let test = database().await;
    let db = test.db();
    Shelf { id: 1 }.insert(db).await.unwrap();
    let tin = |id: i32, shelf_id: i32| Tin { id, shelf_id };
    // two checks, two writes and the commit
    let bulk = Tin::bulk(db).insert_many([tin(1, 1), tin(2, 1)]).save(tin(1, 1));
    let report_ = assert_commands!(test, 5, { bulk.run().await.unwrap() });
    assert_eq!(outcomes(&report_), "1 inserted, 2 inserted, 1 replaced");

    let failed = report(Tin::bulk(db).insert(tin(3, 1)).save(tin(4, 7)).save(tin(5, 1)).run().await);
    assert_eq!(
        outcomes(&failed),
        "3 not run, 4 failed: `Tin` was not written: its key `shelf_id` refers to 7, which doesn't exist, 5 not run"
    );
    assert_eq!(count::<Tin>(db).await, 2);
    // updates are not checked, and need no transaction
    assert_commands!(test, 1, { Tin::bulk(db).update(1, Tin::SHELF_ID.set(7)).run().await.unwrap() });
}

#[tokio::test]
async fn delete_rules_apply() {
    let test = database().await;
    let db = test.db();
    Shelf::insert_many(db, &[1, 2, 3].map(|id| Shelf { id })).await.unwrap();
    Tin { id: 1, shelf_id: 2 }.insert(db).await.unwrap();
    Label::insert_many(db, &[1, 2, 3].map(|id| Label { id, shelf_id: id })).await.unwrap();

    let failed =
        report(Shelf::bulk(db).insert(Shelf { id: 4 }).delete_many([1, 2]).insert(Shelf { id: 5 }).run().await);
    assert_eq!(
        outcomes(&failed),
        "4 not run, 1 failed: `Shelf::tins` restricts this delete: 1 tin refers to what it would delete by `shelf_id`: 1, 2 not run, 5 not run"
    );
    assert_eq!((failed.deleted(), count::<Shelf>(db).await, count::<Label>(db).await), (0, 3, 3));

    let done = Shelf::bulk(db).insert(Shelf { id: 4 }).delete_many([1, 3, 8]).run().await.unwrap();
    assert_eq!((outcomes(&done).as_str(), done.deleted()), ("4 inserted, 1 deleted, 3 deleted, 8 deleted", 2));
    assert_eq!(Label::find_all().all(db).await.unwrap(), [Label { id: 2, shelf_id: 2 }]);
}

#[tokio::test]
async fn without_transactions_the_writes_before_a_failure_are_kept() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let db = test.db();
    let unwanted = Guest { name: "unwanted".to_owned(), ..guest(3) };
    let outcome = Guest::bulk(db).insert_many([guest(1), guest(2)]).delete(1).insert(unwanted).run().await;
    let failed = report(outcome);
    assert_eq!(
        outcomes(&failed),
        "1 inserted, 2 inserted, 1 deleted, 3 failed: `before_save` of the `Guest` with `_id` 3 failed: not invited"
    );
    assert_eq!(visits(&test).await, "1 came, 1 left, 2 came");
    assert_eq!(Guest::find_all().all(db).await.unwrap(), [Guest { saved: 1, ..guest(2) }]);
    let error = Guest::bulk(db).insert(guest(2)).run().await.unwrap_err();
    assert!(matches!(error, Error::Bulk { source, .. } if matches!(&*source, Error::Duplicate { .. })));
}
