//! Hooks of saves that are retried, or that run without a transaction.

use std::sync::atomic::{AtomicUsize, Ordering};

use earnorm::Result;
use earnorm::mongodb::bson::doc;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::write_conflict;

/// `rung` shows how often the hook ran for the same value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Bell {
    #[serde(rename = "_id")]
    id: i32,
    rung: i32,
    #[serde(skip)]
    loud: bool,
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

impl Hooks for Bell {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        CALLS.fetch_add(usize::from(self.id == STANDALONE), Ordering::SeqCst);
        self.rung += if self.loud { 10 } else { 1 };
        Ok(())
    }

    async fn after_save(&self, _: &HookContext<'_>) -> Result<()> {
        if self.id == CRACKED { Err(earnorm::Error::other("cracked")) } else { Ok(()) }
    }
}

const STANDALONE: i32 = 1;
const CRACKED: i32 = 2;

fn bell(id: i32) -> Bell {
    Bell { id, rung: 0, loud: false }
}

#[tokio::test]
async fn hooks_run_once_without_transactions() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let db = test.db();
    let mut bell = bell(STANDALONE).insert(db).await.unwrap();
    assert_eq!((bell.rung, CALLS.load(Ordering::SeqCst)), (1, 1));
    bell.save(db).await.unwrap();
    assert_eq!((bell.rung, CALLS.load(Ordering::SeqCst)), (2, 2));
    assert_eq!(Bell::get(db, STANDALONE).await.unwrap(), Some(bell));
}

/// A write that can't be undone is also kept in the value.
#[tokio::test]
async fn a_failing_after_save_without_transactions_keeps_the_write() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let mut bell = bell(CRACKED);
    bell.save(test.db()).await.unwrap_err();
    assert_eq!(Bell::get(test.db(), CRACKED).await.unwrap(), Some(bell));
}

#[tokio::test]
async fn a_retried_save_starts_from_the_original_document() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    proxy.only(["insert"]);
    (1..=3).for_each(|n| proxy.refuse(n, write_conflict()));
    let rung = bell(3).insert(db).await.unwrap().rung;
    assert!(proxy.seen() > 3, "the transaction was retried");
    assert_eq!(rung, 1);
    assert_eq!(Bell::get(db, 3).await.unwrap().unwrap().rung, 1);
}

#[tokio::test]
async fn a_failed_save_restores_the_document() {
    let test = TestDb::new().await.unwrap();
    let mut bell = bell(CRACKED);
    bell.save(test.db()).await.unwrap_err();
    assert_eq!(bell.rung, 0);
    assert_eq!(Bell::get(test.db(), CRACKED).await.unwrap(), None);
}

/// Hooks see the given documents, including fields that aren't stored.
#[tokio::test]
async fn hooks_of_insert_many_see_unstored_fields() {
    let test = TestDb::new().await.unwrap();
    let bells = [bell(4), Bell { loud: true, ..bell(5) }];
    assert_eq!(Bell::insert_many(test.db(), &bells).await.unwrap(), [4, 5]);
    let stored = Bell::find_all().order_by(Bell::ID.asc()).all(test.db()).await.unwrap();
    assert_eq!(stored.iter().map(|bell| bell.rung).collect::<Vec<_>>(), [1, 10]);
}

/// Hooks of a model without `Clone` see what is stored. The returned ids are those that were stored.
#[tokio::test]
async fn insert_many_returns_ids_that_hooks_changed() {
    #[derive(Serialize, Deserialize, Model)]
    #[model(hooks)]
    struct Ticket {
        #[serde(rename = "_id")]
        number: i32,
    }
    impl Hooks for Ticket {
        async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
            self.number += 1000;
            Ok(())
        }
    }
    let test = TestDb::new().await.unwrap();
    let ids = Ticket::insert_many(test.db(), &[Ticket { number: 1 }, Ticket { number: 2 }]).await.unwrap();
    assert_eq!(ids, [1001, 1002]);
    assert_eq!(Ticket::get_many(test.db(), ids).await.unwrap().len(), 2);
}
