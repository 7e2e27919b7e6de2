//! Connections that are cut, and commands that the server refuses.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{Cut, count, direct_database};

use super::{Pot, outcomes, pot, report};

#[tokio::test]
async fn a_lost_reply_leaves_the_outcome_unknown() {
    for ordered in [true, false] {
        for cut in Cut::all(1..=1) {
            let (test, proxy) = TestDb::with_proxy().await.unwrap();
            let db = test.db();
            Pot::insert_many(db, &[pot(1), pot(2)]).await.unwrap();
            proxy.only(["update"]);
            cut.once(&proxy);
            let bulk = Pot::bulk(db).insert(pot(3)).update(1, Pot::SIZE.inc(1)).update(2, Pot::SIZE.inc(1)).delete(1);
            let bulk = if ordered { bulk } else { bulk.unordered() };
            let error = bulk.run().await.unwrap_err();
            assert!(matches!(&error, Error::Bulk { source, .. } if matches!(&**source, Error::Driver(_))), "{error:?}");
            let failed = outcomes(&report(Err(error)));
            assert!(failed.starts_with("3 inserted, 1 failed: "), "{cut}: {failed}");
            assert!(failed.ends_with(", 2 unknown, 1 not run"), "{cut}: {failed}");
            assert_eq!(count::<Pot>(&direct_database(&test).await).await, 3);
        }
    }
}

#[tokio::test]
async fn a_refused_command_has_written_nothing() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    Pot::insert_many(db, &[pot(1), pot(2)]).await.unwrap();
    proxy.only(["update"]);
    let refusal = || doc! { "ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "not allowed" };
    proxy.refuse(1, refusal());
    let bulk = |db| Pot::bulk(db).insert(pot(3)).update(1, Pot::SIZE.inc(1)).update(2, Pot::SIZE.inc(1)).delete(1);
    let failed = outcomes(&report(bulk(db).run().await));
    assert!(failed.starts_with("3 inserted, 1 failed: ") && failed.contains("not allowed"), "{failed}");
    assert!(failed.ends_with(", 2 not run, 1 not run"), "{failed}");
    // without an order, the other commands are sent
    proxy.heal();
    proxy.only(["update"]);
    proxy.refuse(1, refusal());
    let failed = outcomes(&report(bulk(db).delete(3).unordered().run().await));
    assert!(failed.contains("1 failed: ") && failed.ends_with("2 not run, 1 deleted, 3 deleted"), "{failed}");
}

#[tokio::test]
async fn a_failed_read_leaves_the_outcome_of_updates_unknown() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    pot(1).insert(db).await.unwrap();
    proxy.only(["find"]);
    proxy.refuse(1, doc! { "ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "not allowed" });
    let bulk = Pot::bulk(db).update(1, Pot::SIZE.inc(1)).save(pot(3)).update(2, Pot::SIZE.inc(1));
    let failed = outcomes(&report(bulk.run().await));
    assert!(failed.starts_with("1 failed: ") && failed.ends_with(", 3 inserted, 2 unknown"), "{failed}");
}

#[tokio::test]
async fn a_transaction_of_a_bulk_is_retried() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    proxy.only(["insert"]);
    proxy.refuse(1, earnorm_tests::write_conflict());
    let outcome = earnorm::transaction(db, async |tx| Pot::bulk(tx).insert_many([pot(1), pot(2)]).run().await).await;
    assert_eq!(outcomes(&outcome.unwrap()), "1 inserted, 2 inserted");
    assert_eq!((proxy.seen(), count::<Pot>(db).await), (2, 2));
}
