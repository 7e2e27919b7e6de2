//! A large reply is decoded outside the thread that runs async tasks. A test has one such thread: its own.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};
use std::thread::{self, ThreadId};

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};
use serde::Deserializer;

/// The threads that decoded a value, by a number that the test chose.
static THREADS: LazyLock<Mutex<HashSet<(i32, ThreadId)>>> = LazyLock::new(Mutex::default);

fn noting<'de, D: Deserializer<'de>>(value: D) -> Result<i32, D::Error> {
    let test = i32::deserialize(value)?;
    THREADS.lock().unwrap().insert((test, thread::current().id()));
    assert!(test >= 0, "a panic while a document is decoded");
    Ok(test)
}

/// Whether this thread, and whether another one decoded values of this test.
fn threads(test: i32) -> (bool, bool) {
    let mut threads = THREADS.lock().unwrap();
    let here = threads.remove(&(test, thread::current().id()));
    let elsewhere = threads.iter().any(|(other, _)| *other == test);
    threads.retain(|(other, _)| *other != test);
    (here, elsewhere)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Sheet, fk = binder_id)]
#[relation(many_to_many, name = "tabbed", target = Sheet, through = Tab)]
struct Binder {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_many, name = "picked", target = Sheet)]
    sheet_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Sheet {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Binder)]
    binder_id: i32,
    text: String,
    #[serde(deserialize_with = "noting")]
    test: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Tab {
    #[serde(rename = "_id")]
    id: i32,
    binder_id: i32,
    sheet_id: i32,
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = Sheet)]
struct Part {
    #[serde(rename = "_id")]
    id: i32,
    text: String,
    #[serde(deserialize_with = "noting")]
    test: i32,
}

const SHEETS: i32 = 4_000;

/// Two binders with many sheets of about 300 bytes.
async fn fill(db: &Database, test: i32) -> Vec<Sheet> {
    let filling = "x".repeat(250);
    let sheets: Vec<Sheet> =
        (0..SHEETS).map(|id| Sheet { id, binder_id: id % 2, text: filling.clone(), test }).collect();
    Sheet::insert_many(db, &sheets).await.unwrap();
    let ids = || (0..SHEETS).rev();
    let binders = [0, 1].map(|id| Binder { id, sheet_ids: ids().filter(|sheet| sheet % 2 == id).collect() });
    Binder::insert_many(db, &binders).await.unwrap();
    let tabs: Vec<Tab> = ids().map(|id| Tab { id, binder_id: id % 2, sheet_id: id }).collect();
    Tab::insert_many(db, &tabs).await.unwrap();
    earnorm::ensure_indexes(db).await.unwrap();
    sheets
}

#[tokio::test]
async fn the_documents_of_a_large_reply_are_decoded_on_other_threads() {
    let test = database().await;
    let db = test.db();
    let sheets = fill(db, 1).await;
    let ordered = || Sheet::find_all().order_by(Sheet::ID.asc());
    assert_eq!(assert_commands!(test, 1, ordered().all(db).await).unwrap(), sheets);
    assert_eq!(threads(1), (false, true), "a large reply");
    assert_eq!(ordered().limit(10).all(db).await.unwrap(), sheets[..10]);
    assert_eq!(threads(1), (true, false), "a small reply");
    let inside = earnorm::transaction(db, async |tx| ordered().all(tx).await).await.unwrap();
    assert_eq!((inside == sheets, threads(1)), (true, (false, true)), "in a transaction");
    let parts = ordered().view::<Part>().all(db).await.unwrap();
    assert!(parts.iter().map(|part| part.id).eq(0..SHEETS));
    assert_eq!(threads(1), (false, true), "views");
    let mut stream = ordered().stream(db);
    for sheet in &sheets {
        assert_eq!(stream.next().await.unwrap().unwrap(), *sheet);
    }
    assert!(stream.next().await.is_none());
    assert_eq!(threads(1), (false, true), "a stream");
}

#[tokio::test]
async fn related_documents_of_a_large_reply_keep_their_order() {
    let test = database().await;
    let db = test.db();
    fill(db, 2).await;
    for strategy in STRATEGIES {
        let binders = Binder::find_all()
            .with(Binder::SHEETS.order_by(Sheet::ID.asc()))
            .with(Binder::PICKED)
            .with(Binder::TABBED.order_by(Sheet::ID.desc()).links())
            .order_by(Binder::ID.asc())
            .strategy(strategy);
        let binders = binders.all(db).await.unwrap();
        assert_eq!(threads(2), (false, true), "{strategy:?}");
        assert_eq!(binders.len(), 2);
        for (binder, id) in binders.iter().zip(0..) {
            let ids = (0..SHEETS).filter(|sheet| sheet % 2 == id);
            assert!(binder.related(Binder::SHEETS).iter().map(|sheet| sheet.id).eq(ids.clone()), "{strategy:?}");
            assert!(binder.related(Binder::PICKED).iter().map(|sheet| sheet.id).eq(ids.clone().rev()), "{strategy:?}");
            let tabbed = binder.related(Binder::TABBED);
            assert!(tabbed.iter().map(|sheet| sheet.id).eq(ids.rev()), "{strategy:?}");
            assert!(tabbed.iter().all(|sheet| sheet.link.sheet_id == sheet.id), "{strategy:?}");
        }
    }
}

#[tokio::test]
async fn a_document_that_does_not_decode_is_named_and_ends_a_stream_after_those_before_it() {
    let test = database().await;
    let db = test.db();
    fill(db, 3).await;
    let raw = db.collection::<Document>("sheets");
    for broken in [700, 3_000] {
        raw.update_one(doc! { "_id": broken }, doc! { "$set": { "text": 5 } }).await.unwrap();
    }
    let ordered = || Sheet::find_all().order_by(Sheet::ID.asc());
    let Err(Error::Decode { model: "Sheet", field, id, .. }) = ordered().all(db).await else { panic!("no error") };
    assert_eq!((field.as_str(), *id), ("text", 700.into()));
    let mut stream = ordered().stream(db);
    for id in 0..700 {
        assert_eq!(stream.next().await.unwrap().unwrap().id, id);
    }
    assert!(matches!(stream.next().await, Some(Err(Error::Decode { .. }))));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_panic_while_a_document_is_decoded_reaches_the_caller() {
    let test = database().await;
    let db = test.db().clone();
    fill(&db, -1).await;
    let loading = tokio::spawn(async move { Sheet::find_all().all(&db).await.map(|sheets| sheets.len()) });
    assert!(loading.await.unwrap_err().is_panic());
    // and no thread is lost by it
    let again = test.db().clone();
    fill_more(&again).await;
    assert_eq!(Sheet::find(Sheet::TEST.eq(4)).all(&again).await.unwrap().len(), 4_000);
}

async fn fill_more(db: &Database) {
    let text = "x".repeat(250);
    let sheets: Vec<Sheet> =
        (0..4_000).map(|id| Sheet { id: SHEETS + id, binder_id: 0, text: text.clone(), test: 4 }).collect();
    Sheet::insert_many(db, &sheets).await.unwrap();
}
