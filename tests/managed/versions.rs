//! Optimistic locking: several programs write one document.

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database, document, insert_documents};
use futures_util::future::join_all;

mod models {
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = Paragraph, fk = page_id, cascade_delete)]
    #[index(slug, unique)]
    pub(super) struct Page {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) slug: String,
        pub(super) text: String,
        #[model(version)]
        #[serde(default)]
        pub(super) rev: i64,
    }

    /// No rule refers to it.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, name = "notes", target = Paragraph, fk = page_id)]
    pub(super) struct Paragraph {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[relation(many_to_one, target = Page)]
        pub(super) page_id: i32,
        #[model(version)]
        #[serde(default)]
        pub(super) rev: i64,
    }
}
use models::{Page, Paragraph};

fn page(id: i32) -> Page {
    Page { id, slug: format!("page {id}"), text: "first".into(), rev: 0 }
}

async fn stored(db: &Database, id: i32) -> Page {
    Page::get(db, id).await.unwrap().unwrap()
}

#[track_caller]
fn assert_stale<R: std::fmt::Debug>(outcome: Result<R, Error>, id: i32) {
    match outcome {
        Err(Error::Stale { id: stale, .. }) if *stale == Bson::Int32(id) => {}
        other => panic!("{other:?} instead of `Stale` for {id}"),
    }
}

#[tokio::test]
async fn the_second_of_two_savers_is_refused() {
    let test = database().await;
    let db = test.db();
    page(1).insert(db).await.unwrap();
    let (mut ada, mut bob) = (stored(db, 1).await, stored(db, 1).await);
    ada.text = "Ada's".into();
    bob.text = "Bob's".into();
    assert_commands!(test, 1, { ada.save(db).await.unwrap() });
    let refused = assert_commands!(test, 1, { bob.save(db).await });
    let message = refused.as_ref().unwrap_err().to_string();
    assert!(message.contains("Page") && message.contains('1'), "{message}");
    assert_stale(refused, 1);
    assert_eq!((stored(db, 1).await, bob.rev), (ada, 1), "nothing is lost, and the refused document is as it was");
    // what to do next: read it again
    let mut bob = stored(db, 1).await;
    bob.text.push_str(", and Bob's");
    bob.save(db).await.unwrap();
    assert_eq!((stored(db, 1).await.text.as_str(), bob.rev), ("Ada's, and Bob's", 3));
}

#[tokio::test]
async fn of_many_concurrent_savers_one_wins() {
    let test = database().await;
    let db = test.db();
    let page = page(1).insert(db).await.unwrap();
    let saves = (0..20).map(|n| {
        let mut copy = page.clone();
        async move {
            copy.text = n.to_string();
            copy.save(db).await.map(|()| copy)
        }
    });
    let outcomes = join_all(saves).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for outcome in lost {
        assert_stale(outcome, 1);
    }
    assert_eq!(stored(db, 1).await, *won[0].as_ref().unwrap());
}

#[tokio::test]
async fn a_deleted_document_is_not_inserted_again() {
    let test = database().await;
    let db = test.db();
    let mut page = page(1).insert(db).await.unwrap();
    stored(db, 1).await.delete(db).await.unwrap();
    assert_stale(page.save(db).await, 1);
    assert_eq!((count::<Page>(db).await, page.rev), (0, 1));
    assert_stale(page.update_if_current(db, Page::TEXT.set("late")).await, 1);
    assert_stale(page.delete_if_current(db).await, 1);
    // an insert doesn't compare the version
    assert_eq!(page.insert(db).await.unwrap().rev, 1);
}

#[tokio::test]
async fn a_new_document_does_not_replace_a_stored_one() {
    let test = database().await;
    let db = test.db();
    page(1).insert(db).await.unwrap();
    let mut new = Page { text: "another".into(), ..page(1) };
    assert_stale(new.save(db).await, 1);
    assert_eq!((stored(db, 1).await.text.as_str(), new.rev), ("first", 0));
}

