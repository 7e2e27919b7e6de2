//! Loading the documents that references refer to, and the documents that refer.

use std::collections::BTreeMap;

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};
use serde_json::json;

use crate::models::{
    About, Comment, Cover, Covered, CoveredDocument, Note, Photo, Post, Subject, SubjectDocument, User, comment, cover,
    forum, insert_all, note, photo, post, unknown_comment, user,
};

/// What a comment refers to, as text.
fn shown(document: Option<SubjectDocument<&Post, &Photo>>) -> String {
    match document {
        Some(SubjectDocument::Post(post)) => post.title.clone(),
        Some(SubjectDocument::Photo(photo)) => photo.url.clone(),
        None => "nothing".to_owned(),
    }
}

#[tokio::test]
async fn an_include_sends_one_command_for_each_model_that_occurs() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let all = || Comment::find_all().with(Comment::SUBJECT).order_by(Comment::ID.asc());
    for strategy in STRATEGIES {
        let found = assert_commands!(test, 3, { all().strategy(strategy).all(db).await.unwrap() });
        let each: Vec<_> = found.iter().map(|comment| shown(comment.related(Comment::SUBJECT))).collect();
        assert_eq!(each, ["post 1", "photo 1", "post 2", "post 1", "nothing", "photo 1"]);
    }
    // no comment refers to a photo
    let of_posts = || all().filter(Comment::SUBJECT.is_a(Subject::POST));
    let found = assert_commands!(test, 2, { of_posts().all(db).await.unwrap() });
    assert_eq!(found.len(), 3);
    let none = assert_commands!(test, 1, { all().filter(Comment::ID.gt(100)).all(db).await.unwrap() });
    assert!(none.is_empty());
    let empty = note(1, None);
    assert_commands!(test, 0, { Note::ABOUT.load(db, std::slice::from_ref(&empty)).await.unwrap() });
}

#[tokio::test]
async fn each_variant_has_its_own_includes_and_filter() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    for strategy in STRATEGIES {
        let query = || {
            let posts = Subject::POST.with(Post::AUTHOR).with(Post::COMMENTS.count());
            let photos = Subject::PHOTO.filter(Photo::URL.ne("photo 1"));
            Comment::find_all().with(Comment::SUBJECT.with(posts).with(photos)).order_by(Comment::ID.asc())
        };
        // comments, posts, photos; the authors and the counts of posts
        let found = query().strategy(strategy).all(db).await.unwrap();
        match found[0].related(Comment::SUBJECT) {
            Some(SubjectDocument::Post(post)) => {
                assert_eq!(post.related(Post::AUTHOR), Some(&user(2)));
                assert_eq!(post.count(Post::COMMENTS), 2);
            }
            other => panic!("{other:?}"),
        }
        // photo 1 doesn't match
        assert!(found[1].related(Comment::SUBJECT).is_none());
        if strategy == Strategy::Batch {
            assert_commands!(test, 5, { query().all(db).await.unwrap() });
        }
    }
}

#[tokio::test]
async fn documents_at_hand_are_loaded() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let all = Comment::find_all().order_by(Comment::ID.asc()).all(db).await.unwrap();
    let loaded = assert_commands!(test, 2, { Comment::SUBJECT.load(db, &all).await.unwrap() });
    assert_eq!(loaded.len(), 6);
    let by_id = Comment::SUBJECT.with(Subject::POST.with(Post::AUTHOR)).load(db, &all).await.unwrap();
    assert_eq!(by_id.len(), 6);
    let map = Comment::SUBJECT.batch_load(db, &all).await.unwrap();
    assert!(map.contains_key(&5));
    // thousands of keys of two models: one command for each model and started 1,000 keys
    insert_all(db, (100..1_600).map(post).collect()).await;
    insert_all(db, (100..1_600).map(photo).collect()).await;
    let many: Vec<_> = (100..3_100)
        .map(|id| comment(id, if id % 2 == 0 { Subject::Post(id / 2 + 50) } else { Subject::Photo(id / 2 + 50) }))
        .collect();
    let loaded = assert_commands!(test, 4, { Comment::SUBJECT.load(db, &many).await.unwrap() });
    assert_eq!(loaded.len(), 3_000);
}

