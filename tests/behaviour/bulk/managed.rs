//! Times, versions and marks.

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm::{Deletion, Error};
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database, document};

use super::{outcomes, report};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "bulk_pages")]
struct Page {
    #[serde(rename = "_id")]
    id: i32,
    text: String,
    #[model(created_at)]
    created: DateTime,
    #[model(updated_at)]
    updated: DateTime,
    #[model(version)]
    #[serde(default)]
    rev: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "bulk_books")]
#[relation(one_to_many, target = Sheet, fk = book_id)]
struct Book {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "bulk_sheets")]
struct Sheet {
    #[serde(rename = "_id")]
    id: i32,
    book_id: i32,
    #[model(version)]
    #[serde(default)]
    rev: i64,
}

/// Notes that are marked instead of deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "bulk_memos")]
struct Memo {
    #[serde(rename = "_id")]
    id: i32,
    text: String,
    #[model(soft_delete)]
    #[serde(default)]
    deleted: Option<Deletion>,
    #[model(version)]
    #[serde(default)]
    rev: i64,
}

const LONG_AGO: DateTime = DateTime::from_millis(1_000);

fn page(id: i32) -> Page {
    Page { id, text: "old".to_owned(), created: LONG_AGO, updated: LONG_AGO, rev: 0 }
}

#[tokio::test]
async fn a_bulk_writes_times_and_versions() {
    let test = database().await;
    let db = test.db();
    let before = DateTime::now();
    let report = Page::bulk(db)
        .insert(page(1))
        .save(page(2))
        .update(1, Page::TEXT.set("new"))
        .update(2, (Page::TEXT.set("new"), Page::UPDATED.set(LONG_AGO)))
        .insert(page(3))
        .run()
        .await
        .unwrap();
    assert_eq!(outcomes(&report), "1 inserted, 2 inserted, 1 updated, 2 updated, 3 inserted");
    let [first, second, third] = [1, 2, 3].map(|id| document(db, "bulk_pages", id));
    let (first, second, third) = (first.await, second.await, third.await);
    let now = *first.get_datetime("created").unwrap();
    assert!(now >= before);
    for (stored, rev) in [(&first, 2), (&second, 2), (&third, 1)] {
        assert_eq!(*stored.get_datetime("created").unwrap(), now, "one time for the whole call");
        assert_eq!(stored.get_i64("rev").unwrap(), rev);
    }
    assert_eq!(*first.get_datetime("updated").unwrap(), now);
    assert_eq!(*second.get_datetime("updated").unwrap(), LONG_AGO, "the update sets it");

    // a document that is replaced keeps the time of its creation
    let mut read = Page::get(db, 1).await.unwrap().unwrap();
    read.text = "newer".to_owned();
    let report = assert_commands!(test, 1, { Page::bulk(db).save(read.clone()).run().await.unwrap() });
    assert_eq!(outcomes(&report), "1 replaced");
    let stored = Page::get(db, 1).await.unwrap().unwrap();
    assert_eq!((stored.text.as_str(), stored.created, stored.rev), ("newer", now, 3));
    assert!(stored.updated >= now);
}

#[tokio::test]
async fn a_stale_document_is_not_saved() {
    let test = database().await;
    let db = test.db();
    Page::insert_many(db, &[page(1), page(2), page(3), page(4)]).await.unwrap();
    let read = Page::find_all().order_by(Page::ID.asc()).all(db).await.unwrap();
    // 2 is changed, and has the version that a save of it would store; 3 is deleted
    read[1].clone().save(db).await.unwrap();
    Page::find(Page::ID.eq(3)).delete(db).await.unwrap();
    let edit = |index: usize| Page { text: "edited".to_owned(), ..read[index].clone() };
    let stale =
        |id: i32| format!("failed: the `Page` with `_id` {id} was changed or deleted since it was read; read it again");

    let bulk = Page::bulk(db).save_many((0..4).map(edit)).update(4, Page::TEXT.set("updated")).unordered();
    let failed = report(assert_commands!(test, 1, { bulk.run().await }));
    assert_eq!(outcomes(&failed), format!("1 replaced, 2 {}, 3 {}, 4 replaced, 4 updated", stale(2), stale(3)));
    let texts = Page::find_all().order_by(Page::ID.asc()).all(db).await.unwrap();
    let texts: Vec<_> = texts.iter().map(|page| (page.id, page.text.as_str(), page.rev)).collect();
    assert_eq!(texts, [(1, "edited", 2), (2, "old", 2), (4, "updated", 3)]);

    // in order, it is the last one
    let bulk = Page::bulk(db).save(Page { rev: 2, ..edit(0) }).save(edit(1)).save(Page { rev: 3, ..edit(3) });
    let failed = report(assert_commands!(test, 1, { bulk.run().await }));
    assert_eq!(outcomes(&failed), format!("1 replaced, 2 {}, 4 not run", stale(2)));

    // a document that was never stored, with the id of one that is
    let failed = report(Page::bulk(db).save(page(4)).run().await);
    assert_eq!(outcomes(&failed), format!("4 {}", stale(4)));

    // in a transaction, too
    let outcome = earnorm::transaction(db, async |tx| Page::bulk(tx).save(page(9)).save(edit(1)).run().await).await;
    let Err(Error::Bulk { source, .. }) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(&*source, Error::Stale { model: "Page", .. }), "{source:?}");
    assert_eq!(Page::get(db, 9).await.unwrap(), None);
}

