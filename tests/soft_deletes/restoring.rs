//! What a delete marks, and what a restore brings back.

use earnorm::mongodb::bson::{self, Bson};
use earnorm::prelude::*;
use earnorm::{Error, restore};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, document, documents};

use crate::models::{Comment, Group, Person, Post, Profile, Subject, Tag, comment, community, person, post, state};

#[tokio::test]
async fn a_document_is_marked_and_restored() {
    let test = database().await;
    let db = test.db();
    Group { id: 1, deleted: None }.insert(db).await.unwrap();
    let before = state(db).await;
    let group = Group::get(db, 1).await.unwrap().unwrap();
    let report = assert_commands!(test, 1, { group.delete(db).await.unwrap() });
    assert_eq!(report.to_string(), "1 group deleted");
    let deletion = report.deletion().unwrap();
    assert_eq!(Group::get(db, 1).await.unwrap(), None);
    let deleted = Group::deleted().all(db).await.unwrap();
    assert_eq!(deleted, [Group { id: 1, deleted: Some(deletion) }]);
    assert_eq!(Group::with_deleted().all(db).await.unwrap(), deleted);
    // what is deleted already is not deleted again
    let again = group.delete(db).await.unwrap();
    assert_eq!((again.deleted(), again.deletion()), (0, None));
    assert_eq!(Group::deleted().delete(db).await.unwrap().deleted(), 0);
    assert_eq!(Group::with_deleted().delete(db).await.unwrap().deleted(), 0);
    let restored = restore(db, deletion).await.unwrap();
    assert_eq!(restored.to_string(), "1 group restored");
    assert_eq!((restored.restored(), restored.restored_of::<Group>(), restored.restored_of::<Tag>()), (1, 1, 0));
    assert_eq!(state(db).await, before);
    assert_eq!(restore(db, deletion).await.unwrap().to_string(), "nothing restored");
    assert_commands!(test, 0, { assert_eq!(restore(db, again.deletion()).await.unwrap().restored(), 0) });
}

#[tokio::test]
async fn everything_is_as_before_after_a_restore() {
    let test = database().await;
    let db = test.db();
    community(db).await;
    let before = state(db).await;
    // by every root: diamonds, a cycle of managers, join models, ids on either side, references, embedded keys
    let person = Person::get(db, 2).await.unwrap().unwrap();
    let report = person.delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 person, 4 posts, 1 profile, 4 comments deleted");
    assert!(report.in_transaction());
    let marked = state(db).await;
    for kept in ["soft_drafts", "soft_groups", "soft_memberships", "soft_tags"] {
        assert_eq!(marked[kept], before[kept], "{kept}");
    }
    let mark = document(db, "people", 2).await;
    let mark = mark.get_document("deleted").unwrap();
    assert_eq!(mark.get_object_id("id").unwrap(), report.deletion().unwrap().id);
    assert_eq!(document(db, "soft_posts", 11).await.get_document("deletedBy").unwrap().get("id"), mark.get("id"));
    let restored = restore(db, report.deletion()).await.unwrap();
    assert_eq!(restored.to_string(), "1 person, 4 posts, 1 profile, 4 comments restored");
    assert_eq!(state(db).await, before);
    for report in [
        Post::get(db, 11).await.unwrap().unwrap().delete(db).await.unwrap(),
        Tag::get(db, 1).await.unwrap().unwrap().delete(db).await.unwrap(),
        Group::get(db, 3).await.unwrap().unwrap().delete(db).await.unwrap(),
        Comment::find_all().delete(db).await.unwrap(),
        Person::find_all().delete(db).await.unwrap(),
        Profile::find_all().delete(db).await.unwrap(),
    ]
    .into_iter()
    .rev()
    {
        restore(db, report.deletion()).await.unwrap();
    }
    assert_eq!(state(db).await, before);
}

#[tokio::test]
async fn what_was_deleted_on_monday_stays_deleted() {
    let test = database().await;
    let db = test.db();
    community(db).await;
    let before = state(db).await;
    let monday = Post::get(db, 21).await.unwrap().unwrap().delete(db).await.unwrap();
    let after_monday = state(db).await;
    let tuesday = Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    assert_eq!(tuesday.deleted_of::<Post>(), 3, "the others");
    restore(db, tuesday.deletion()).await.unwrap();
    assert_eq!(state(db).await, after_monday);
    restore(db, monday.deletion()).await.unwrap();
    assert_eq!(state(db).await, before);
    // in the other order too
    let monday = Post::get(db, 21).await.unwrap().unwrap().delete(db).await.unwrap();
    let tuesday = Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    restore(db, monday.deletion()).await.unwrap();
    let post = Post::get(db, 21).await.unwrap().unwrap();
    assert!(matches!(post.author().require(db).await, Err(Error::Deleted { model: "Person", .. })));
    restore(db, tuesday.deletion()).await.unwrap();
    assert_eq!(state(db).await, before);
}