#[tokio::test]
async fn the_other_side_is_loaded_by_both_strategies() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    insert_all(db, vec![cover(1, Some(Covered::Post(1))), cover(2, Some(Covered::Photo(1)))]).await;
    insert_all(db, vec![note(1, Some(About::Post(2))), note(2, Some(About::Photo(2)))]).await;
    let posts = || {
        Post::find_all()
            .with(Post::COMMENTS.with(Comment::SUBJECT.of(Subject::POST)))
            .with(Post::COMMENTS.count())
            .with(Post::FIRST_COMMENTS)
            .with(Post::COVER)
            .with(Post::NOTES)
            .order_by(Post::ID.asc())
    };
    // posts, comments and their posts, counts, first comments, covers, notes
    let found = assert_commands!(test, 7, { posts().all(db).await.unwrap() });
    let of = |index: usize| found[index].related(Post::COMMENTS).iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!([of(0), of(1), of(2)], [vec![1, 4], vec![3], vec![]]);
    assert_eq!(found[0].count(Post::COMMENTS), 2);
    assert_eq!(found[0].related(Post::FIRST_COMMENTS)[0].id, 4);
    assert_eq!(found[0].related(Post::COVER).map(|cover| cover.id), Some(1));
    assert_eq!(found[1].related(Post::NOTES)[0].id, 1);
    let comments = found[0].related(Post::COMMENTS);
    assert_eq!(comments[0].related(Comment::SUBJECT.of(Subject::POST)), Some(&post(1)));
    // a join can't choose by a tag, so the key's side takes a command
    let joined = assert_commands!(test, 2, { posts().strategy(Strategy::Lookup).all(db).await.unwrap() });
    assert_eq!(joined, found);
    let photos = || {
        Photo::find_all().with(Photo::COMMENTS).with(Photo::COVER).with(Photo::NOTES.count()).order_by(Photo::ID.asc())
    };
    let found = assert_commands!(test, 4, { photos().all(db).await.unwrap() });
    let of = |index: usize| found[index].related(Photo::COMMENTS).iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!([of(0), of(1), of(2)], [vec![2, 6], vec![], vec![]]);
    assert_eq!(found[0].related(Photo::COVER).map(|cover| cover.id), Some(2));
    assert_eq!([found[0].count(Photo::NOTES), found[1].count(Photo::NOTES)], [0, 1]);
    let joined = assert_commands!(test, 1, { photos().strategy(Strategy::Lookup).all(db).await.unwrap() });
    assert_eq!(joined, found);
}

#[tokio::test]
async fn windows_are_numbered_for_each_model() {
    let test = database().await;
    let db = test.db();
    insert_all(db, (1..=3).map(post).collect()).await;
    insert_all(db, (1..=3).map(photo).collect()).await;
    let of = |id: i32| if id % 2 == 0 { Subject::Post(id % 3 + 1) } else { Subject::Photo(id % 3 + 1) };
    insert_all(db, (1..=30).map(|id| comment(id, of(id))).collect()).await;
    for strategy in STRATEGIES {
        let newest = Post::COMMENTS.order_by(Comment::ID.desc()).skip(1).limit(2);
        let found = Post::find_all().with(newest).order_by(Post::ID.asc()).strategy(strategy).all(db).await.unwrap();
        let ids: Vec<Vec<_>> =
            found.iter().map(|post| post.related(Post::COMMENTS).iter().map(|c| c.id).collect()).collect();
        assert_eq!(ids, [[24, 18], [22, 16], [20, 14]], "{strategy:?}");
    }
}

#[tokio::test]
async fn streams_pages_and_transactions_load_references() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    for strategy in STRATEGIES {
        let query = || {
            let subject = Comment::SUBJECT.with(Subject::POST.with(Post::AUTHOR));
            Comment::find_all().with(subject).order_by(Comment::ID.asc()).strategy(strategy)
        };
        let all = query().all(db).await.unwrap();
        let mut rows = query().stream(db);
        let mut streamed = Vec::new();
        while let Some(row) = rows.next().await {
            streamed.push(row.unwrap());
        }
        assert_eq!(streamed, all);
        assert_eq!(query().page(db, 2, 4).await.unwrap().items, all[4..]);
        let inside = earnorm::transaction(db, async |tx| query().all(tx).await).await.unwrap();
        assert_eq!(inside, all);
    }
}

#[tokio::test]
async fn an_unknown_tag_fails_its_document_alone_where_it_is_open() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    unknown_comment(db, 7).await;
    let failed = Comment::get(db, 7).await.unwrap_err();
    assert!(matches!(failed, earnorm::Error::Decode { .. }), "{failed:?}");
    assert!(failed.to_string().contains("Video"), "{failed}");
    insert_all(db, vec![note(1, Some(About::Post(1)))]).await;
    let stored = doc! { "_id": 2, "text": "n", "about_type": "video", "about_id": 1 };
    earnorm_tests::insert_documents(db, "notes", [stored]).await;
    let notes = Note::find_all().with(Note::ABOUT).order_by(Note::ID.asc()).all(db).await.unwrap();
    assert!(notes[0].related(Note::ABOUT).is_some());
    assert!(notes[1].related(Note::ABOUT).is_none());
}

