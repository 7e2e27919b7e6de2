//! The handle of a reference, and the handles of its other sides.

use earnorm::prelude::*;
use earnorm::{Error, Open};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, document, insert_documents};

use crate::models::{
    About, Comment, Cover, Covered, CoveredDocument, Note, Photo, Subject, SubjectDocument, comment, comments, cover,
    forum, insert_all, note, photo, post,
};

#[tokio::test]
async fn get_returns_the_document_of_the_model_that_the_tag_names() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let of = async |id| Comment::get(db, id).await.unwrap().unwrap();
    let (of_post, of_photo, dangling) = (of(1).await, of(2).await, of(5).await);
    let found = assert_commands!(test, 1, { of_post.subject().get(db).await.unwrap() });
    assert_eq!(found, Some(SubjectDocument::Post(post(1))));
    let found = assert_commands!(test, 1, { of_photo.subject().require(db).await.unwrap() });
    assert_eq!(found, SubjectDocument::Photo(photo(1)));
    assert!(assert_commands!(test, 1, { of_photo.subject().exists(db).await.unwrap() }));
    assert_eq!(dangling.subject().get(db).await.unwrap(), None);
    // post 9 doesn't make photo 9 exist
    post(9).insert(db).await.unwrap();
    assert!(!dangling.subject().exists(db).await.unwrap());
    let missing = dangling.subject().require(db).await;
    let stored = doc! { "type": "Picture", "id": 9 };
    let is_dangling = matches!(
        &missing,
        Err(Error::Dangling { model: "Comment", field: "subject", id }) if id.as_document() == Some(&stored)
    );
    assert!(is_dangling, "{missing:?}");
}

#[tokio::test]
async fn an_empty_reference_sends_nothing() {
    let test = database().await;
    let db = test.db();
    let (note, cover) = (note(1, None), cover(1, None));
    assert_commands!(test, 0, {
        assert_eq!(note.about().get(db).await.unwrap(), None);
        assert!(!note.about().exists(db).await.unwrap());
        assert_eq!(cover.of().get(db).await.unwrap(), None);
        let missing = cover.of().require(db).await;
        assert!(matches!(missing, Err(Error::NotFound { model: "Cover" })), "{missing:?}");
    });
}

#[tokio::test]
async fn set_writes_the_tag_with_the_id() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    insert_all(db, vec![note(1, Some(About::Post(1))), note(2, None)]).await;
    let of_post = Comment::get(db, 1).await.unwrap().unwrap();
    assert_commands!(test, 1, { of_post.subject().set(db, &photo(1)).await.unwrap() });
    assert_eq!(Comment::get(db, 1).await.unwrap().unwrap().subject, Subject::Photo(1));
    assert_eq!(document(db, "comments", 4).await.get_document("subject").unwrap(), &doc! { "type": "Post", "id": 1 });
    for id in [1, 2] {
        let note = Note::get(db, id).await.unwrap().unwrap();
        note.about().set(db, &photo(2)).await.unwrap();
        let stored = document(db, "notes", id).await;
        let expected = doc! { "_id": id, "text": format!("note {id}"), "about_type": "photo", "about_id": 2 };
        assert_eq!(stored, expected);
    }
    let gone = comment(70, Subject::Post(1)).subject().set(db, &photo(1)).await;
    assert!(matches!(gone, Err(Error::NotFound { model: "Comment" })), "{gone:?}");
}