#[tokio::test]
async fn plans_and_transactions_mark_too() {
    let test = database().await;
    let db = test.db();
    community(db).await;
    let before = state(db).await;
    let person = Person::get(db, 1).await.unwrap().unwrap();
    let plan = person.plan_delete(db).await.unwrap();
    let summary = "1 person, 4 posts, 1 profile, 4 comments deleted";
    assert_eq!(plan.to_string(), summary);
    let report = plan.execute(db).await.unwrap();
    assert_eq!(report.to_string(), summary);
    assert!(matches!(plan.execute(db).await, Err(Error::StalePlan)));
    restore(db, report.deletion()).await.unwrap();
    assert_eq!(state(db).await, before);
    let plan = person.plan_delete(db).await.unwrap();
    let report = plan.execute_in_batches(db, |_| ()).await.unwrap();
    assert_eq!(report.to_string(), summary);
    for stored in documents(db, "soft_posts").await {
        let mark = stored.get("deletedBy").and_then(Bson::as_document).cloned().unwrap_or_default();
        assert_eq!(mark.get("open"), None, "the delete is finished");
    }
    restore(db, report.deletion()).await.unwrap();
    assert_eq!(state(db).await, before);
    let report = person.delete_if(db, person.plan_delete(db).await.unwrap().digest()).await.unwrap();
    assert_eq!(report.to_string(), summary);
    let again = earnorm::transaction(db, async |tx| {
        restore(tx, report.deletion()).await?;
        person.delete(tx).await
    });
    let again = again.await.unwrap();
    assert_eq!(again.to_string(), summary);
    assert_ne!(again.deletion(), report.deletion());
    restore(db, again.deletion()).await.unwrap();
    assert_eq!(state(db).await, before);
}

#[tokio::test]
async fn removing_an_orphan_marks_it() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = Leaf, fk = tree_id, orphan_removal)]
    struct Tree {
        #[serde(rename = "_id")]
        id: i32,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "tree_leaves")]
    struct Leaf {
        #[serde(rename = "_id")]
        id: i32,
        tree_id: i32,
        #[model(soft_delete)]
        deleted: Option<earnorm::Deletion>,
    }
    let test = database().await;
    let db = test.db();
    let tree = Tree { id: 1 }.insert(db).await.unwrap();
    for id in [1, 2] {
        tree.leaves().create(db, Leaf { id, tree_id: 0, deleted: None }).await.unwrap();
    }
    tree.leaves().set(db, [Leaf { id: 1, tree_id: 1, deleted: None }]).await.unwrap();
    let deleted = Leaf::deleted().one(db).await.unwrap();
    assert_eq!((deleted.id, tree.leaves().count(db).await.unwrap()), (2, 1));
    restore(db, deleted.deleted).await.unwrap();
    assert_eq!(tree.leaves().count(db).await.unwrap(), 2);
    // a model without a mark deletes for good, deleted children too
    Leaf { id: 2, tree_id: 1, deleted: None }.delete(db).await.unwrap();
    assert_eq!(tree.delete(db).await.unwrap().to_string(), "1 tree, 2 leaves deleted");
    assert_eq!(documents(db, "tree_leaves").await, []);
}

#[tokio::test]
async fn a_purge_deletes_for_good_by_the_rules() {
    let test = database().await;
    let db = test.db();
    community(db).await;
    Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    Tag::get(db, 3).await.unwrap().unwrap().delete(db).await.unwrap();
    let purged = Person::deleted().purge(db).await.unwrap();
    assert_eq!(
        purged.to_string(),
        "1 person, 4 posts, 1 profile, 4 comments deleted; 3 links removed; 4 drafts unlinked"
    );
    assert_eq!(purged.deletion(), None);
    assert_eq!(Person::with_deleted().count(db).await.unwrap(), 2);
    assert_eq!(Post::with_deleted().count(db).await.unwrap(), 5);
    assert_eq!(documents(db, "soft_memberships").await.len(), 6);
    // three people and the embedded lines, also those of what is deleted
    let purged = Tag::deleted().filter(Tag::ID.eq(3)).purge(db).await.unwrap();
    assert_eq!(purged.deleted_of::<Tag>(), 1);
    assert_eq!(document(db, "people", 1).await.get_array("tag_ids").unwrap().len(), 2);
    for stored in documents(db, "soft_comments").await {
        assert_eq!(stored.get_array("lines").unwrap().len(), 2);
    }
    // what isn't deleted can be purged too
    assert_eq!(Group::find(Group::ID.eq(1)).purge(db).await.unwrap().to_string(), "1 group deleted; 2 links removed");
}

