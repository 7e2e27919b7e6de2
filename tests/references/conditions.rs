//! Conditions on references.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use crate::models::{
    About, Comment, Cover, Covered, Note, Photo, Post, Subject, User, comment, comments, cover, forum, insert_all,
    note, photo, post, unknown_comment,
};

#[tokio::test]
async fn a_reference_is_compared_with_its_tag() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    assert_eq!(comments(db, Comment::SUBJECT.is(&Subject::Post(1))).await, [1, 4]);
    assert_eq!(comments(db, Comment::SUBJECT.is(&Subject::Photo(1))).await, [2, 6]);
    assert_eq!(comments(db, Comment::SUBJECT.is_a(Subject::PHOTO)).await, [2, 5, 6]);
    assert_eq!(comments(db, !Comment::SUBJECT.is_a(Subject::PHOTO)).await, [1, 3, 4]);
    let either = Comment::SUBJECT.is(&Subject::Post(2)) | Comment::SUBJECT.is(&Subject::Photo(9));
    assert_eq!(comments(db, either).await, [3, 5]);
    // the order of the stored fields doesn't matter
    let stored = doc! { "_id": 8, "subject": { "id": 1, "type": "Post" }, "likes": 0 };
    earnorm_tests::insert_documents(db, "comments", [stored]).await;
    assert_eq!(comments(db, Comment::SUBJECT.is(&Subject::Post(1))).await, [1, 4, 8]);
}

#[tokio::test]
async fn a_reference_leads_to_documents_that_exist() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    unknown_comment(db, 7).await;
    // a post of the missing photo's id
    insert_all(db, vec![post(9)]).await;
    let found = assert_commands!(test, 1, { comments(db, Comment::SUBJECT.any()).await });
    assert_eq!(found, [1, 2, 3, 4, 6]);
    assert_eq!(comments(db, Comment::SUBJECT.none() & Comment::ID.ne(7)).await, [5]);
    assert_eq!(Comment::find(Comment::SUBJECT.none()).count(db).await.unwrap(), 2);
    let liked = Comment::SUBJECT.of(Subject::POST).filter(Post::LIKES.gt(10)).any();
    assert_eq!(comments(db, liked).await, [3]);
    assert_eq!(comments(db, Comment::SUBJECT.of(Subject::PHOTO).any()).await, [2, 6]);
    let by_author = Comment::SUBJECT.of(Subject::POST).filter(Post::AUTHOR.filter(User::NAME.eq("user 2")).any()).any();
    assert_eq!(comments(db, by_author).await, [1, 4]);
}

#[tokio::test]
async fn the_other_sides_are_conditions_too() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    insert_all(db, vec![cover(1, Some(Covered::Photo(2))), cover(2, Some(Covered::Post(3)))]).await;
    let posts = async |filter| {
        let found: Vec<Post> = Post::find(filter).order_by(Post::ID.asc()).all(db).await.unwrap();
        found.into_iter().map(|post| post.id).collect::<Vec<_>>()
    };
    let photos = async |filter| {
        let found: Vec<Photo> = Photo::find(filter).order_by(Photo::ID.asc()).all(db).await.unwrap();
        found.into_iter().map(|photo| photo.id).collect::<Vec<_>>()
    };
    assert_eq!(posts(Post::COMMENTS.any()).await, [1, 2]);
    assert_eq!(photos(Photo::COMMENTS.any()).await, [1]);
    assert_eq!(photos(Photo::COMMENTS.none()).await, [2, 3]);
    assert_eq!(posts(Post::COMMENTS.filter(Comment::LIKES.gt(3)).any()).await, [1]);
    assert_eq!((posts(Post::COVER.any()).await, photos(Photo::COVER.any()).await), (vec![3], vec![2]));
    assert_eq!(posts(Post::COMMENTS.filter(Comment::SUBJECT.of(Subject::POST).any()).any()).await, [1, 2]);
}

#[tokio::test]
async fn an_empty_reference_is_null_in_each_layout() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![note(1, Some(About::Post(1))), note(2, None), note(3, Some(About::Photo(1)))]).await;
    insert_all(db, vec![cover(1, Some(Covered::Post(1))), cover(2, None)]).await;
    assert_eq!(Note::find(Note::ABOUT.is_null()).one(db).await.unwrap().id, 2);
    assert_eq!(Cover::find(Cover::OF.is_null()).one(db).await.unwrap().id, 2);
    assert_eq!(Note::find(Note::ABOUT.is(&About::Photo(1))).one(db).await.unwrap().id, 3);
    assert_eq!(Cover::find(Cover::OF.is_a(Covered::POST)).one(db).await.unwrap().id, 1);
    insert_all(db, vec![photo(1), photo(2)]).await;
    assert_eq!(Note::find(Note::ABOUT.any()).one(db).await.unwrap().id, 3);
}

#[tokio::test]
async fn updates_and_deletes_by_a_reference_leave_equal_ids_of_other_models() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let of_post = || Comment::find(Comment::SUBJECT.is(&Subject::Post(1)));
    assert_eq!(of_post().update(db, Comment::LIKES.set(50)).await.unwrap(), 2);
    assert_eq!(Comment::find(Comment::LIKES.eq(50)).count(db).await.unwrap(), 2);
    assert_eq!(post(1).comments().update_all(db, Comment::LIKES.set(60)).await.unwrap(), 2);
    assert_eq!(Comment::get(db, 2).await.unwrap().unwrap(), comment(2, Subject::Photo(1)));
}
