//! The order of the writes, their number of commands, and the outcome of each.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database, document};

use super::{Lid, Pot, outcomes, pot, report};

const DUPLICATE: &str = "failed: another `Pot` has the same key in the unique index `name`";

#[tokio::test]
async fn consecutive_writes_share_a_command() {
    let test = database().await;
    let db = test.db();
    let bulk = Pot::bulk(db)
        .insert(pot(1))
        .insert_many([pot(2), pot(3)])
        .save(Pot { size: 5, ..pot(1) })
        .save(pot(4))
        .update(2, Pot::SIZE.inc(7))
        .delete(3)
        .delete_many([4, 9])
        .insert(pot(5));
    assert_eq!((bulk.len(), bulk.is_empty()), (10, false));
    let report = assert_commands!(test, 4, { bulk.run().await.unwrap() });
    assert_eq!(
        outcomes(&report),
        "1 inserted, 2 inserted, 3 inserted, 1 replaced, 4 inserted, 2 updated, 3 deleted, 4 deleted, 9 deleted, 5 inserted"
    );
    assert_eq!(report.to_string(), "5 inserted, 1 replaced, 1 updated, 2 deleted");
    assert_eq!((report.inserted(), report.replaced(), report.updated(), report.deleted()), (5, 1, 1, 2));
    let left = Pot::find_all().order_by(Pot::ID.asc()).all(db).await.unwrap();
    assert_eq!(left, [Pot { size: 5, ..pot(1) }, Pot { size: 7, ..pot(2) }, pot(5)]);
}

#[tokio::test]
async fn without_an_order_all_writes_of_one_kind_share_a_command() {
    let test = database().await;
    let db = test.db();
    let mut bulk = Pot::bulk(db).unordered();
    for id in (0..300).step_by(3) {
        bulk = bulk.insert(pot(id)).save(pot(id + 1)).delete(id + 2);
    }
    let report = assert_commands!(test, 3, { bulk.run().await.unwrap() });
    assert_eq!(report.to_string(), "200 inserted");
    assert_eq!(count::<Pot>(db).await, 200);
}

#[tokio::test]
async fn a_bulk_without_writes_sends_nothing() {
    let test = database().await;
    let report = assert_commands!(test, 0, { Pot::bulk(test.db()).run().await.unwrap() });
    assert_eq!((report.to_string(), report.results().len()), ("nothing written".to_owned(), 0));
    // nor does one that isn't run
    assert_commands!(test, 0, drop(Pot::bulk(test.db()).insert(pot(1))));
}

#[tokio::test]
async fn ten_thousand_writes_take_four_commands() {
    let test = database().await;
    let db = test.db();
    Pot::insert_many(db, &(0..5_000).map(pot).collect::<Vec<_>>()).await.unwrap();
    let mut bulk = Pot::bulk(db).insert_many((5_000..7_500).map(pot));
    for id in 0..2_500 {
        bulk = bulk.update(id, Pot::SIZE.inc(1));
    }
    let bulk = bulk.save_many((2_500..4_000).map(|id| Pot { size: 2, ..pot(id) })).delete_many(4_000..5_000);
    let bulk = bulk.insert_many((7_500..10_000).map(pot));
    assert_eq!(bulk.len(), 10_000);
    let report = assert_commands!(test, 4, { bulk.run().await.unwrap() });
    assert_eq!(report.to_string(), "5000 inserted, 1500 replaced, 2500 updated, 1000 deleted");
    assert_eq!(count::<Pot>(db).await, 9_000);
    assert_eq!(Pot::find(Pot::SIZE.eq(1)).count(db).await.unwrap(), 2_500);
}

#[tokio::test]
async fn a_large_command_is_split() {
    let test = database().await;
    let db = test.db();
    let large = |id: i32| Pot { name: format!("{id}{}", "x".repeat(5 << 20)), ..pot(id) };
    // two of 5 MB fit into one command of 12 MB
    let report = assert_commands!(test, 3, { Pot::bulk(db).save_many((0..5).map(large)).run().await.unwrap() });
    assert_eq!(outcomes(&report), "0 inserted, 1 inserted, 2 inserted, 3 inserted, 4 inserted");
    let bulk = Pot::bulk(db).save_many((0..5).map(large)).update(5, Pot::SIZE.set(1));
    let report = report_after_a_read(&test, bulk).await;
    assert_eq!(report, "0 replaced, 1 replaced, 2 replaced, 3 replaced, 4 replaced, 5 not found");
}

