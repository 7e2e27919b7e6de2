//! Each write, with the times and versions that it stores and those in memory afterwards.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use earnorm::BoxFuture;
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, DateTime, Document, to_document};
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::documents;
use futures_util::FutureExt;

use crate::models::long_ago;

/// A write of the table.
pub(crate) struct Row {
    name: &'static str,
    /// The documents that are different afterwards.
    changed: Vec<String>,
    /// The commands, with managed fields and without them.
    commands: usize,
    /// Returns the documents that the caller holds afterwards.
    write: for<'d> fn(&'d Database) -> BoxFuture<'d, Vec<Held>>,
}

impl Row {
    /// Runs the write. A write that panics is a failure of its row, and the others run all the same.
    async fn run(&self, db: &Database, failures: &mut Vec<String>) -> Vec<Held> {
        let outcome = AssertUnwindSafe((self.write)(db)).catch_unwind().await;
        outcome.unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            failures.push(format!("{}: {message}", self.name));
            Vec::new()
        })
    }
}

/// A document in memory, with its collection.
pub(crate) struct Held(&'static str, Document);

fn held<M: Model>(model: &M) -> Held {
    Held(M::metadata().collection, to_document(model).unwrap())
}

macro_rules! rows {
    ($($name:literal, $changed:expr, $commands:literal, |$db:ident| $write:block;)*) => { vec![$(Row {
        name: $name,
        changed: IntoIterator::into_iter($changed).map(|one: &str| String::from(one)).collect(),
        commands: $commands,
        write: |$db| Box::pin(async move { $write }),
    }),*] };
}

/// Stores documents that were written long ago, in version 5.
async fn store_each<M: Model>(db: &Database, all: impl IntoIterator<Item = Document>) {
    let managed = doc! { "created": long_ago(), "updated": long_ago(), "rev": 5_i64 };
    let all = all.into_iter().map(|one| one.into_iter().chain(managed.clone()).collect::<Document>());
    db.collection::<Document>(M::metadata().collection).insert_many(all.collect::<Vec<_>>()).await.unwrap();
}

mod with_managed_fields {
    use super::*;
    use crate::models::managed::*;
    use crate::models::new;

    include!("paths.rs");
    include!("relation_paths.rs");
}

mod without_managed_fields {
    use super::*;
    use crate::models::new;
    use crate::models::plain::*;

    include!("paths.rs");
    include!("relation_paths.rs");
}

/// All documents, by collection and id.
async fn state(db: &Database) -> BTreeMap<(String, String), Document> {
    let mut state = BTreeMap::new();
    for name in db.list_collection_names().await.unwrap() {
        for document in documents(db, &name).await {
            state.insert((name.clone(), id(&document)), document);
        }
    }
    state
}

/// The id as a row shows it: `_` for one that is made by EarnORM.
fn id(document: &Document) -> String {
    match document.get("_id").unwrap() {
        Bson::String(id) if id.len() == 24 => "_".into(),
        Bson::String(id) => id.clone(),
        Bson::Int32(id) => id.to_string(),
        _ => "_".into(),
    }
}

/// The managed fields in words. Adds the time of the write to `times`.
fn describe(document: &Document, times: &mut Vec<DateTime>) -> String {
    let [created, updated] = ["created", "updated"].map(|name| *document.get_datetime(name).unwrap());
    let version = document.get("rev").unwrap();
    let version = version.as_i64().or_else(|| version.as_i32().map(i64::from)).unwrap();
    times.extend([created, updated].into_iter().filter(|time| *time != long_ago()));
    let time = match (created == long_ago(), updated == long_ago()) {
        (true, true) => "kept",
        (true, false) => "updated",
        (false, false) => "created",
        (false, true) => "created, not updated,",
    };
    format!("{time} v{version}")
}

#[tokio::test]
async fn each_write_sets_the_managed_fields() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    let mut failures = Vec::new();
    for row in with_managed_fields::rows() {
        db.drop().await.unwrap();
        with_managed_fields::store(db).await;
        let before = state(db).await;
        let start = DateTime::now();
        // two times that are not the same differ by this
        (1..20).for_each(|command| proxy.delay(command, Duration::from_millis(2)));
        let held = row.run(db, &mut failures).await;
        proxy.heal();
        let end = DateTime::now();
        let after = state(db).await;

        let (mut seen, mut times) = (Vec::new(), Vec::new());
        for (key, document) in &after {
            if before.get(key) != Some(document) {
                seen.push(format!("{} {} {}", key.0, key.1, describe(document, &mut times)));
            }
        }
        let deleted = before.keys().filter(|key| !after.contains_key(*key));
        seen.extend(deleted.map(|(collection, id)| format!("{collection} {id} deleted")));
        seen.sort();
        // the guard of a parent changes, and its managed fields don't
        seen.retain(|line| line != "houses 1 kept v5");
        if seen != row.changed {
            failures.push(format!("{}: stored {seen:?} instead of {:?}", row.name, row.changed));
        }
        if !row.name.contains("transaction")
            && !row.name.contains("twice")
            && times.iter().any(|time| *time != times[0])
        {
            failures.push(format!("{}: several times: {times:?}", row.name));
        }
        if times.iter().any(|time| *time < start || *time > end) {
            failures.push(format!("{}: {times:?} is not between {start} and {end}", row.name));
        }
        for Held(collection, document) in held {
            let stored = after.get(&(collection.to_owned(), id(&document))).cloned().unwrap_or_default();
            for field in ["created", "updated", "rev"] {
                if stored.get(field) != document.get(field) {
                    let (stored, held) = (stored.get(field), document.get(field));
                    failures.push(format!("{}: {field} is {stored:?}, and {held:?} in memory", row.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// So many links that their documents are not made in the same millisecond.
#[tokio::test]
async fn one_call_uses_one_time_for_many_documents() {
    use crate::models::managed::{Author, Club, Membership};
    use crate::models::new;

    let test = TestDb::new().await.unwrap();
    let db = test.db();
    with_managed_fields::store(db).await;
    let clubs: Vec<Club> = (10..2_010).map(|id| new(doc! { "_id": id })).collect();
    let author = Author::get(db, 1).await.unwrap().unwrap();
    author.clubs().add_many(db, &clubs).await.unwrap();
    let links = Membership::find(Membership::REV.eq(1)).all(db).await.unwrap();
    assert_eq!(links.len(), 2_000);
    let other = links.iter().find(|link| (link.created, link.updated) != (links[0].created, links[0].created));
    assert_eq!(other, None, "{}", links[0].created);
}

#[tokio::test]
async fn managed_fields_add_no_command() {
    let test = TestDb::new().await.unwrap();
    let db = test.db();
    let mut failures = Vec::new();
    for (managed, plain) in with_managed_fields::rows().into_iter().zip(without_managed_fields::rows()) {
        let mut counts = Vec::new();
        for row in [&managed, &plain] {
            db.drop().await.unwrap();
            with_managed_fields::store(db).await;
            without_managed_fields::store(db).await;
            let (_, sent) = test.log().record(row.run(db, &mut failures)).await;
            counts.push(sent.len());
            if row.name == "a repair that unlinks" {
                continue; // the scan reads the collections of both
            }
            if sent.len() != row.commands {
                failures.push(format!("{}: {} commands instead of {}:\n{sent}", row.name, sent.len(), row.commands));
            }
        }
        if counts[0] != counts[1] {
            failures
                .push(format!("{}: {} commands with managed fields, {} without", managed.name, counts[0], counts[1]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
