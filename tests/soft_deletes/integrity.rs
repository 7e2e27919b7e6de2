//! Scans, repairs and indexes of models whose documents can be restored.

use earnorm::integrity::{Kind, Scan, scan};
use earnorm::mongodb::IndexModel;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Deletion, Error, restore};
use earnorm_tests::{database, document, documents, unique_index};
use futures_util::TryStreamExt;

use crate::models::{Group, Person, Post, Tag, community, person, post, state};

#[tokio::test]
async fn a_reference_to_a_deleted_document_is_not_broken() {
    let test = database().await;
    let db = test.db();
    community(db).await;
    assert_eq!(scan(db).await.unwrap().len(), 0);
    Tag::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    assert_eq!(scan(db).await.unwrap().len(), 0, "deleted ones aren't missing");
    let report = Scan::default().deleted().run(db).await.unwrap();
    let found = |field: &str| {
        let entries = report.entries().iter().filter(|entry| entry.field == field);
        entries
            .map(|entry| (entry.kind, entry.holder.as_i32().unwrap(), entry.id.as_i32().unwrap()))
            .collect::<Vec<_>>()
    };
    // only those of documents that aren't deleted
    assert_eq!(found("manager_id"), [(Kind::Deleted, 3, 2)]);
    assert_eq!(found("tag_ids"), [(Kind::Deleted, 1, 2), (Kind::Deleted, 3, 2)]);
    assert_eq!(found("person_id"), [21, 22, 23].map(|link| (Kind::Deleted, link, 2)));
    assert_eq!(found("post_id"), [11, 21, 22, 23].map(|post| (Kind::Deleted, post, post)));
    assert!(report.to_string().contains("1 refers to a deleted document\n    3 holds 2"), "{report}");
    // a repair leaves them alone
    let before = state(db).await;
    for how in [Repair::Unlink, Repair::Delete] {
        let repaired = report.repair(db, how).await.unwrap();
        assert_eq!((repaired.unlinked, repaired.deleted, repaired.skipped), (0, 0, 0));
    }
    assert_eq!(state(db).await, before);
}

#[tokio::test]
async fn broken_references_of_deleted_documents_are_found_and_repaired() {
    let test = database().await;
    let db = test.db();
    for (id, manager_id) in [(1, None), (2, Some(9)), (3, Some(9))] {
        Person { manager_id, tag_ids: vec![9], ..person(id) }.insert(db).await.unwrap();
    }
    Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    let report = scan(db).await.unwrap();
    assert_eq!(report.len(), 2 + 3);
    report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(scan(db).await.unwrap().len(), 0);
    assert_eq!(document(db, "people", 2).await.get_array("tag_ids").unwrap().len(), 0);
    // required keys
    post(1, 1, None).insert(db).await.unwrap();
    post(2, 77, None).insert(db).await.unwrap();
    Post {
        deleted: Some(Deletion { id: ObjectId::new(), at: earnorm::mongodb::bson::DateTime::now() }),
        ..post(3, 77, None)
    }
    .insert(db)
    .await
    .unwrap();
    let report = scan(db).await.unwrap();
    assert_eq!(report.repair(db, Repair::Delete).await.unwrap().deleted, 2);
    assert_eq!(scan(db).await.unwrap().len(), 0);
    assert_eq!(documents(db, "soft_posts").await.len(), 1);
}

async fn indexes(db: &earnorm::mongodb::Database, collection: &str) -> Vec<(Document, bool)> {
    let indexes = db.collection::<Document>(collection).list_indexes().await.unwrap();
    let indexes: Vec<IndexModel> = indexes.try_collect().await.unwrap();
    let unique = |index: &IndexModel| index.options.as_ref().and_then(|options| options.unique).unwrap_or(false);
    indexes.iter().map(|index| (index.keys.clone(), unique(index))).collect()
}