async fn report_after_a_read(test: &earnorm_testkit::TestDb, bulk: earnorm::Bulk<'_, Pot>) -> String {
    outcomes(&assert_commands!(test, 4, { bulk.run().await.unwrap() }))
}

#[tokio::test]
async fn updates_of_missing_documents_are_found_by_one_read() {
    let test = database().await;
    let db = test.db();
    Pot::insert_many(db, &[pot(1), pot(3)]).await.unwrap();
    let set = |size: i64| Pot::SIZE.set(size);
    let bulk = Pot::bulk(db).update(1, set(1)).update(2, set(2)).update(3, set(3)).update(4, set(4)).update(1, set(5));
    let report = assert_commands!(test, 2, { bulk.run().await.unwrap() });
    assert_eq!(outcomes(&report), "1 updated, 2 not found, 3 updated, 4 not found, 1 updated");
    assert_eq!((report.unmatched(), report.to_string()), (2, "3 updated, 2 not found".to_owned()));
    assert_eq!(Pot::get(db, 1).await.unwrap().unwrap().size, 5);
    // an update that changes nothing has found its document
    let report = assert_commands!(test, 1, { Pot::bulk(db).update(1, set(5)).run().await.unwrap() });
    assert_eq!(outcomes(&report), "1 updated");
}

#[tokio::test]
async fn the_first_failure_ends_an_ordered_bulk() {
    let test = database().await;
    let db = test.db();
    Pot::ensure_indexes(db).await.unwrap();
    let same = |id: i32| Pot { id, ..pot(1) };
    let bulk = Pot::bulk(db).insert_many([pot(1), same(2), pot(3)]).update(1, Pot::SIZE.inc(1)).delete(1);
    let error = assert_commands!(test, 1, { bulk.run().await.unwrap_err() });
    assert_eq!(error.to_string(), "1 of 5 writes failed: another `Pot` has the same key in the unique index `name`");
    let Error::Bulk { report: failed, source } = error else { panic!("{error:?}") };
    assert!(matches!(&*source, Error::Duplicate { index, .. } if index == "name"));
    assert_eq!(outcomes(&failed), format!("1 inserted, 2 {DUPLICATE}, 3 not run, 1 not run, 1 not run"));
    assert_eq!(count::<Pot>(db).await, 1);

    let bulk = Pot::bulk(db).update(1, Pot::SIZE.inc(1)).save(same(2)).update(1, Pot::SIZE.inc(1)).delete(1);
    let failed = report(assert_commands!(test, 1, { bulk.run().await }));
    assert_eq!(outcomes(&failed), format!("1 updated, 2 {DUPLICATE}, 1 not run, 1 not run"));
    assert_eq!(Pot::get(db, 1).await.unwrap(), Some(Pot { size: 1, ..pot(1) }));
}

#[tokio::test]
async fn an_unordered_bulk_runs_all_other_writes() {
    let test = database().await;
    let db = test.db();
    Pot::ensure_indexes(db).await.unwrap();
    let same = |id: i32| Pot { id, ..pot(1) };
    let bulk = Pot::bulk(db)
        .insert_many([pot(1), same(2), pot(3), pot(3)])
        .save(same(4))
        .update(3, Pot::SIZE.inc(1))
        .update(9, Pot::SIZE.inc(1))
        .save(pot(5))
        .delete(8)
        .unordered();
    let failed = report(assert_commands!(test, 4, { bulk.run().await }));
    assert_eq!(
        outcomes(&failed),
        format!(
            "1 inserted, 2 {DUPLICATE}, 3 inserted, 3 {}, 4 {DUPLICATE}, 3 updated, 9 not found, 5 inserted, 8 deleted",
            DUPLICATE.replace("name", "_id_")
        )
    );
    assert_eq!(failed.to_string(), "3 inserted, 1 updated, 1 not found, 3 failed");
    assert_eq!(count::<Pot>(db).await, 3);
}

