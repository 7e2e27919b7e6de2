//! Delete rules of references.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Open};
use earnorm_tests::{count, database, document, documents, insert_documents};

use crate::models::{
    About, Comment, Covered, Feed, Note, Photo, Pin, Post, Subject, Tagging, comment, cover, forum, insert_all, item,
    note, photo, post, tag, tagging, unknown_comment,
};

#[tokio::test]
async fn each_model_has_its_own_rule_for_one_key() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    unknown_comment(db, 7).await;
    insert_all(db, vec![note(1, Some(About::Post(1))), note(2, Some(About::Photo(1)))]).await;
    // a post cascades to its comments, and empties its notes
    let plan = post(1).plan_delete(db).await.unwrap();
    assert_eq!(plan.to_string(), "1 post, 2 comments deleted; 1 note unlinked");
    assert_eq!(plan.execute(db).await.unwrap().to_string(), plan.to_string());
    let left: Vec<_> = documents(db, "comments").await.iter().map(|c| c.get_i32("_id").unwrap()).collect();
    assert_eq!(left, [2, 3, 5, 6, 7]);
    assert_eq!(document(db, "notes", 1).await, doc! { "_id": 1, "text": "note 1" });
    assert_eq!(Note::get(db, 2).await.unwrap().unwrap(), note(2, Some(About::Photo(1))));
    // a photo is blocked by its comments, before any write
    let before = (documents(db, "comments").await, documents(db, "notes").await, documents(db, "photos").await);
    let plan = photo(1).plan_delete(db).await.unwrap();
    assert!(plan.is_blocked());
    assert_eq!((plan.blockers()[0].model, plan.blockers()[0].len()), ("Comment", 2));
    let refused = photo(1).delete(db).await;
    assert!(matches!(refused, Err(Error::Restricted { .. })), "{refused:?}");
    assert_eq!((documents(db, "comments").await, documents(db, "notes").await, documents(db, "photos").await), before);
    // without comments, it deletes its notes
    photo(1).comments().delete_all(db).await.unwrap();
    assert_eq!(photo(1).delete(db).await.unwrap().to_string(), "1 photo, 1 note deleted");
    // post 1 is gone, but a comment on picture 1 was never one on post 1
    assert_eq!(count::<Post>(db).await, 2);
}

#[tokio::test]
async fn deleting_many_of_one_model_leaves_the_other() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    Post::find_all().delete(db).await.unwrap();
    assert_eq!(documents(db, "comments").await.len(), 3);
    assert_eq!(count::<Photo>(db).await, 3);
    let stored: Vec<Document> = documents(db, "comments").await;
    assert!(stored.iter().all(|c| c.get_document("subject").unwrap().get_str("type").unwrap() == "Picture"));
}

#[tokio::test]
async fn links_and_one_to_ones_follow_their_model() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    insert_all(db, vec![cover(1, Some(Covered::Post(3))), cover(2, Some(Covered::Photo(3)))]).await;
    insert_all(db, vec![tag("a")]).await;
    insert_all(db, vec![tagging("a", Subject::Post(3)), tagging("a", Subject::Photo(3))]).await;
    let report = photo(3).delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 photo deleted; 1 link removed; 1 cover unlinked");
    assert_eq!(
        documents(db, "covers").await,
        [doc! { "_id": 1, "of": { "$ref": "posts", "$id": 3 } }, doc! { "_id": 2, "of": null }]
    );
    assert_eq!(Tagging::find_all().one(db).await.unwrap().taggable, Subject::Post(3));
}

#[tokio::test]
async fn references_in_embedded_documents_follow_their_rules() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let items =
        || vec![item(Subject::Post(3)), item(Subject::Photo(3)), item(Subject::Post(2)), item(Subject::Post(3))];
    let pinned = |subject| Some(Pin { subject: Some(subject) });
    insert_all(
        db,
        vec![
            Feed { id: 1, items: items(), pinned: pinned(Subject::Post(3)) },
            Feed { id: 2, items: vec![], pinned: pinned(Subject::Photo(3)) },
        ],
    )
    .await;
    let plan = post(3).plan_delete(db).await.unwrap();
    let text = plan.to_string();
    assert!(text.starts_with("1 post deleted; "), "{text}");
    plan.execute(db).await.unwrap();
    let feed = Feed::get(db, 1).await.unwrap().unwrap();
    assert_eq!(feed.items, [item(Subject::Photo(3)), item(Subject::Post(2))]);
    assert_eq!(feed.pinned, Some(Pin { subject: None }));
    assert_eq!(Feed::get(db, 2).await.unwrap().unwrap().pinned, pinned(Subject::Photo(3)));
    photo(3).delete(db).await.unwrap();
    assert_eq!(Feed::get(db, 1).await.unwrap().unwrap().items, [item(Subject::Post(2))]);
}

#[tokio::test]
async fn an_unknown_tag_is_neither_deleted_nor_emptied_nor_a_blocker() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let stored = [
        doc! { "_id": 1, "text": "n", "about_type": "video", "about_id": 3 },
        doc! { "_id": 2, "text": "n", "about_id": 3 },
        doc! { "_id": 3, "text": "n", "about_type": null, "about_id": 3 },
    ];
    insert_documents(db, "notes", stored.clone()).await;
    insert_documents(db, "comments", [doc! { "_id": 9, "subject": { "type": "Video", "id": 3 }, "likes": 1 }]).await;
    assert_eq!(post(3).delete(db).await.unwrap().to_string(), "1 post deleted");
    assert_eq!(photo(3).delete(db).await.unwrap().to_string(), "1 photo deleted");
    assert_eq!(documents(db, "notes").await, stored);
    assert_eq!(documents(db, "comments").await.len(), 7);
    let open = Note::get(db, 1).await.unwrap().unwrap();
    assert!(matches!(open.about, Some(Open::Unknown(_))));
}

#[tokio::test]
async fn guarded_and_limited_plans_see_references() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let plan = post(1).plan_delete(db).await.unwrap();
    let digest = plan.digest();
    comment(70, Subject::Photo(1)).insert(db).await.unwrap();
    assert_eq!(post(1).plan_delete(db).await.unwrap().digest(), digest);
    comment(71, Subject::Post(1)).insert(db).await.unwrap();
    assert_ne!(post(1).plan_delete(db).await.unwrap().digest(), digest);
    let refused = post(1).plan_delete(db).await.unwrap().limit(3).execute(db).await;
    assert!(refused.is_err());
    assert_eq!(count::<Comment>(db).await, 8);
}
