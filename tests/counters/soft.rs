//! Deletes that can be restored: deleted documents don't count.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::restore;
use earnorm_tests::{database, documents};

use crate::models::{Note, Writer, note, writer};
use crate::{assert_right, numbers};

#[tokio::test]
async fn deleted_documents_do_not_count() {
    let test = database().await;
    let db = test.db();
    for id in 1..=2 {
        writer(id).insert(db).await.unwrap();
    }
    Note::insert_many(db, &[note(1, 1), note(2, 1), note(3, 2)]).await.unwrap();
    let before = (documents(db, "writers").await, documents(db, "notes").await);
    let one = note(1, 1).delete(db).await.unwrap();
    assert_eq!(numbers::<Writer>(db, "note_count").await, [1, 1]);
    assert_right(db, "a soft delete").await;
    let all = writer(1).delete(db).await.unwrap();
    assert_right(db, "a soft delete of the parent").await;
    Writer::with_deleted().update(db, doc! { "$set": { "seen": true } }).await.unwrap();
    Writer::with_deleted().update(db, doc! { "$unset": { "seen": "" } }).await.unwrap();
    restore(db, all.deletion()).await.unwrap();
    assert_eq!(numbers::<Writer>(db, "note_count").await, [1, 1]);
    assert_right(db, "restore of the parent").await;
    restore(db, one.deletion()).await.unwrap();
    assert_eq!(numbers::<Writer>(db, "note_count").await, [2, 1]);
    assert_eq!((documents(db, "writers").await, documents(db, "notes").await), before, "everything is as it was");
    note(1, 1).delete(db).await.unwrap();
    Note::deleted().purge(db).await.unwrap();
    assert_eq!(numbers::<Writer>(db, "note_count").await, [1, 1]);
    assert_right(db, "purge").await;
    let notes = db.collection::<Document>("notes");
    assert_eq!(notes.count_documents(doc! {}).await.unwrap(), 2);
}
