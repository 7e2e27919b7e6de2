//! Checked writes, scan, repair and indexes of references.

use earnorm::Error;
use earnorm::integrity::{self, Repair};
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, document, insert_documents};

use crate::models::{
    About, Comment, Cover, Covered, Feed, Note, Pin, Post, Subject, Tag, Tagging, comment, cover, forum, insert_all,
    item, note, photo, post, tag, tagging, unknown_comment,
};

#[tokio::test]
async fn a_reference_is_checked_in_the_collection_of_its_model() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    // a photo of this id doesn't exist, but a post does
    insert_all(db, vec![post(9)]).await;
    let good = assert_commands!(test, 3, { comment(70, Subject::Post(9)).insert_checked(db).await });
    good.unwrap();
    let bad = comment(71, Subject::Photo(9)).insert_checked(db).await;
    match &bad {
        Err(Error::MissingReference { model, field, .. }) => assert_eq!((*model, *field), ("Comment", "subject.id")),
        other => panic!("{other:?}"),
    }
    let expected = "`Comment` was not written: its key `subject.id` refers to { \"type\": \"Picture\", \"id\": 9 }, which doesn't exist";
    assert_eq!(bad.unwrap_err().to_string(), expected);
    let bad = note(1, Some(About::Photo(9))).insert_checked(db).await;
    assert!(matches!(&bad, Err(Error::MissingReference { field: "about_id", .. })), "{bad:?}");
    note(2, None).insert_checked(db).await.unwrap();
    let bad = cover(1, Some(Covered::Photo(9))).insert_checked(db).await;
    assert!(matches!(&bad, Err(Error::MissingReference { field: "of.$id", .. })), "{bad:?}");
    let feed = Feed { id: 1, items: vec![item(Subject::Post(9)), item(Subject::Photo(9))], pinned: None };
    let bad = feed.insert_checked(db).await;
    assert!(matches!(&bad, Err(Error::MissingReference { field: "items.subject.id", .. })), "{bad:?}");
    // a batch asks once for each model
    let batch = vec![comment(80, Subject::Post(1)), comment(81, Subject::Photo(1)), comment(82, Subject::Post(2))];
    assert_commands!(test, 4, { Comment::insert_many_checked(db, &batch).await.unwrap() });
}

#[tokio::test]
async fn scan_finds_what_is_broken_of_each_model_and_unknown_tags() {
    let test = database().await;
    let db = test.db();
    forum(db).await;
    insert_all(db, vec![post(9)]).await;
    unknown_comment(db, 7).await;
    insert_all(db, vec![note(1, Some(About::Post(8))), note(2, Some(About::Photo(1))), note(3, None)]).await;
    insert_documents(db, "notes", [doc! { "_id": 4, "text": "", "about_type": "video", "about_id": 1 }]).await;
    insert_all(
        db,
        vec![cover(1, Some(Covered::Photo(1))), cover(2, Some(Covered::Photo(1))), cover(3, Some(Covered::Post(1)))],
    )
    .await;
    insert_all(db, vec![tag("a")]).await;
    insert_all(
        db,
        vec![tagging("a", Subject::Post(1)), tagging("a", Subject::Photo(7)), tagging("z", Subject::Photo(1))],
    )
    .await;
    let pinned = Some(Pin { subject: Some(Subject::Photo(9)) });
    Feed { id: 1, items: vec![item(Subject::Photo(9)), item(Subject::Post(9))], pinned }.insert(db).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    let mut found: Vec<_> = report
        .entries()
        .iter()
        .map(|e| format!("{} {} {:?} {} -> {}", e.model, e.field, e.kind, e.tag.as_ref().unwrap_or(&e.id), e.target))
        .collect();
    found.sort();
    let expected = [
        "Comment subject.id Key 9 -> Photo",
        "Comment subject.type Tag \"Video\" -> ",
        "Cover of.$id Second 1 -> Photo",
        "Feed items.subject.id Element 9 -> Photo",
        "Feed pinned.subject.id Key 9 -> Photo",
        "Note about_id Key 8 -> Post",
        "Note about_type Tag \"video\" -> ",
        "Tagging tag_id Link \"z\" -> Tag",
        "Tagging taggable.id Link 7 -> Photo",
    ];
    assert_eq!(found, expected, "{report}");
    let text = report.to_string();
    assert!(text.contains("Video") && text.contains("about_type"), "{text}");

    let before: Document = document(db, "comments", 7).await;
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(document(db, "comments", 7).await, before);
    assert_eq!(document(db, "notes", 1).await, doc! { "_id": 1, "text": "note 1" });
    assert_eq!(Feed::get(db, 1).await.unwrap().unwrap().items, [item(Subject::Post(9))]);
    assert_eq!(Feed::get(db, 1).await.unwrap().unwrap().pinned, Some(Pin { subject: None }));
    assert_eq!(Tagging::find_all().one(db).await.unwrap().taggable, Subject::Post(1));
    assert_eq!(Cover::get(db, 3).await.unwrap().unwrap(), cover(3, Some(Covered::Post(1))));
    // what is left: the required reference of comment 5, and the two unknown tags, which no repair touches
    let again = integrity::scan(db).await.unwrap();
    assert_eq!((repaired.skipped, again.len()), (1, 3), "{again}");
    again.repair(db, Repair::Delete).await.unwrap();
    assert_eq!(Comment::find(Comment::ID.eq(5)).count(db).await.unwrap(), 0);
    assert_eq!(document(db, "comments", 7).await, before);
    assert_eq!(integrity::scan(db).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_repair_leaves_a_reference_that_was_changed_to_another_model() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![note(1, Some(About::Post(8)))]).await;
    let report = integrity::scan(db).await.unwrap();
    insert_all(db, vec![photo(8)]).await;
    Note::get(db, 1).await.unwrap().unwrap().about().set(db, &photo(8)).await.unwrap();
    report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(Note::get(db, 1).await.unwrap().unwrap(), note(1, Some(About::Photo(8))));
}