#[tokio::test]
async fn unique_indexes_except_deleted_documents() {
    let test = database().await;
    let db = test.db();
    Person::ensure_indexes(db).await.unwrap();
    let made = indexes(db, "people").await;
    assert!(made.contains(&(doc! { "email": 1, "deleted.id": 1 }, true)), "{made:?}");
    assert!(made.contains(&(doc! { "name": 1 }, false)), "{made:?}");
    assert!(made.contains(&(doc! { "deleted.id": 1 }, false)), "{made:?}");
    let made = indexes(db, "soft_profiles").await;
    assert!(made.contains(&(doc! { "person_id": 1, "deleted.id": 1 }, true)), "{made:?}");
    assert!(Person::check_indexes(db).await.unwrap().missing.is_empty());
    assert!(Person::ensure_indexes(db).await.unwrap().made.is_empty(), "nothing is made twice");
    person(1).insert(db).await.unwrap();
    let second = Person { id: 2, ..person(1) };
    assert!(matches!(second.clone().insert(db).await, Err(Error::Duplicate { model: "Person", .. })));
    let mut other = person(2).insert(db).await.unwrap();
    // two with the same value, each deleted by a call of its own, and one that isn't
    let first = person(1).delete(db).await.unwrap();
    other.update(db, Person::EMAIL.set("1@example.com")).await.unwrap();
    let deleted = other.delete(db).await.unwrap();
    let mut third = person(3).insert(db).await.unwrap();
    third.update(db, Person::EMAIL.set("1@example.com")).await.unwrap();
    for deletion in [&first, &deleted] {
        assert!(matches!(restore(db, deletion.deletion()).await, Err(Error::Duplicate { .. })));
    }
    third.delete(db).await.unwrap();
    restore(db, deleted.deletion()).await.unwrap();
    assert!(matches!(restore(db, first.deletion()).await, Err(Error::Duplicate { .. })));
    assert_eq!(Person::by_email("1@example.com").require(db).await.unwrap().id, 2);
}

#[tokio::test]
async fn an_index_from_before_the_mark_is_replaced() {
    let test = database().await;
    let db = test.db();
    db.collection::<Document>("people").create_index(unique_index(doc! { "email": 1 }, None)).await.unwrap();
    let report = Person::ensure_indexes(db).await.unwrap();
    assert_eq!(report.superseded.iter().map(|index| index.name.as_str()).collect::<Vec<_>>(), ["email_1"]);
    earnorm::sync_indexes(db, earnorm::Drop::Superseded).await.unwrap();
    assert!(!indexes(db, "people").await.iter().any(|(keys, _)| *keys == doc! { "email": 1 }));
}

#[tokio::test]
async fn duplicates_before_an_index_are_those_that_are_not_deleted() {
    let test = database().await;
    let db = test.db();
    for id in [1, 2, 3] {
        Person { email: "same".to_owned(), ..person(id) }.insert(db).await.unwrap();
    }
    person(3).delete(db).await.unwrap();
    match Person::ensure_indexes(db).await {
        Err(Error::Indexes { report, .. }) => {
            let ids: Vec<_> =
                report.failed.iter().flat_map(|failed| &failed.duplicates).map(|two| two.ids.len()).collect();
            assert_eq!(ids, [2], "{report:?}");
        }
        outcome => panic!("{outcome:?}"),
    }
    // without an index, a restore finds conflicts too, also of compound values and in one batch
    let one = Person::find(Person::ID.is_in([1, 2])).delete(db).await.unwrap();
    assert!(matches!(restore(db, one.deletion()).await, Err(Error::Duplicate { .. })), "two of one deletion");
    assert_eq!(Person::find_all().count(db).await.unwrap(), 0);
    assert_eq!(Person::deleted().purge(db).await.unwrap().deleted_of::<Person>(), 3);
    assert_eq!(restore(db, one.deletion()).await.unwrap().restored(), 0, "a purged deletion");
}

#[tokio::test]
async fn links_to_what_is_deleted_come_back() {
    let test = database().await;
    let db = test.db();
    community(db).await;
    let person = person(1);
    let group = Group { id: 2, deleted: None };
    let report = group.delete(db).await.unwrap();
    assert!(!person.groups().all(db).await.unwrap().contains(&group));
    restore(db, report.deletion()).await.unwrap();
    assert!(person.groups().all(db).await.unwrap().contains(&group));
}
