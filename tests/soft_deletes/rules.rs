//! Delete rules, managed fields and hooks.

use std::sync::Mutex;

use earnorm::mongodb::bson::{Bson, DateTime};
use earnorm::prelude::*;
use earnorm::{Deletion, Error, Result, restore};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, document, documents};

/// Its invoices restrict its delete, its logs can't be restored, and its notes are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Invoice, fk = account_id, on_delete = "restrict")]
#[relation(one_to_many, target = Log, fk = account_id, cascade_delete)]
#[relation(one_to_many, target = Note, fk = account_id, on_delete = "no_action")]
struct Account {
    #[serde(rename = "_id")]
    id: i32,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_invoices")]
struct Invoice {
    #[serde(rename = "_id")]
    id: i32,
    account_id: i32,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Log {
    #[serde(rename = "_id")]
    id: i32,
    account_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "account_notes")]
struct Note {
    #[serde(rename = "_id")]
    id: i32,
    account_id: i32,
}

#[tokio::test]
async fn restrict_blocks_unless_the_holders_are_deleted() {
    let test = database().await;
    let db = test.db();
    let account = Account { id: 1, deleted: None }.insert(db).await.unwrap();
    let invoice = Invoice { id: 5, account_id: 1, deleted: None }.insert(db).await.unwrap();
    assert!(matches!(account.delete(db).await, Err(Error::Restricted { model: "Account", relation: "invoices", .. })));
    let deleted = invoice.delete(db).await.unwrap().deletion();
    assert!(!account.plan_delete(db).await.unwrap().is_blocked());
    let report = account.delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 account deleted");
    restore(db, report.deletion()).await.unwrap();
    restore(db, deleted).await.unwrap();
    assert!(matches!(account.delete(db).await, Err(Error::Restricted { .. })));
    assert!(matches!(Account::find_all().purge(db).await, Err(Error::Restricted { .. })));
}

#[tokio::test]
async fn a_child_that_can_not_be_restored_blocks() {
    let test = database().await;
    let db = test.db();
    let account = Account { id: 1, deleted: None }.insert(db).await.unwrap();
    Log { id: 7, account_id: 1 }.insert(db).await.unwrap();
    Note { id: 8, account_id: 1 }.insert(db).await.unwrap();
    let plan = account.plan_delete(db).await.unwrap();
    assert!(plan.is_blocked());
    assert_eq!(
        plan.to_string(),
        "blocked\n  `Account::logs`: 1 log refers to what it would delete by `account_id`: 7; they can't be restored"
    );
    assert!(matches!(plan.execute(db).await, Err(Error::NotRestorable { model: "Log", .. })));
    match account.delete(db).await {
        Err(error @ Error::NotRestorable { model: "Log", by: "Account", relation: "logs", .. }) => {
            assert!(error.to_string().contains("`Account::logs`"), "{error}");
        }
        outcome => panic!("{outcome:?}"),
    }
    assert!(matches!(account.delete_if(db, plan.digest()).await, Err(Error::NotRestorable { .. })));
    assert_eq!(Account::find_all().count(db).await.unwrap(), 1);
    Log::find_all().delete(db).await.unwrap();
    let report = account.delete(db).await.unwrap();
    assert_eq!(documents(db, "account_notes").await.len(), 1, "the rule `no_action`");
    restore(db, report.deletion()).await.unwrap();
    // a purge needs no restore
    Log { id: 9, account_id: 1 }.insert(db).await.unwrap();
    assert_eq!(Account::find_all().purge(db).await.unwrap().to_string(), "1 account, 1 log deleted");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Page {
    #[serde(rename = "_id")]
    id: i32,
    #[model(updated_at)]
    changed: DateTime,
    #[model(version)]
    rev: i64,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[tokio::test]
async fn a_delete_and_a_restore_set_the_time_and_keep_the_version() {
    let test = database().await;
    let db = test.db();
    let page = Page { id: 1, changed: DateTime::now(), rev: 0, deleted: None };
    let mut page = page.insert(db).await.unwrap();
    let created = document(db, "pages", 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let deletion = page.delete(db).await.unwrap().deletion().unwrap();
    let marked = document(db, "pages", 1).await;
    assert_eq!(marked.get("rev"), created.get("rev"));
    assert_eq!(marked.get_datetime("changed").unwrap(), &deletion.at);
    assert!(page.save(db).await.is_err());
    restore(db, deletion).await.unwrap();
    let restored = document(db, "pages", 1).await;
    assert_eq!(restored.get("rev"), created.get("rev"));
    assert_eq!(restored.get("deleted"), Some(&Bson::Null));
    assert!(restored.get_datetime("changed").unwrap() > created.get_datetime("changed").unwrap());
    // the version in memory is still the stored one
    page.save(db).await.unwrap();
    assert_eq!(page.rev, 2);
}

static CALLS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Window, fk = wall_id, cascade_delete)]
struct Wall {
    #[serde(rename = "_id")]
    id: i32,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Window {
    #[serde(rename = "_id")]
    id: i32,
    wall_id: i32,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

impl Hooks for Window {
    async fn before_delete(&self, _: &HookContext<'_>) -> Result<()> {
        CALLS.lock().unwrap().push(format!("before {}", self.id));
        Ok(())
    }

    async fn after_delete(&self, _: &HookContext<'_>) -> Result<()> {
        CALLS.lock().unwrap().push(format!("after {}", self.id));
        Ok(())
    }
}

#[tokio::test]
async fn hooks_run_and_commands_are_as_many_as_those_of_a_delete() {
    let test = database().await;
    let db = test.db();
    let wall = Wall { id: 1, deleted: None }.insert(db).await.unwrap();
    Window { id: 2, wall_id: 1, deleted: None }.insert(db).await.unwrap();
    Window { id: 3, wall_id: 1, deleted: None }.insert(db).await.unwrap().delete(db).await.unwrap();
    CALLS.lock().unwrap().clear();
    // the root, the children, the hooks, two writes and the commit
    let report = assert_commands!(test, 6, { wall.delete(db).await.unwrap() });
    assert_eq!(report.to_string(), "1 wall, 1 window deleted");
    assert_eq!(*CALLS.lock().unwrap(), ["before 2", "after 2"]);
    assert_eq!(Window::deleted().count(db).await.unwrap(), 2);
}

mod shared {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "boat")]
    #[model(collection = "crafts")]
    #[index(name, unique)]
    pub(super) struct Boat {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) name: String,
        #[relation(many_to_one, target = Harbor, on_delete = "cascade")]
        pub(super) harbor_id: i32,
        #[model(soft_delete)]
        pub(super) gone: Option<Deletion>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "plane")]
    #[model(collection = "crafts")]
    pub(super) struct Plane {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[relation(many_to_one, target = Harbor, on_delete = "restrict")]
        pub(super) harbor_id: Option<i32>,
        #[model(soft_delete)]
        pub(super) gone: Option<Deletion>,
    }