#[tokio::test]
async fn a_restore_onto_a_taken_value_writes_nothing() {
    let test = database().await;
    let db = test.db();
    Person::ensure_indexes(db).await.unwrap();
    Post::ensure_indexes(db).await.unwrap();
    community(db).await;
    let report = Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    // by an update: the local server would refuse an insert of a value that another document had before
    let mut other = person(7).insert(db).await.unwrap();
    other.update(db, Person::EMAIL.set("2@example.com")).await.unwrap();
    let before = state(db).await;
    match restore(db, report.deletion()).await {
        Err(Error::Duplicate { model: "Person", index }) => assert!(index.starts_with("email_1"), "{index}"),
        outcome => panic!("{outcome:?}"),
    }
    assert_eq!(state(db).await, before);
    // the key of a one-to-one
    let mut profile = Profile { id: 9, person_id: 9, deleted: None }.insert(db).await.unwrap();
    profile.update(db, Profile::PERSON_ID.set(2)).await.unwrap();
    other.delete(db).await.unwrap();
    match restore(db, report.deletion()).await {
        Err(Error::Duplicate { model: "Profile", index }) => assert!(index.starts_with("person_id_1"), "{index}"),
        outcome => panic!("{outcome:?}"),
    }
    profile.person_id = 8;
    profile.save(db).await.unwrap();
    assert_eq!(restore(db, report.deletion()).await.unwrap().restored(), 10);
}

#[tokio::test]
async fn writes_never_touch_what_is_deleted() {
    let test = database().await;
    let db = test.db();
    community(db).await;
    let mut two = Person::get(db, 2).await.unwrap().unwrap();
    let stored = Post::get(db, 21).await.unwrap().unwrap();
    two.delete(db).await.unwrap();
    let before = state(db).await;
    assert_eq!(Person::find_all().update(db, Person::NAME.set("x")).await.unwrap(), 2);
    assert!(two.update(db, Person::NAME.set("x")).await.is_err());
    assert!(Person::update_by_id(db, 2, Person::NAME.set("x")).await.is_err());
    assert!(matches!(two.save(db).await, Err(Error::Deleted { model: "Person", .. })));
    assert!(Person::by_email("2@example.com").update(db, Person::NAME.set("x")).await.is_err());
    assert_eq!(two.posts().update_all(db, Post::LIKES.set(0)).await.unwrap(), 0);
    assert_eq!(state(db).await["people"][1], before["people"][1]);
    assert_eq!(state(db).await["soft_posts"], before["soft_posts"]);
    // a reference to it is refused by checked writes
    let to_deleted = post(99, 2, None);
    let refused = |outcome: earnorm::Result<_>| match outcome {
        Err(Error::Deleted { model, id }) => (model, *id),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(to_deleted.validate_references(db).await), ("Person", Bson::Int32(2)));
    assert_eq!(refused(to_deleted.insert_checked(db).await.map(|_| ())), ("Person", Bson::Int32(2)));
    let of_deleted = comment(200, Subject::Post(stored.id));
    assert_eq!(refused(of_deleted.insert_checked(db).await.map(|_| ())), ("Post", Bson::Int32(21)));
    let missing = post(99, 77, None).insert_checked(db).await;
    assert!(matches!(missing, Err(Error::MissingReference { .. })), "{missing:?}");
    // a query for deleted ones can update them
    assert_eq!(Person::deleted().update(db, Person::NAME.set("gone")).await.unwrap(), 1);
    assert_eq!(Person::with_deleted().update(db, Person::NAME.set("all")).await.unwrap(), 3);
}

#[tokio::test]
async fn a_mark_is_read_by_both_encodings() {
    let mark = earnorm::Deletion { id: ObjectId::new(), at: bson::DateTime::now() };
    let person = Person { deleted: Some(mark), ..person(1) };
    let test = database().await;
    person.clone().insert(test.db()).await.unwrap();
    assert_eq!(Person::deleted().all(test.db()).await.unwrap(), [person]);
    assert_eq!(restore(test.db(), mark).await.unwrap().restored(), 1);
}