#[tokio::test]
async fn indexes_begin_with_the_tag() {
    let test = database().await;
    let db = test.db();
    for model in
        [Comment::ensure_indexes(db), Note::ensure_indexes(db), Cover::ensure_indexes(db), Feed::ensure_indexes(db)]
    {
        model.await.unwrap();
    }
    Post::ensure_indexes(db).await.unwrap();
    Tagging::ensure_indexes(db).await.unwrap();
    Tag::ensure_indexes(db).await.unwrap();
    let keys = async |collection: &str| {
        let mut indexes = db.collection::<Document>(collection).list_indexes().await.unwrap();
        let mut keys = Vec::new();
        while indexes.advance().await.unwrap() {
            let index = indexes.deserialize_current().unwrap();
            let unique = index.options.and_then(|options| options.unique).unwrap_or_default();
            keys.push(format!("{}{}", index.keys, if unique { " unique" } else { "" }));
        }
        keys.retain(|key| !key.contains("_id\": 1 }") || key.contains(','));
        keys.sort();
        keys
    };
    assert_eq!(
        keys("comments").await,
        [
            "{ \"subject.type\": 1, \"subject.id\": 1 }",
            "{ \"subject.type\": 1, \"subject.id\": 1, \"likes\": -1, \"_id\": 1 }"
        ]
    );
    assert_eq!(keys("notes").await, ["{ \"about_type\": 1, \"about_id\": 1 }"]);
    // the unique one is partial, since any number of covers have no reference
    assert_eq!(keys("covers").await, ["{ \"of.$ref\": 1, \"of.$id\": 1 }", "{ \"of.$ref\": 1, \"of.$id\": 1 } unique"]);
    assert_eq!(
        keys("feeds").await,
        [
            "{ \"items.subject.type\": 1, \"items.subject.id\": 1 }",
            "{ \"pinned.subject.type\": 1, \"pinned.subject.id\": 1 }"
        ]
    );
    let links = keys("taggings").await;
    assert!(
        links.contains(&"{ \"tag_id\": 1, \"taggable.type\": 1, \"taggable.id\": 1 } unique".to_owned()),
        "{links:?}"
    );
    assert!(links.contains(&"{ \"taggable.type\": 1, \"taggable.id\": 1 }".to_owned()), "{links:?}");
    // and nothing is missing or refused
    let check = Cover::check_indexes(db).await.unwrap();
    assert!(check.is_clean(), "{check:?}");
    // the index is used
    forum(db).await;
    let explained = db
        .run_command(doc! { "explain": { "find": "comments", "filter": { "subject.type": "Post", "subject.id": 1 } } })
        .await
        .unwrap();
    assert!(explained.to_string().contains("IXSCAN"), "{explained}");
}

#[test]
fn the_diagram_shows_each_target() {
    let diagram = earnorm::schema().to_mermaid();
    let lines: Vec<_> = diagram.lines().filter(|line| line.contains("--")).map(str::trim).collect();
    for line in [
        "references_models_Post ||--o{ references_models_Comment : comments",
        "Photo ||--o{ references_models_Comment : comments",
        "references_models_Post |o--o| Cover : cover",
        "Photo |o--o| Cover : cover",
    ] {
        assert!(lines.contains(&line), "{line}: {lines:#?}");
    }
    // the other sides show the reference
    assert!(!lines.iter().any(|line| line.ends_with(": subject")), "{lines:#?}");
}
