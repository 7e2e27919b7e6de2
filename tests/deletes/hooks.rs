use earnorm::prelude::*;
use earnorm::{Cause, Error, Result};
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database};

/// An entry that a hook writes in its transaction, so that tests see which hooks ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Entry {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    text: String,
}

async fn note(cx: &HookContext<'_>, text: String) -> Result<()> {
    Entry { id: None, text }.insert(cx).await?;
    Ok(())
}

async fn entries(db: &earnorm::mongodb::Database) -> Vec<String> {
    let entries = Entry::find_all().order_by(Entry::ID.asc()).all(db).await.unwrap();
    entries.into_iter().map(|entry| entry.text).collect()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Song", fk = "record_id", cascade_delete)]
struct Record {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Song {
    #[serde(rename = "_id")]
    id: i32,
    record_id: i32,
    title: String,
    slug: String,
}

impl Hooks for Song {
    async fn before_save(&mut self, cx: &HookContext<'_>) -> Result<()> {
        self.slug = self.title.to_lowercase();
        note(cx, format!("before_save {}", self.id)).await
    }

    async fn after_save(&self, cx: &HookContext<'_>) -> Result<()> {
        if self.title == "Refused afterwards" {
            return Err(Error::other("no"));
        }
        note(cx, format!("after_save {}", self.id)).await
    }

    async fn before_delete(&self, cx: &HookContext<'_>) -> Result<()> {
        if self.title == "Kept" {
            return Err(Error::other("it is to be kept"));
        }
        let why = match cx.cause() {
            Cause::Direct => "itself".to_owned(),
            Cause::Relation { model, relation } => format!("{model}::{relation}"),
            other => other.to_string(),
        };
        note(cx, format!("before_delete {} by {why}", self.id)).await
    }

    async fn after_delete(&self, cx: &HookContext<'_>) -> Result<()> {
        assert_eq!(Song::find(Song::ID.eq(self.id)).count(cx.executor()).await?, 0);
        note(cx, format!("after_delete {}", self.id)).await
    }
}

fn song(id: i32, title: &str) -> Song {
    Song { id, record_id: 1, title: title.into(), slug: String::new() }
}

#[tokio::test]
async fn hooks_run_for_direct_and_cascaded_deletes() {
    let test = database().await;
    let db = test.db();
    let record = Record { id: 1 }.insert(db).await.unwrap();
    Song::collection(db).insert_many([song(1, "A"), song(2, "B"), song(3, "C")]).await.unwrap();
    song(3, "C").delete(db).await.unwrap();
    assert_eq!(entries(db).await, ["before_delete 3 by itself", "after_delete 3"]);
    Entry::find_all().delete(db).await.unwrap();
    let report = record.delete(db).await.unwrap();
    assert_eq!(report.deleted_of::<Song>(), 2);
    assert_eq!(
        entries(db).await,
        ["before_delete 1 by Record::songs", "before_delete 2 by Record::songs", "after_delete 1", "after_delete 2"]
    );
}

#[tokio::test]
async fn a_failing_hook_undoes_the_whole_delete() {
    let test = database().await;
    let db = test.db();
    let record = Record { id: 1 }.insert(db).await.unwrap();
    Song::collection(db).insert_many([song(1, "A"), song(2, "Kept"), song(3, "C")]).await.unwrap();
    let error = record.delete(db).await.unwrap_err();
    assert!(matches!(&error, Error::Hook { model: "Song", hook: "before_delete", .. }), "{error:?}");
    assert_eq!(error.to_string(), "`before_delete` of the `Song` with `_id` 2 failed: it is to be kept");
    assert_eq!((count::<Record>(db).await, count::<Song>(db).await), (1, 3));
    assert_eq!(entries(db).await, Vec::<String>::new(), "the entry of the first hook is undone too");
}

#[tokio::test]
async fn hooks_of_a_save_change_what_is_stored() {
    let test = database().await;
    let db = test.db();
    // two entries, the song and the commit; the start of a transaction is not a command
    let mut first = assert_commands!(test, 4, song(1, "Aces High").insert(db).await.unwrap());
    assert_eq!(first.slug, "aces high");
    first.title = "Powerslave".into();
    first.save(db).await.unwrap();
    assert_eq!(Song::get(db, 1).await.unwrap().unwrap().slug, "powerslave");
    Song::insert_many(db, &[song(2, "Two"), song(3, "Three")]).await.unwrap();
    assert_eq!(Song::get(db, 3).await.unwrap().unwrap().slug, "three");
    let record = Record { id: 1 }.insert(db).await.unwrap();
    let made = record.songs().create(db, song(4, "Four")).await.unwrap();
    assert_eq!((made.slug.as_str(), made.record_id), ("four", 1));
    let added = record.songs().add_many(db, [song(5, "Five"), song(6, "Six")]).await.unwrap();
    assert_eq!(added[1].slug, "six");
    assert_eq!(Song::get(db, 6).await.unwrap().unwrap(), added[1]);
    assert_eq!(entries(db).await.len(), 2 * 7);
    // an update by operators loads no document and runs no hooks
    first.update(db, Song::TITLE.set("Other")).await.unwrap();
    assert_eq!((first.slug.as_str(), entries(db).await.len()), ("powerslave", 14));
}

#[tokio::test]
async fn a_failing_after_save_undoes_the_save() {
    let test = database().await;
    let db = test.db();
    let error = song(1, "Refused afterwards").insert(db).await.unwrap_err();
    assert!(matches!(error, Error::Hook { hook: "after_save", .. }), "{error:?}");
    assert_eq!(count::<Song>(db).await, 0);
    assert_eq!(entries(db).await, Vec::<String>::new());
}

#[tokio::test]
async fn hooks_run_in_the_transaction_of_the_caller() {
    let test = database().await;
    let db = test.db();
    let outcome: Result<()> = earnorm::transaction(db, async |tx| {
        song(1, "A").insert(tx).await?.delete(tx).await?;
        Err(Error::other("undone"))
    })
    .await;
    assert_eq!(outcome.unwrap_err().to_string(), "undone");
    assert_eq!(entries(db).await, Vec::<String>::new());
}

#[tokio::test]
async fn execute_in_batches_runs_hooks() {
    let test = database().await;
    let db = test.db();
    Record { id: 1 }.insert(db).await.unwrap();
    Song::collection(db).insert_many([song(1, "A"), song(2, "B")]).await.unwrap();
    let plan = Record::find_all().plan_delete(db).await.unwrap();
    plan.execute_in_batches(db, |_| {}).await.unwrap();
    assert_eq!(entries(db).await.len(), 4);
    assert_eq!(count::<Record>(db).await + count::<Song>(db).await, 0);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks, check_references)]
struct Track {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Record")]
    record_id: i32,
}

impl Hooks for Track {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        self.record_id += 1;
        Ok(())
    }
}

#[tokio::test]
async fn references_are_checked_after_before_save() {
    let test = database().await;
    let db = test.db();
    Record { id: 2 }.insert(db).await.unwrap();
    assert_eq!(Track { id: 1, record_id: 1 }.insert(db).await.unwrap().record_id, 2);
    let error = Track { id: 2, record_id: 2 }.insert(db).await.unwrap_err();
    assert!(matches!(error, Error::MissingReference { model: "Track", field: "record_id", .. }), "{error:?}");
    let many = [Track { id: 3, record_id: 1 }, Track { id: 4, record_id: 3 }];
    assert!(matches!(Track::insert_many(db, &many).await, Err(Error::MissingReference { .. })));
    assert_eq!(count::<Track>(db).await, 1);
}
