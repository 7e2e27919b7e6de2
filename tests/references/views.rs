//! Views of documents with references, and of those that they refer to.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{
    Comment, Covered, Photo, Post, Subject, SubjectDocument, Tag, User, cover, forum, insert_all, tag, tagging,
};

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Comment)]
struct CommentId {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Comment)]
struct CommentSubject {
    subject: Subject,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Post)]
struct Title {
    title: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Photo)]
struct Url {
    url: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = User)]
struct Name {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = crate::models::Cover)]
struct CoverId {
    #[serde(rename = "_id")]
    id: i32,
}

#[tokio::test]
async fn a_view_without_the_reference_loads_what_it_refers_to() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    for strategy in STRATEGIES {
        let query = || Comment::find(Comment::ID.lt(7)).order_by(Comment::ID.asc()).strategy(strategy);
        let subject = Comment::SUBJECT
            .with(Subject::POST.view::<Title>().with(Post::AUTHOR.view::<Name>()))
            .with(Subject::PHOTO.view::<Url>());
        let found = assert_commands!(test, 4, query().view::<CommentId>().with(subject).all(db).await).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|comment| match comment.related(Comment::SUBJECT) {
                Some(SubjectDocument::Post(post)) => {
                    format!("{} by {}", post.title, post.related(Post::AUTHOR).unwrap().name)
                }
                Some(SubjectDocument::Photo(photo)) => photo.url.clone(),
                None => "nothing".to_owned(),
            })
            .collect();
        let by = ["post 1 by user 2", "photo 1", "post 2 by user 1", "post 1 by user 2", "nothing", "photo 1"];
        assert_eq!(shown, by, "{strategy:?}");
        let one = query().view::<CommentId>().with(Comment::SUBJECT.of(Subject::POST).view::<Title>());
        let one = one.all(db).await.unwrap();
        let titles: Vec<_> = one
            .iter()
            .map(|comment| comment.related(Comment::SUBJECT.of(Subject::POST)).map(|post| post.title.as_str()))
            .collect();
        assert_eq!(titles, [Some("post 1"), None, Some("post 2"), Some("post 1"), None, None], "{strategy:?}");
        let subjects = query().view::<CommentSubject>().all(db).await.unwrap();
        assert_eq!(subjects[1].subject, Subject::Photo(1));
    }
}

#[tokio::test]
async fn relations_back_and_through_tags_are_views() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    insert_all(db, vec![cover(1, Some(Covered::Post(2))), cover(2, Some(Covered::Photo(2))), cover(3, None)]).await;
    insert_all(db, vec![tag("a"), tag("b")]).await;
    insert_all(
        db,
        vec![tagging("a", Subject::Post(1)), tagging("a", Subject::Photo(1)), tagging("b", Subject::Post(1))],
    )
    .await;
    for strategy in STRATEGIES {
        let query = Post::find_all().order_by(Post::ID.asc()).view::<Title>().strategy(strategy);
        let found = query
            .with(Post::COMMENTS.view::<CommentId>().order_by(Comment::ID.asc()))
            .with(Post::COVER.view::<CoverId>())
            .with(Post::TAGS.order_by(Tag::ID.asc()))
            .all(db)
            .await
            .unwrap();
        let comments: Vec<_> = found[0].related(Post::COMMENTS).iter().map(|comment| comment.id).collect();
        assert_eq!(comments, [1, 4], "{strategy:?}");
        assert_eq!(found[1].related(Post::COVER), Some(&CoverId { id: 1 }), "{strategy:?}");
        let tags: Vec<_> = found[0].related(Post::TAGS).iter().map(|tag| tag.id.as_str()).collect();
        assert_eq!(tags, ["a", "b"], "{strategy:?}");
        let covers = crate::models::Cover::find_all().order_by(crate::models::Cover::ID.asc()).view::<CoverId>();
        let covers = covers.with(crate::models::Cover::OF.of(Covered::PHOTO)).strategy(strategy).all(db).await.unwrap();
        let photos: Vec<_> = covers
            .iter()
            .map(|cover| cover.related(crate::models::Cover::OF.of(Covered::PHOTO)).map(|photo| photo.id))
            .collect();
        assert_eq!(photos, [None, Some(2), None], "{strategy:?}");
    }
}