#[tokio::test]
async fn clear_empties_the_reference_in_each_layout() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![note(1, Some(About::Post(1))), note(2, Some(About::Photo(1)))]).await;
    insert_all(db, vec![cover(1, Some(Covered::Photo(1))), cover(2, Some(Covered::Post(1)))]).await;
    let flat = Note::get(db, 1).await.unwrap().unwrap();
    assert!(assert_commands!(test, 1, { flat.about().clear(db).await.unwrap() }));
    assert_eq!(document(db, "notes", 1).await, doc! { "_id": 1, "text": "note 1" });
    assert_eq!(Note::get(db, 1).await.unwrap().unwrap().about, None);
    assert_eq!(Note::get(db, 2).await.unwrap().unwrap(), note(2, Some(About::Photo(1))));
    let dbref = Cover::get(db, 1).await.unwrap().unwrap();
    assert!(dbref.of().clear(db).await.unwrap());
    assert_eq!(document(db, "covers", 1).await, doc! { "_id": 1, "of": null });
    assert!(!Cover::get(db, 1).await.unwrap().unwrap().of().clear(db).await.unwrap());
    assert_eq!(Cover::get(db, 2).await.unwrap().unwrap(), cover(2, Some(Covered::Post(1))));
}

#[tokio::test]
async fn an_unknown_tag_is_kept_and_fails_where_it_would_be_followed() {
    let test = database().await;
    let db = test.db();
    let stored = doc! { "_id": 1, "text": "n", "about_type": "video", "about_id": "v" };
    insert_documents(db, "notes", [stored.clone(), doc! { "_id": 2, "text": "m", "about_type": 7, "about_id": 1 }])
        .await;
    let unknown = Note::get(db, 1).await.unwrap().unwrap();
    assert_eq!(unknown.about, Some(Open::Unknown(doc! { "about_type": "video", "about_id": "v" })));
    for failed in [
        unknown.about().get(db).await.map(drop),
        unknown.about().require(db).await.map(drop),
        unknown.about().exists(db).await.map(drop),
        unknown.about().clear(db).await.map(drop),
    ] {
        let says = failed.unwrap_err().to_string();
        assert!(says.contains("video") && says.contains("about_type"), "{says}");
    }
    let mut unknown = unknown;
    unknown.text = "changed".to_owned();
    unknown.save(db).await.unwrap();
    let mut expected = stored;
    expected.insert("text", "changed");
    assert_eq!(document(db, "notes", 1).await, expected);
    // a tag that isn't a text is unknown too
    assert!(matches!(Note::get(db, 2).await.unwrap().unwrap().about, Some(Open::Unknown(_))));
    // it can be replaced
    unknown.about().set(db, &photo(1)).await.unwrap();
    assert_eq!(Note::get(db, 1).await.unwrap().unwrap().about, Some(Open::Known(About::Photo(1))));
}

#[tokio::test]
async fn the_other_sides_have_the_documents_of_their_model_alone() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let ids = |comments: Vec<Comment>| comments.into_iter().map(|comment| comment.id).collect::<Vec<_>>();
    let found = assert_commands!(test, 1, { post(1).comments().order_by(Comment::ID.asc()).all(db).await.unwrap() });
    assert_eq!(ids(found), [1, 4]);
    assert_eq!(ids(photo(1).comments().order_by(Comment::ID.desc()).all(db).await.unwrap()), [6, 2]);
    assert_eq!(ids(post(1).first_comments().all(db).await.unwrap()), [4]);
    assert_eq!(post(1).comments().count(db).await.unwrap(), 2);
    assert_eq!(post(1).comments().filter(Comment::LIKES.gt(1)).count(db).await.unwrap(), 1);
    assert!(!post(3).comments().exists(db).await.unwrap());
}

#[tokio::test]
async fn create_and_add_set_the_tag() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    // created below a post, it refers to the post
    let created = post(1).comments().create(db, comment(70, Subject::Photo(3))).await.unwrap();
    assert_eq!(created.subject, Subject::Post(1));
    assert_eq!(Comment::get(db, 70).await.unwrap().unwrap(), created);
    let moved = Comment::get(db, 2).await.unwrap().unwrap();
    post(1).comments().add(db, moved).await.unwrap();
    assert_eq!(comments(db, Comment::SUBJECT.is(&Subject::Post(1))).await, [1, 2, 4, 70]);
    assert_eq!(comments(db, Comment::SUBJECT.is(&Subject::Photo(1))).await, [6]);
    let created = photo(1).notes().create(db, note(1, None)).await.unwrap();
    assert_eq!(created.about, Some(Open::Known(About::Photo(1))));
    assert_eq!(document(db, "notes", 1).await.get_str("about_type").unwrap(), "photo");
}