#[tokio::test]
async fn loaded_references_are_shared_erased_and_serialized() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let query = Comment::find(Comment::ID.lte(5))
        .with(Comment::SUBJECT.with(Subject::POST.with(Post::AUTHOR)))
        .with(Comment::SUBJECT.of(Subject::PHOTO))
        .order_by(Comment::ID.asc());
    let found = query.all(db).await.unwrap();
    let expected = json!([
        {
            "_id": 1, "subject": { "type": "Post", "id": 1 }, "likes": 1,
            "subject_document": { "type": "Post", "document": {
                "_id": 1, "title": "post 1", "likes": 10, "author_id": 2, "author": { "_id": 2, "name": "user 2" },
            } },
            "subject_Picture": null,
        },
        {
            "_id": 2, "subject": { "type": "Picture", "id": 1 }, "likes": 2,
            "subject_document": { "type": "Picture", "document": { "_id": 1, "url": "photo 1" } },
            "subject_Picture": { "_id": 1, "url": "photo 1" },
        },
    ]);
    let value = serde_json::to_value(&found).unwrap();
    assert_eq!(json!(&value.as_array().unwrap()[..2]), expected);
    assert_eq!(value[4]["subject_document"], json!(null));
    let erased = found.clone().erase();
    assert_eq!(serde_json::to_value(&erased).unwrap(), value);
    match erased[0].related(Comment::SUBJECT) {
        Some(Some(SubjectDocument::Post(post))) => assert_eq!(post.related(Post::AUTHOR).unwrap().unwrap().id, 2),
        other => panic!("{other:?}"),
    }
    assert_eq!(erased[1].related(Comment::SUBJECT.of(Subject::PHOTO)).unwrap().unwrap().id, 1);
    // comments 1 and 4 share one post
    let posts: Vec<_> = [0, 3]
        .map(|index| match erased[index].related(Comment::SUBJECT) {
            Some(Some(SubjectDocument::Post(post))) => std::ptr::from_ref(post),
            other => panic!("{other:?}"),
        })
        .into();
    assert_eq!(posts[0], posts[1]);
    assert!(format!("{:?}", found[0]).contains("post 1"));
}

#[tokio::test]
async fn dbrefs_are_loaded() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![post(1)]).await;
    insert_all(db, vec![photo(1)]).await;
    insert_all(db, vec![cover(1, Some(Covered::Post(1))), cover(2, Some(Covered::Photo(1))), cover(3, None)]).await;
    let found = Cover::find_all().with(Cover::OF).order_by(Cover::ID.asc()).all(db).await.unwrap();
    assert!(matches!(found[0].related(Cover::OF), Some(CoveredDocument::Post(found)) if *found == post(1)));
    assert!(matches!(found[1].related(Cover::OF), Some(CoveredDocument::Photo(found)) if *found == photo(1)));
    assert!(found[2].related(Cover::OF).is_none());
}

#[tokio::test]
async fn the_loaded_documents_equal_those_found_one_by_one() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let rows = Comment::find_all().with(Comment::SUBJECT).order_by(Comment::ID.asc()).all(db).await.unwrap();
    let mut by_hand = BTreeMap::new();
    for row in &rows {
        by_hand.insert(row.id, row.subject().get(db).await.unwrap());
    }
    for row in &rows {
        let loaded = row.related(Comment::SUBJECT).map(|document| match document {
            SubjectDocument::Post(post) => SubjectDocument::Post(post.clone()),
            SubjectDocument::Photo(photo) => SubjectDocument::Photo(photo.clone()),
        });
        assert_eq!(loaded, by_hand[&row.id]);
    }
    let users = User::find_all().with(User::POSTS.with(Post::COMMENTS)).order_by(User::ID.asc()).all(db).await.unwrap();
    let of_posts = users[1].related(User::POSTS).iter().map(|post| post.related(Post::COMMENTS).len());
    assert_eq!(of_posts.collect::<Vec<_>>(), [2, 0]);
}

/// A model whose queries load its reference by themselves.
mod eager {
    use earnorm::prelude::*;

    use crate::models::Subject;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Shown {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[relation(many_to_one, lazy_load = false)]
        pub(super) on: Subject,
    }
}

#[tokio::test]
async fn a_query_loads_a_reference_by_itself() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let shown = |id, on| eager::Shown { id, on };
    insert_all(db, vec![shown(1, Subject::Post(1)), shown(2, Subject::Photo(1))]).await;
    let rows = assert_commands!(test, 3, { eager::Shown::find_all().all(db).await.unwrap() });
    assert!(matches!(rows[1].related(eager::Shown::ON), Some(SubjectDocument::Photo(found)) if *found == photo(1)));
    // an include of the query replaces it
    let subject = eager::Shown::ON.with(Subject::POST.with(Post::AUTHOR));
    let rows = assert_commands!(test, 4, { eager::Shown::find_all().with(subject).all(db).await.unwrap() });
    match rows[0].related(eager::Shown::ON) {
        Some(SubjectDocument::Post(post)) => assert_eq!(post.related(Post::AUTHOR), Some(&user(2))),
        other => panic!("{other:?}"),
    }
}