#[tokio::test]
async fn the_stale_one_of_several_is_named() {
    let test = database().await;
    let db = test.db();
    page(1).insert(db).await.unwrap();
    let page = page(1);
    let new = [1, 2, 3].map(|id| Paragraph { id, page_id: 0, rev: 0 });
    let paragraphs = page.paragraphs().add_many(db, new).await.unwrap();
    assert_eq!(paragraphs.iter().map(|paragraph| paragraph.rev).collect::<Vec<_>>(), [1, 1, 1]);
    Paragraph::update_by_id(db, 2, Paragraph::PAGE_ID.set(9)).await.unwrap();
    assert_stale(page.paragraphs().add_many(db, paragraphs.clone()).await, 2);
    assert_eq!(document(db, "paragraphs", 2).await.get_i32("page_id"), Ok(9), "the stale one isn't written");
    // a deleted one
    Paragraph::find(Paragraph::ID.eq(3)).delete(db).await.unwrap();
    let third = Paragraph::get_many(db, [1]).await.unwrap().into_iter().chain(paragraphs.into_iter().skip(2));
    assert_stale(page.paragraphs().add_many(db, third).await, 3);
    assert_eq!(count::<Paragraph>(db).await, 2);
    // one that is new to the caller, and stored already
    let new = [4, 1].map(|id| Paragraph { id, page_id: 0, rev: 0 });
    assert_stale(page.paragraphs().add_many(db, new).await, 1);
}

#[tokio::test]
async fn a_stale_document_in_a_transaction_undoes_the_others() {
    let test = database().await;
    let db = test.db();
    let [mut one, mut two] = [page(1).insert(db).await.unwrap(), page(2).insert(db).await.unwrap()];
    Page::update_by_id(db, 2, Page::TEXT.set("changed")).await.unwrap();
    one.text = "undone".into();
    let both = earnorm::transaction(db, async |tx| {
        one.clone().save(tx).await?;
        two.clone().save(tx).await
    });
    assert_stale(both.await, 2);
    assert_eq!(stored(db, 1).await.text, "first");
    one.save(db).await.unwrap();
    assert_stale(two.save(db).await, 2);
}

#[tokio::test]
async fn update_if_current_compares_and_update_does_not() {
    let test = database().await;
    let db = test.db();
    let mut late = page(1).insert(db).await.unwrap();
    let mut page = stored(db, 1).await;
    assert_commands!(test, 1, { page.update_if_current(db, Page::TEXT.set("second")).await.unwrap() });
    assert_eq!((page.text.as_str(), page.rev), ("second", 2));
    let refused = assert_commands!(test, 1, { late.update_if_current(db, Page::TEXT.set("lost")).await });
    assert_stale(refused, 1);
    assert_eq!((late.text.as_str(), late.rev), ("first", 1));
    assert_eq!(stored(db, 1).await, page);
    // the same document may write again, with the version of its last write
    page.update_if_current(db, Page::SLUG.set("other")).await.unwrap();
    late.update(db, Page::TEXT.set("third")).await.unwrap();
    assert_eq!((late.slug.as_str(), late.text.as_str(), late.rev), ("other", "third", 4));
    assert_stale(page.update_if_current(db, Page::TEXT.set("lost")).await, 1);
    let unsaved = self::page(9).update_if_current(db, Page::TEXT.set("lost")).await;
    assert_stale(unsaved, 9);
}

#[tokio::test]
async fn delete_if_current_compares() {
    let test = database().await;
    let db = test.db();
    let page = page(1).insert(db).await.unwrap();
    page.paragraphs().create(db, Paragraph { id: 1, page_id: 0, rev: 0 }).await.unwrap();
    let current = Page::update_by_id(db, 1, Page::TEXT.set("second")).await.unwrap();
    assert_stale(page.delete_if_current(db).await, 1);
    assert_eq!((count::<Page>(db).await, count::<Paragraph>(db).await), (1, 1));
    // a model with a delete rule: as many commands as a delete
    let report = assert_commands!(test, 4, { current.delete_if_current(db).await.unwrap() });
    assert_eq!(report.to_string(), "1 page, 1 paragraph deleted");
    assert_eq!((count::<Page>(db).await, count::<Paragraph>(db).await), (0, 0));
    let other = self::page(2).insert(db).await.unwrap();
    other.paragraphs().create(db, Paragraph { id: 2, page_id: 0, rev: 0 }).await.unwrap();
    assert_commands!(test, 4, { other.delete(db).await.unwrap() });

    // a model without one
    let paragraph = Paragraph { id: 1, page_id: 0, rev: 0 }.insert(db).await.unwrap();
    let current = Paragraph::update_by_id(db, 1, Paragraph::PAGE_ID.set(9)).await.unwrap();
    assert_stale(assert_commands!(test, 1, { paragraph.delete_if_current(db).await }), 1);
    assert_eq!(
        assert_commands!(test, 1, { current.delete_if_current(db).await.unwrap() }).to_string(),
        "1 paragraph deleted"
    );
}

