//! References in embedded documents.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database, document};
use serde_json::json;

use crate::models::{Feed, Item, Pin, Post, Subject, SubjectDocument, forum, insert_all, item, photo, post};

fn pin(subject: impl Into<Option<Subject>>) -> Pin {
    Pin { subject: subject.into() }
}

/// Feed 1 has items of both models and a dangling one, feed 2 has none.
async fn feeds(db: &earnorm::mongodb::Database) {
    forum(db).await;
    let items = vec![item(Subject::Post(1)), item(Subject::Photo(1)), item(Subject::Photo(9)), item(Subject::Post(1))];
    insert_all(
        db,
        vec![
            Feed { id: 1, items, pinned: Some(pin(Subject::Post(1))) },
            Feed { id: 2, items: vec![], pinned: Some(pin(Subject::Photo(1))) },
            Feed { id: 3, items: vec![item(Subject::Photo(2))], pinned: None },
        ],
    )
    .await;
}

#[tokio::test]
async fn the_references_of_all_elements_are_loaded_together() {
    let test = database().await;
    let db = test.db();
    feeds(db).await;
    for strategy in STRATEGIES {
        let query = || {
            Feed::find_all()
                .with(Feed::ITEMS.with(Item::SUBJECT.with(Subject::POST.with(Post::AUTHOR))))
                .with(Feed::PINNED.with(Pin::SUBJECT))
                .order_by(Feed::ID.asc())
                .strategy(strategy)
        };
        let found = query().all(db).await.unwrap();
        if strategy == Strategy::Batch {
            // feeds; posts, their authors and photos of the items; posts and photos of the pins
            assert_commands!(test, 6, { query().all(db).await.unwrap() });
        }
        let shown = |feed: usize| -> Vec<String> {
            let items = found[feed].related(Feed::ITEMS);
            let each = items.iter().map(|item| match item.related(Item::SUBJECT) {
                Some(SubjectDocument::Post(post)) => {
                    format!("{} by {:?}", post.title, post.related(Post::AUTHOR).unwrap().id)
                }
                Some(SubjectDocument::Photo(photo)) => photo.url.clone(),
                None => "nothing".to_owned(),
            });
            each.collect()
        };
        assert_eq!(shown(0), ["post 1 by 2", "photo 1", "nothing", "post 1 by 2"]);
        assert_eq!(shown(2), ["photo 2"]);
        let pinned = |feed: usize| found[feed].related(Feed::PINNED).and_then(|pin| pin.related(Pin::SUBJECT));
        assert!(matches!(pinned(0), Some(SubjectDocument::Post(found)) if *found == post(1)));
        assert!(matches!(pinned(1), Some(SubjectDocument::Photo(found)) if *found == photo(1)));
        assert!(pinned(2).is_none());
        let value = serde_json::to_value(&found[0]).unwrap();
        assert_eq!(
            value["items"][1]["subject_document"],
            json!({ "type": "Picture", "document": { "_id": 1, "url": "photo 1" } })
        );
        assert_eq!(value["items"][1]["subject"], json!({ "type": "Picture", "id": 1 }));
        let erased = found.clone().erase();
        assert_eq!(serde_json::to_value(&erased[0]).unwrap(), value);
        // one variant of them
        let photos = Feed::find_all().with(Feed::ITEMS.with(Item::SUBJECT.of(Subject::PHOTO))).order_by(Feed::ID.asc());
        let photos = photos.strategy(strategy).all(db).await.unwrap();
        let ids: Vec<_> = photos[0]
            .related(Feed::ITEMS)
            .iter()
            .map(|item| item.related(Item::SUBJECT.of(Subject::PHOTO)).map(|photo| photo.id))
            .collect();
        assert_eq!(ids, [None, Some(1), None, None]);
    }
}

#[tokio::test]
async fn the_reference_of_one_element_is_read_by_its_method() {
    let test = database().await;
    let db = test.db();
    feeds(db).await;
    let feed = Feed::get(db, 1).await.unwrap().unwrap();
    let found = assert_commands!(test, 1, { feed.items[1].subject().require(db).await.unwrap() });
    assert_eq!(found, SubjectDocument::Photo(photo(1)));
    let missing = feed.items[2].subject().require(db).await;
    assert!(matches!(missing, Err(earnorm::Error::Dangling { model: "Item", .. })), "{missing:?}");
    let loaded = assert_commands!(test, 2, { Item::SUBJECT.load(db, &feed.items).await.unwrap() });
    assert_eq!(loaded.len(), 4);
}

#[tokio::test]
async fn the_tag_and_the_id_are_compared_in_the_same_element() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    // a post 2 and a photo 1, but neither a post 1 nor a photo 2
    let items = vec![item(Subject::Post(2)), item(Subject::Photo(1))];
    insert_all(db, vec![Feed { id: 1, items, pinned: None }]).await;
    let find = async |filter| Feed::find(filter).count(db).await.unwrap();
    assert_eq!(find(Feed::ITEMS.any(Item::SUBJECT.is(&Subject::Post(2)))).await, 1);
    assert_eq!(find(Feed::ITEMS.any(Item::SUBJECT.is(&Subject::Post(1)))).await, 0);
    assert_eq!(find(Feed::ITEMS.any(Item::SUBJECT.is_a(Subject::PHOTO))).await, 1);
    assert_eq!(post(1).delete(db).await.unwrap().to_string(), "1 post, 2 comments deleted");
    assert_eq!(Feed::get(db, 1).await.unwrap().unwrap().items.len(), 2);
}

#[tokio::test]
async fn the_other_side_of_a_single_embedded_document_is_a_relation() {
    let test = database().await;
    let db = test.db();
    feeds(db).await;
    let ids = |feeds: Vec<Feed>| feeds.into_iter().map(|feed| feed.id).collect::<Vec<_>>();
    assert_eq!(ids(post(1).feeds().all(db).await.unwrap()), [1]);
    let created = post(1).feeds().create(db, Feed { id: 7, items: vec![], pinned: Some(pin(None)) }).await.unwrap();
    assert_eq!(created.pinned, Some(pin(Subject::Post(1))));
    assert_eq!(
        document(db, "feeds", 7).await.get_document("pinned").unwrap(),
        &doc! { "subject": { "type": "Post", "id": 1 } }
    );
    // feed 2 pins the photo of that id
    let feed_2 = Feed::get(db, 2).await.unwrap().unwrap();
    assert!(!post(1).feeds().remove(db, &feed_2).await.unwrap());
    post(2).feeds().add(db, feed_2).await.unwrap();
    assert_eq!(Feed::get(db, 2).await.unwrap().unwrap().pinned, Some(pin(Subject::Post(2))));
    for strategy in STRATEGIES {
        let found = Post::find_all().with(Post::FEEDS).with(Post::FEEDS.count()).order_by(Post::ID.asc());
        let found = found.strategy(strategy).all(db).await.unwrap();
        assert_eq!(found.iter().map(|post| post.count(Post::FEEDS)).collect::<Vec<_>>(), [2, 1, 0]);
        assert_eq!(found[1].related(Post::FEEDS)[0].id, 2);
    }
    let with_feeds = Post::find(Post::FEEDS.any()).count(db).await.unwrap();
    assert_eq!(with_feeds, 2);
    assert!(post(2).feeds().remove(db, &Feed::get(db, 2).await.unwrap().unwrap()).await.unwrap());
    assert_eq!(document(db, "feeds", 2).await, doc! { "_id": 2, "items": [], "pinned": { "subject": null } });
    assert_eq!(post(1).feeds().clear(db).await.unwrap(), 2);
}
