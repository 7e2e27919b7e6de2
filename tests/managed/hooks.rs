//! Hooks of documents with managed fields.

use std::sync::Mutex;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm::{Error, HookContext, Result};
use earnorm_testkit::TestDb;
use earnorm_tests::{count, database, write_conflict};

/// What the hooks see: the name of the hook, and the version.
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// For the tests that read [`SEEN`], and for those that run hooks meanwhile.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn seen() -> Vec<String> {
    std::mem::take(&mut *SEEN.lock().unwrap())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Letter {
    #[serde(rename = "_id")]
    id: i32,
    text: String,
    #[model(created_at)]
    created: DateTime,
    #[model(updated_at)]
    updated: DateTime,
    #[model(version)]
    rev: i64,
}

impl Hooks for Letter {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        SEEN.lock().unwrap().push(format!("before {}", self.rev));
        self.text.push('.');
        if self.text.starts_with("unwritable") { Err(Error::other("unwritable")) } else { Ok(()) }
    }

    async fn after_save(&self, cx: &HookContext<'_>) -> Result<()> {
        let stored = Self::get(cx, self.id).await?;
        assert_eq!(stored.as_ref(), Some(self), "the hook sees what was stored");
        SEEN.lock().unwrap().push(format!("after {}", self.rev));
        if self.text.starts_with("refused") { Err(Error::other("refused")) } else { Ok(()) }
    }
}

/// A model that can't be copied.
#[derive(Debug, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Seal {
    #[serde(rename = "_id")]
    id: i32,
    text: String,
    wax: Wax,
    #[model(version)]
    rev: i64,
}

/// It isn't `Clone`, so a seal isn't either.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wax(i32);

impl Hooks for Seal {
    async fn after_save(&self, _: &HookContext<'_>) -> Result<()> {
        if self.text == "refused" { Err(Error::other("refused")) } else { Ok(()) }
    }
}

fn letter(id: i32, text: &str) -> Letter {
    let never = DateTime::from_millis(0);
    Letter { id, text: text.into(), created: never, updated: never, rev: 0 }
}

async fn stored(db: &Database, id: i32) -> Letter {
    Letter::get(db, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn hooks_see_the_version_before_and_after_the_write() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let test = database().await;
    let db = test.db();
    seen();
    let mut letter = letter(1, "dear").insert(db).await.unwrap();
    assert_eq!((seen(), letter.rev), (vec!["before 0".to_owned(), "after 1".into()], 1));
    letter.save(db).await.unwrap();
    assert_eq!((seen(), letter.rev), (vec!["before 1".to_owned(), "after 2".into()], 2));
    assert_eq!(stored(db, 1).await, letter);
    assert!(letter.created <= letter.updated && letter.created > DateTime::from_millis(0));
    Letter::insert_many(db, &[self::letter(2, "a"), self::letter(3, "b")]).await.unwrap();
    assert_eq!(seen(), ["before 0", "before 0", "after 1", "after 1"]);
}

#[tokio::test]
async fn a_failed_save_restores_the_managed_fields() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let test = database().await;
    let db = test.db();
    let original = letter(1, "dear").insert(db).await.unwrap();
    for text in ["refused", "unwritable"] {
        let mut letter = Letter { text: text.into(), ..original.clone() };
        let before = letter.clone();
        letter.save(db).await.unwrap_err();
        assert_eq!(letter, before, "{text}");
        assert_eq!(stored(db, 1).await, original, "{text}");
        // the version in memory is still the stored one, so that the next save isn't stale
        letter.text = "corrected".into();
        letter.save(db).await.unwrap();
        assert_eq!(letter.rev, 2);
        Letter::find_all()
            .update(db, (Letter::REV.set(1), Letter::TEXT.set(&*original.text), Letter::UPDATED.set(original.updated)))
            .await
            .unwrap();
    }
    // a new document isn't stored, and has no version
    let mut new = letter(2, "refused");
    new.save(db).await.unwrap_err();
    assert_eq!((new, count::<Letter>(db).await), (letter(2, "refused"), 1));
}

#[tokio::test]
async fn a_stale_save_restores_the_document() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let test = database().await;
    let db = test.db();
    let mut late = letter(1, "dear").insert(db).await.unwrap();
    stored(db, 1).await.save(db).await.unwrap();
    let before = late.clone();
    assert!(matches!(late.save(db).await, Err(Error::Stale { model: "Letter", .. })));
    assert_eq!(late, before, "without the change of the hook");
}

#[tokio::test]
async fn the_version_of_a_document_that_cannot_be_copied_is_restored() {
    let test = database().await;
    let db = test.db();
    let mut seal = Seal { id: 1, text: "first".into(), wax: Wax(1), rev: 0 }.insert(db).await.unwrap();
    assert_eq!(seal.rev, 1);
    seal.text = "refused".into();
    seal.save(db).await.unwrap_err();
    assert_eq!(seal.rev, 1);
    seal.text = "corrected".into();
    seal.save(db).await.unwrap();
    assert_eq!(
        (Seal::get(db, 1).await.unwrap(), seal.rev),
        (Some(Seal { id: 1, text: "corrected".into(), wax: Wax(1), rev: 2 }), 2)
    );
}

#[tokio::test]
async fn a_retried_save_counts_once() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    let mut letter = letter(1, "dear").insert(db).await.unwrap();
    proxy.only(["update"]);
    (1..=2).for_each(|n| proxy.refuse(n, write_conflict()));
    letter.save(db).await.unwrap();
    assert!(proxy.seen() > 2, "the transaction was retried");
    proxy.heal();
    assert_eq!((letter.rev, letter.text.as_str()), (2, "dear.."));
    assert_eq!(stored(db, 1).await, letter);
    // the write succeeds, and the commit doesn't
    proxy.only(["commitTransaction"]);
    (1..=2).for_each(|n| proxy.refuse(n, write_conflict()));
    letter.save(db).await.unwrap();
    assert!(proxy.seen() > 2, "the transaction was retried");
    proxy.heal();
    assert_eq!((letter.rev, letter.text.as_str()), (3, "dear..."));
    assert_eq!(stored(db, 1).await, letter);
}

/// A body that is repeated reads the document again, and so has the stored version.
#[tokio::test]
async fn a_retried_body_that_reads_the_document_counts_once() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    letter(1, "dear").insert(db).await.unwrap();
    proxy.only(["commitTransaction"]);
    proxy.refuse(1, write_conflict());
    let letter = earnorm::transaction(db, async |tx| {
        let mut letter = Letter::get(tx, 1).await?.unwrap();
        letter.save(tx).await?;
        Ok(letter)
    });
    let letter = letter.await.unwrap();
    assert!(proxy.seen() > 1, "the transaction was retried");
    proxy.heal();
    assert_eq!((letter.rev, stored(db, 1).await), (2, letter));
}

/// Without transactions a write can't be undone, so the values in memory are those that were stored.
#[tokio::test]
async fn without_transactions_the_values_of_a_write_are_kept() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let db = test.db();
    let mut letter = letter(1, "dear").insert(db).await.unwrap();
    letter.text = "refused".into();
    letter.save(db).await.unwrap_err();
    assert_eq!((letter.rev, stored(db, 1).await), (2, letter));
}