#[tokio::test]
async fn the_second_save_of_one_document_is_stale() {
    let test = database().await;
    let db = test.db();
    let read = page(1).insert(db).await.unwrap();
    let edit = |text: &str| Page { text: text.to_owned(), ..read.clone() };
    let failed = report(Page::bulk(db).save(edit("a")).save(edit("b")).run().await);
    assert!(outcomes(&failed).starts_with("1 replaced, 1 failed: the `Page` with `_id` 1 was changed"), "{failed}");
    assert_eq!(Page::get(db, 1).await.unwrap().unwrap().text, "a");
}

#[tokio::test]
async fn add_many_names_the_document_that_is_stale() {
    let test = database().await;
    let db = test.db();
    let sheets = [1, 2, 3].map(|id| Sheet { id, book_id: 1, rev: 0 });
    Sheet::insert_many(db, &sheets).await.unwrap();
    let read = Sheet::find_all().order_by(Sheet::ID.asc()).all(db).await.unwrap();
    read[1].clone().save(db).await.unwrap();
    let book = Book { id: 2 };
    let outcome = assert_commands!(test, 1, { book.sheets().add_many(db, read.clone()).await });
    assert!(matches!(&outcome, Err(Error::Stale { model: "Sheet", id }) if **id == 2.into()), "{outcome:?}");
    // the documents before it are saved
    let stored = Sheet::find_all().order_by(Sheet::ID.asc()).all(db).await.unwrap();
    let stored: Vec<_> = stored.iter().map(|sheet| (sheet.book_id, sheet.rev)).collect();
    assert_eq!(stored, [(2, 2), (1, 2), (1, 1)]);
    let read = Sheet::find_all().all(db).await.unwrap();
    let saved = book.sheets().add_many(db, read).await.unwrap();
    assert_eq!(saved.iter().map(|sheet| sheet.rev).collect::<Vec<_>>(), [3, 3, 2]);
}

#[tokio::test]
async fn documents_with_a_mark_are_marked() {
    let test = database().await;
    let db = test.db();
    let memo = |id: i32| Memo { id, text: "old".to_owned(), deleted: None, rev: 0 };
    Memo::insert_many(db, &[memo(1), memo(2), memo(3)]).await.unwrap();
    let read = Memo::get(db, 2).await.unwrap().unwrap();
    let bulk = Memo::bulk(db).delete_many([1, 2]).update(1, Memo::TEXT.set("new")).update(3, Memo::TEXT.set("new"));
    let done = assert_commands!(test, 3, { bulk.run().await.unwrap() });
    assert_eq!(outcomes(&done), "1 deleted, 2 deleted, 1 not found, 3 updated");
    assert_eq!(done.deleted(), 2);
    assert_eq!((count::<Memo>(db).await, Memo::deleted().count(db).await.unwrap()), (1, 2));
    // a deleted document can't be saved
    let failed = report(Memo::bulk(db).save(read).run().await);
    assert!(outcomes(&failed).starts_with("2 failed: the `Memo` with `_id` 2 was changed or deleted"), "{failed}");
    assert_eq!(count::<Memo>(db).await, 1);
}