/// Documents from before their model had a version, and one that another program has set to null.
#[tokio::test]
async fn documents_without_a_version_have_version_0() {
    let test = database().await;
    let db = test.db();
    let old = |id: i32| doc! { "_id": id, "slug": format!("page {id}"), "text": "old" };
    insert_documents(db, "pages", (1..=8).map(old)).await;
    let rev = async |id: i32| document(db, "pages", id).await.get("rev").cloned();
    let mut one = stored(db, 1).await;
    assert_eq!(one.rev, 0);
    let mut other = one.clone();
    one.save(db).await.unwrap();
    assert_eq!((one.rev, rev(1).await), (1, Some(Bson::Int64(1))));
    assert_stale(other.save(db).await, 1);
    assert_eq!(count::<Page>(db).await, 8);

    let mut two = stored(db, 2).await;
    two.update(db, Page::TEXT.set("changed")).await.unwrap();
    assert_eq!(two.rev, 1);
    let mut three = stored(db, 3).await;
    three.update_if_current(db, Page::TEXT.set("changed")).await.unwrap();
    assert_eq!(three.rev, 1);
    stored(db, 4).await.delete_if_current(db).await.unwrap();
    Page::find(Page::ID.gte(5)).update(db, Page::TEXT.set("changed")).await.unwrap();
    assert_eq!(stored(db, 5).await.rev, 1);
    assert_eq!(Page::by_slug("page 6").upsert(db, Page { id: 0, ..page(6) }).await.unwrap().rev, 2);
}

#[tokio::test]
async fn an_upsert_replaces_any_version_unless_it_has_one() {
    let test = database().await;
    let db = test.db();
    Page::ensure_indexes(db).await.unwrap();
    let lookup = || Page::by_slug("page 1");
    let made = assert_commands!(test, 2, { lookup().upsert(db, page(1)).await.unwrap() });
    assert_eq!(made.rev, 1);
    let replaced = lookup().upsert(db, Page { id: 7, text: "second".into(), ..page(1) }).await.unwrap();
    assert_eq!((replaced.id, replaced.rev, replaced.text.as_str()), (1, 2, "second"));
    assert_eq!(stored(db, 1).await, replaced);
    assert_stale(lookup().upsert(db, Page { text: "late".into(), ..made }).await, 1);
    assert_eq!(lookup().upsert(db, replaced).await.unwrap().rev, 3);
    // concurrent ones all succeed, one after the other
    let upserts = (0..4).map(|n| lookup().upsert(db, Page { text: n.to_string(), ..page(1) }));
    let written: Vec<_> = join_all(upserts).await.into_iter().map(|outcome| outcome.unwrap().rev).collect();
    let mut sorted = written.clone();
    sorted.sort_unstable();
    assert_eq!((sorted, stored(db, 1).await.rev), (vec![4, 5, 6, 7], 7), "{written:?}");
}

#[tokio::test]
async fn a_retried_save_of_a_lost_reply_is_not_stale() {
    let (test, proxy) = earnorm_testkit::TestDb::with_proxy().await.unwrap();
    let db = test.db();
    let mut page = page(1).insert(db).await.unwrap();
    proxy.only(["update"]);
    proxy.cut_after(1);
    page.text = "second".into();
    // the server executed the first attempt, and the driver's retry gets its result
    page.save(db).await.unwrap();
    proxy.heal();
    assert_eq!((stored(db, 1).await, page.rev), (page.clone(), 2));
}

#[tokio::test]
async fn a_version_at_the_maximum_is_an_error_and_not_a_panic() {
    let test = database().await;
    let db = test.db();
    let full: Document = doc! { "_id": 1, "slug": "page 1", "text": "first", "rev": i64::MAX };
    insert_documents(db, "pages", [full]).await;
    let mut page = stored(db, 1).await;
    page.update(db, Page::TEXT.set("second")).await.unwrap_err();
    // a whole document keeps the highest version
    page.save(db).await.unwrap();
    assert_eq!(page.rev, i64::MAX);
}