#[tokio::test]
async fn elements_of_arrays_are_updated() {
    let test = database().await;
    let db = test.db();
    let lid = |colour: &str, price| Lid { colour: colour.to_owned(), price };
    let with_lids = |id: i32| Pot { lids: vec![lid("red", 1), lid("blue", 1)], ..pot(id) };
    Pot::insert_many(db, &[with_lids(1), with_lids(2)]).await.unwrap();
    let price = |colour: &str, by: i64| Pot::LIDS.each_where(Lid::COLOUR.eq(colour)).at(Lid::PRICE).inc(by);
    let bulk = Pot::bulk(db).update(1, (price("red", 1), price("blue", 2))).update(2, price("red", 5));
    assert_commands!(test, 1, { bulk.run().await.unwrap() });
    assert_eq!(Pot::get(db, 1).await.unwrap().unwrap().lids, [lid("red", 2), lid("blue", 3)]);
    assert_eq!(Pot::get(db, 2).await.unwrap().unwrap().lids, [lid("red", 6), lid("blue", 1)]);
}

#[derive(Debug, Serialize, Deserialize, Model)]
#[model(collection = "bulk_cups")]
struct Cup {
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    id: Option<ObjectId>,
    name: String,
}

#[tokio::test]
async fn a_mistake_is_found_before_anything_is_sent() {
    let test = database().await;
    let db = test.db();
    pot(1).insert(db).await.unwrap();
    for update in [doc! { "name": "replaced" }, doc! {}, doc! { "lids": { "colour": "red" } }] {
        let bulk = Pot::bulk(db).insert(pot(2)).update(1, update);
        let error = assert_commands!(test, 0, { bulk.run().await.unwrap_err() });
        assert_eq!(
            error.to_string(),
            "`Pot`: an update has operators, such as `$set`; to replace a document, use `save`"
        );
    }
    // an update without any change is none
    let report = Pot::bulk(db).update(1, None::<earnorm::Update<Pot>>).run().await.unwrap();
    assert_eq!(outcomes(&report), "1 updated");
    let twice = Pot::bulk(db).update(1, (Pot::SIZE.inc(1), Pot::SIZE.inc(1)));
    assert!(matches!(assert_commands!(test, 0, { twice.run().await }), Err(Error::Encode { .. })));
    assert_eq!(document(db, "bulk_pots", 1).await.get_str("name").unwrap(), "pot 1");

    let unsaved = Cup::bulk(db).delete(None::<ObjectId>);
    assert!(matches!(assert_commands!(test, 0, { unsaved.run().await }), Err(Error::Unsaved { model: "Cup" })));
    // new ids are in the report
    let cup = |name: &str| Cup { id: None, name: name.to_owned() };
    let made = assert_commands!(test, 1, { Cup::bulk(db).insert(cup("a")).save(cup("b")).run().await.unwrap() });
    for (result, name) in made.results().iter().zip(["a", "b"]) {
        let stored = Cup::get(db, result.id.as_object_id()).await.unwrap().unwrap();
        assert_eq!((stored.name.as_str(), stored.id), (name, result.id.as_object_id()));
    }
}

#[tokio::test]
async fn a_bulk_in_a_transaction_is_part_of_it() {
    let test = database().await;
    let db = test.db();
    Pot::ensure_indexes(db).await.unwrap();
    pot(1).insert(db).await.unwrap();
    let rolled_back = earnorm::transaction(db, async |tx| {
        let report = Pot::bulk(tx)
            .insert(pot(2))
            .update(1, Pot::SIZE.inc(1))
            .update(7, Pot::SIZE.inc(1))
            .delete(1)
            .run()
            .await?;
        assert_eq!(outcomes(&report), "2 inserted, 1 updated, 7 not found, 1 deleted");
        assert_eq!(Pot::find_all().count(tx).await?, 1);
        Err::<(), _>(Error::other("rolled back"))
    });
    assert_eq!(rolled_back.await.unwrap_err().to_string(), "rolled back");
    assert_eq!(Pot::find_all().all(db).await.unwrap(), [pot(1)]);

    // a failure ends the transaction, also one without an order
    for ordered in [true, false] {
        let failed = earnorm::transaction(db, async |tx| {
            let bulk = Pot::bulk(tx).insert(pot(3)).save(pot(4)).save(Pot { id: 5, ..pot(1) }).save(pot(6)).delete(1);
            let bulk = if ordered { bulk } else { bulk.unordered() };
            let failed = report(bulk.run().await);
            assert_eq!(outcomes(&failed), format!("3 inserted, 4 inserted, 5 {DUPLICATE}, 6 not run, 1 not run"));
            Ok(())
        });
        assert!(matches!(failed.await, Err(Error::Duplicate { .. })));
        assert_eq!(Pot::find_all().all(db).await.unwrap(), [pot(1)]);
    }
}
