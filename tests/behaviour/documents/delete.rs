use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;

use super::{Note, notes, ranks};
use crate::blog::{Group, Post, User, UserGroup};
use crate::database;

#[tokio::test]
async fn a_document_is_deleted_once() {
    let test = database().await;
    let db = test.db();
    let notes = notes(&test, 3).await;
    let report = assert_commands!(test, 1, notes[1].delete(db).await.unwrap());
    assert_eq!(report.deleted(), 1);
    let report = assert_commands!(test, 1, notes[1].delete(db).await.unwrap());
    assert_eq!(report.deleted(), 0, "it is gone already");
    let left = Note::query().order_by(Note::RANK.asc()).all(db).await.unwrap();
    assert_eq!(ranks(&left), [0, 2]);
}

#[tokio::test]
async fn a_querys_delete_is_one_command() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    let high = Note::find(Note::RANK.gte(6));
    let report = assert_commands!(test, 1, high.delete(db).await.unwrap());
    assert_eq!(report.deleted(), 4);
    assert_eq!(Note::query().count(db).await.unwrap(), 6);
    let none = Note::find(Note::RANK.gte(6)).delete(db).await.unwrap();
    assert_eq!(none.deleted(), 0);
}

#[tokio::test]
async fn a_querys_delete_keeps_to_its_window() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    let window = Note::query().order_by(Note::RANK.desc()).skip(1).limit(3);
    let report = assert_commands!(test, 2, window.delete(db).await.unwrap());
    assert_eq!(report.deleted(), 3);
    let left = Note::query().order_by(Note::RANK.asc()).all(db).await.unwrap();
    assert_eq!(ranks(&left), [0, 1, 2, 3, 4, 5, 9]);
}

#[tokio::test]
async fn a_model_with_rules_is_not_deleted_without_them() {
    fn unsupported(outcome: earnorm::Result<earnorm::DeleteReport>, name: &str) {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Unsupported { model, .. } if model == name), "{error:?}");
    }
    let test = database().await;
    let db = test.db();
    let user = User::new("Ada", 36).insert(db).await.unwrap();
    let post = user.post("Notes", 1).insert(db).await.unwrap();
    let group = Group { id: ObjectId::new(), name: "Engineers".to_owned() };
    let group = group.insert(db).await.unwrap();
    assert_commands!(test, 0, {
        unsupported(user.delete(db).await, "User");
        unsupported(User::query().delete(db).await, "User");
        unsupported(User::query().limit(1).delete(db).await, "User");
        unsupported(post.delete(db).await, "Post");
        unsupported(group.delete(db).await, "Group");
    });
    assert_eq!(User::query().count(db).await.unwrap(), 1);
    assert_eq!(Post::query().count(db).await.unwrap(), 1);
    assert_eq!(Group::query().count(db).await.unwrap(), 1);
    // the join documents themselves carry no rule
    UserGroup::default().insert(db).await.unwrap();
    assert_eq!(UserGroup::query().delete(db).await.unwrap().deleted(), 1);
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Hooked {
    #[serde(rename = "_id")]
    id: ObjectId,
    n: i32,
}

#[tokio::test]
async fn a_model_with_hooks_is_neither_written_nor_deleted_without_them() {
    fn unsupported<T: std::fmt::Debug>(outcome: earnorm::Result<T>) {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Unsupported { model: "Hooked", .. }), "{error:?}");
    }
    let test = database().await;
    let db = test.db();
    let mut hooked = Hooked { id: ObjectId::new(), n: 1 };
    Hooked::collection(db).insert_one(&hooked).await.unwrap();
    assert_commands!(test, 0, {
        unsupported(hooked.clone().insert(db).await);
        unsupported(Hooked::insert_many(db, std::slice::from_ref(&hooked)).await);
        unsupported(hooked.save(db).await);
        unsupported(hooked.update(db, Hooked::N.inc(1)).await);
        unsupported(Hooked::update_by_id(db, hooked.id, Hooked::N.inc(1)).await);
        unsupported(Hooked::query().update(db, Hooked::N.inc(1)).await);
        unsupported(hooked.delete(db).await);
        unsupported(Hooked::query().delete(db).await);
    });
    let stored = Hooked::get(db, hooked.id).await.unwrap().unwrap();
    assert_eq!(stored.n, 1);
}