    #[derive(Debug, Clone, PartialEq, Model)]
    pub(super) enum Craft {
        Boat(Boat),
        Plane(Plane),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = Boat, fk = harbor_id, back_populates = harbor)]
    pub(super) struct Harbor {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[model(soft_delete)]
        pub(super) gone: Option<Deletion>,
    }
}
use shared::{Boat, Craft, Harbor, Plane};

#[tokio::test]
async fn models_that_share_a_collection() {
    let test = database().await;
    let db = test.db();
    let harbor = Harbor { id: 1, gone: None }.insert(db).await.unwrap();
    let boat = |id| Boat { id, name: format!("boat {id}"), harbor_id: 1, gone: None };
    for id in [1, 2] {
        boat(id).insert(db).await.unwrap();
    }
    Plane { id: 3, harbor_id: None, gone: None }.insert(db).await.unwrap();
    let before = documents(db, "crafts").await;
    let one = boat(1).delete(db).await.unwrap();
    assert_eq!(Craft::find_all().count(db).await.unwrap(), 2);
    assert_eq!(Craft::deleted().count(db).await.unwrap(), 1);
    assert_eq!(Craft::with_deleted().count(db).await.unwrap(), 3);
    assert!(Craft::get(db, 1).await.unwrap().is_none());
    assert_eq!((Boat::deleted().count(db).await.unwrap(), Plane::deleted().count(db).await.unwrap()), (1, 0));
    let report = harbor.delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 harbor, 1 boat deleted");
    restore(db, report.deletion()).await.unwrap();
    restore(db, one.deletion()).await.unwrap();
    assert_eq!(documents(db, "crafts").await, before);
    // of an enum, each by its kind
    let all = Craft::find_all().delete(db).await.unwrap();
    assert_eq!(all.to_string(), "3 crafts deleted");
    assert_eq!(restore(db, all.deletion()).await.unwrap().restored_of::<Craft>(), 3);
    assert_eq!(documents(db, "crafts").await, before);
    Plane::find_all().delete(db).await.unwrap();
    assert_eq!(Craft::deleted().purge(db).await.unwrap().to_string(), "1 craft deleted");
    let conflicting = boat(1).delete(db).await.unwrap();
    let other = boat(2);
    let mut craft = Craft::from(other);
    craft.update(db, doc! { "$set": { "name": "boat 1" } }).await.unwrap();
    assert!(matches!(restore(db, conflicting.deletion()).await, Err(Error::Duplicate { model: "Boat", .. })));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Chapter, fk = novel_id, cascade_delete, counter = chapter_count)]
struct Novel {
    #[serde(rename = "_id")]
    id: i32,
    chapter_count: i64,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Chapter {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Novel)]
    novel_id: i32,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[tokio::test]
async fn counters_count_what_is_not_deleted() {
    let test = database().await;
    let db = test.db();
    let count = async || Novel::with_deleted().one(db).await.unwrap().chapter_count;
    Novel { id: 1, chapter_count: 0, deleted: None }.insert(db).await.unwrap();
    let chapters = [1, 2, 3].map(|id| Chapter { id, novel_id: 1, deleted: None });
    Chapter::insert_many(db, &chapters).await.unwrap();
    assert_eq!(count().await, 3);
    let before = documents(db, "novels").await;
    let one = chapters[0].delete(db).await.unwrap();
    assert_eq!(count().await, 2);
    let other = Chapter::find(Chapter::ID.gt(2)).delete(db).await.unwrap();
    assert_eq!(count().await, 1);
    assert_eq!(chapters[0].delete(db).await.unwrap().deleted(), 0);
    assert_eq!(count().await, 1, "it is deleted already");
    let all = Novel::find_all().delete(db).await.unwrap();
    restore(db, one.deletion()).await.unwrap();
    assert_eq!(Novel::find_all().count(db).await.unwrap(), 0);
    restore(db, all.deletion()).await.unwrap();
    assert_eq!(count().await, 2);
    assert!(earnorm::integrity::scan(db).await.unwrap().is_empty());
    // what is deleted for good and was deleted before is not counted twice
    assert_eq!(Chapter::deleted().purge(db).await.unwrap().deleted(), 1);
    assert_eq!(count().await, 2);
    Chapter::find(Chapter::ID.eq(1)).purge(db).await.unwrap();
    assert_eq!(count().await, 1);
    assert_eq!(restore(db, other.deletion()).await.unwrap().restored(), 0);
    assert_eq!(before.len(), 1);
}