#[tokio::test]
async fn a_document_is_removed_only_from_the_model_it_refers_to() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![note(1, Some(About::Post(1))), note(2, Some(About::Photo(1))), note(3, Some(About::Post(1)))])
        .await;
    let of_photo = Note::get(db, 2).await.unwrap().unwrap();
    assert!(!post(1).notes().remove(db, &of_photo).await.unwrap());
    assert!(post(1).notes().remove(db, &note(1, Some(About::Post(1)))).await.unwrap());
    assert_eq!(document(db, "notes", 1).await, doc! { "_id": 1, "text": "note 1" });
    assert_eq!(post(1).notes().clear(db).await.unwrap(), 1);
    assert_eq!(document(db, "notes", 3).await, doc! { "_id": 3, "text": "note 3" });
    assert_eq!(Note::get(db, 2).await.unwrap().unwrap(), of_photo);
}

#[tokio::test]
async fn a_one_to_one_has_one_document_for_each_model() {
    let test = database().await;
    let db = test.db();
    Cover::ensure_indexes(db).await.unwrap();
    cover(1, Some(Covered::Post(1))).insert(db).await.unwrap();
    // a photo of the same id has its own
    cover(2, Some(Covered::Photo(1))).insert(db).await.unwrap();
    let second = cover(3, Some(Covered::Post(1))).insert(db).await;
    assert!(matches!(&second, Err(Error::Duplicate { .. })), "{second:?}");
    // and any number have none
    insert_all(db, vec![cover(4, None), cover(5, None)]).await;
    assert_eq!(post(1).cover().get(db).await.unwrap().unwrap().id, 1);
    assert_eq!(photo(1).cover().get(db).await.unwrap().unwrap().id, 2);
    let cover_1 = Cover::get(db, 1).await.unwrap().unwrap();
    insert_all(db, vec![post(1)]).await;
    assert_eq!(cover_1.of().get(db).await.unwrap(), Some(CoveredDocument::Post(post(1))));
    // set takes the place over, of the same model only
    Cover::get(db, 4).await.unwrap().unwrap().of().set(db, &photo(1)).await.unwrap();
    let of = async |id| Cover::get(db, id).await.unwrap().unwrap().of;
    assert_eq!([of(1).await, of(2).await, of(4).await], [Some(Covered::Post(1)), None, Some(Covered::Photo(1))]);
    post(1).cover().set(db, Cover::get(db, 5).await.unwrap().unwrap()).await.unwrap();
    assert_eq!([of(1).await, of(4).await, of(5).await], [None, Some(Covered::Photo(1)), Some(Covered::Post(1))]);
    assert!(post(1).cover().clear(db).await.unwrap());
    assert_eq!([of(4).await, of(5).await], [Some(Covered::Photo(1)), None]);
    assert_eq!(document(db, "covers", 5).await, doc! { "_id": 5, "of": null });
}

#[tokio::test]
async fn one_variant_is_an_ordinary_relation_to_one() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    let all = Comment::find_all().order_by(Comment::ID.asc()).all(db).await.unwrap();
    let posts = assert_commands!(test, 1, { Comment::SUBJECT.of(Subject::POST).load(db, &all).await.unwrap() });
    let ids: Vec<_> = posts.iter().map(|post| post.get().map(|post| post.id)).collect();
    assert_eq!(ids, [Some(1), None, Some(2), Some(1), None, None]);
    let photos = Comment::SUBJECT.of(Subject::PHOTO).filter(Photo::URL.eq("photo 1"));
    let found = Comment::find_all().with(photos.clone()).order_by(Comment::ID.asc()).all(db).await.unwrap();
    let ids: Vec<_> = found
        .iter()
        .map(|comment| comment.related(Comment::SUBJECT.of(Subject::PHOTO)).map(|photo| photo.id))
        .collect();
    assert_eq!(ids, [None, Some(1), None, None, None, Some(1)]);
}
