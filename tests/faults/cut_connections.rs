//! Writes other than deletes, with the connection cut at each command. The data left after a failure is as documented,
//! and repeating the call completes it.

use std::collections::BTreeMap;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Result, integrity};
use earnorm_testkit::TestDb;
use earnorm_tests::{Cut, clients, direct_database, documents};
use futures_util::future::join_all;

use crate::Call;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Volume", fk = "rack_id")]
#[relation(one_to_many, target = "Ticket", fk = "rack_id", orphan_removal, cascade_delete)]
#[relation(many_to_many, target = "Theme", through = "RackTheme")]
struct Rack {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(default)]
    rev: i64,
    #[relation(many_to_many, target = "Theme", name = "topics")]
    topic_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Volume {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Rack")]
    rack_id: Option<i32>,
    title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Stub", fk = "ticket_id", cascade_delete)]
struct Ticket {
    #[serde(rename = "_id")]
    id: i32,
    rack_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Stub {
    #[serde(rename = "_id")]
    id: i32,
    ticket_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Rack", name = "racks", target_ids = "topic_ids")]
struct Theme {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct RackTheme {
    #[serde(rename = "_id")]
    id: ObjectId,
    rack_id: i32,
    theme_id: i32,
}

/// The hooks write one document before and one after each save or delete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Watched {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "journal")]
struct Journal {
    #[serde(rename = "_id")]
    id: i32,
}

impl Hooks for Watched {
    async fn before_save(&mut self, cx: &HookContext<'_>) -> Result<()> {
        Journal { id: self.id * 10 }.insert(cx).await.map(|_| ())
    }
    async fn after_save(&self, cx: &HookContext<'_>) -> Result<()> {
        Journal { id: self.id * 10 + 1 }.insert(cx).await.map(|_| ())
    }
    async fn before_delete(&self, cx: &HookContext<'_>) -> Result<()> {
        Journal { id: self.id * 10 + 2 }.insert(cx).await.map(|_| ())
    }
    async fn after_delete(&self, cx: &HookContext<'_>) -> Result<()> {
        Journal { id: self.id * 10 + 3 }.insert(cx).await.map(|_| ())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(guard = "rev")]
struct Owner {
    #[serde(rename = "_id")]
    id: i32,
    rev: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Deed {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Owner")]
    owner_id: i32,
    #[relation(many_to_one, target = "Theme", name = "theme")]
    theme_id: Option<i32>,
}

const COLLECTIONS: [&str; 10] =
    ["racks", "volumes", "tickets", "stubs", "themes", "rack_themes", "watcheds", "journal", "owners", "deeds"];

type State = BTreeMap<&'static str, Vec<String>>;

/// All documents and the names of the indexes, without the generated `_id`s of links.
async fn state(db: &Database) -> State {
    let mut state = State::new();
    for collection in COLLECTIONS {
        let texts = state.entry(collection).or_default();
        for mut document in documents(db, collection).await {
            if collection == "rack_themes" {
                document.remove("_id");
            }
            texts.push(document.to_string());
        }
        texts.sort_unstable();
    }
    let indexes = db.collection::<Document>("rack_themes").list_index_names().await.unwrap_or_default();
    let more = db.collection::<Document>("volumes").list_index_names().await.unwrap_or_default();
    state.insert("indexes", indexes.into_iter().chain(more).collect());
    state
}

fn rack(id: i32) -> Rack {
    Rack { id, rev: 0, topic_ids: vec![1, 2] }
}

fn volume(id: i32, rack_id: impl Into<Option<i32>>, title: &str) -> Volume {
    Volume { id, rack_id: rack_id.into(), title: title.to_owned() }
}

async fn fill(db: &Database) {
    let bare = Rack { id: 3, rev: 0, topic_ids: Vec::new() };
    Rack::insert_many(db, &[rack(1), rack(2), bare]).await.unwrap();
    let volumes =
        [volume(1, 1, "a"), volume(2, 1, "b"), volume(3, 2, "c"), volume(4, 99, "lost"), volume(5, 98, "lost")];
    Volume::insert_many(db, &volumes).await.unwrap();
    let tickets: Vec<_> = (1..=3).map(|id| Ticket { id, rack_id: 1 }).collect();
    Ticket::insert_many(db, &tickets).await.unwrap();
    let stubs: Vec<_> = (1..=3).map(|id| Stub { id, ticket_id: id }).collect();
    Stub::insert_many(db, &stubs).await.unwrap();
    let themes: Vec<_> = (1..=4).map(|id| Theme { id }).collect();
    Theme::insert_many(db, &themes).await.unwrap();
    let link = |theme_id| RackTheme { id: ObjectId::new(), rack_id: 1, theme_id };
    RackTheme::insert_many(db, &[link(1), link(2)]).await.unwrap();
    db.collection::<Document>("watcheds").insert_one(doc! { "_id": 1 }).await.unwrap();
    db.collection::<Document>("journal").insert_one(doc! { "_id": 0 }).await.unwrap();
    Owner { id: 1, rev: 0 }.insert(db).await.unwrap();
    Deed { id: 1, owner_id: 1, theme_id: None }.insert(db).await.unwrap();
}

/// Whether a failed call may leave the data in this state. It may always leave the state before the call or the final
/// one.
type Allowed = fn(before: &State, after: &State, now: &State) -> bool;

/// The number of commands of a call without faults, the state before it and the state after it.
async fn run_without_faults(call: Call) -> (usize, State, State) {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let other = direct_database(&test).await;
    fill(&other).await;
    let before = state(&other).await;
    proxy.heal();
    call(test.db().clone()).await.unwrap();
    let commands = proxy.seen();
    (commands, before, state(&other).await)
}

/// Takes the server down before and after each command. The data left after the failure must be in an allowed state,
/// and repeating the call must complete it.
async fn assert_repeatable(name: &str, call: Call, allowed: Allowed) {
    let (commands, before, after) = run_without_faults(call).await;
    join_all(Cut::all(1..=commands).map(|cut| {
        let (before, after) = (&before, &after);
        async move {
            let (test, proxy) = TestDb::with_proxy().await.unwrap();
            let (faulty, other) = clients(&test, &proxy, "serverSelectionTimeoutMS=1000").await;
            fill(&other).await;
            proxy.heal();
            cut.and_stay_down(&proxy);
            let what = format!("{name}, {cut} of {commands}");
            assert!(call(faulty.clone()).await.is_err(), "{what}");
            let now = state(&other).await;
            assert!(now == *before || now == *after || allowed(before, after, &now), "{what}: {now:#?}");
            call(other.clone()).await.unwrap_or_else(|error| panic!("{what}, again: {error}"));
            assert_eq!(state(&other).await, *after, "{what}, again");
        }
    }))
    .await;
}

/// Cuts the connection before and after each command. Either all writes are done or none, as the outcome says.
async fn assert_atomic(name: &str, call: Call) {
    let (commands, before, after) = run_without_faults(call).await;
    join_all(Cut::all(1..=commands).map(|cut| {
        let (before, after) = (&before, &after);
        async move {
            let (test, proxy) = TestDb::with_proxy().await.unwrap();
            let (faulty, other) = clients(&test, &proxy, "serverSelectionTimeoutMS=5000").await;
            fill(&other).await;
            proxy.heal();
            cut.once(&proxy);
            let outcome = call(faulty.clone()).await;
            let expected = if outcome.is_ok() { after } else { before };
            let what = format!("{name}, {cut} of {commands}");
            assert_eq!(state(&other).await, *expected, "{what}: {outcome:?}");
            if outcome.is_err() {
                call(other.clone()).await.unwrap();
                assert_eq!(state(&other).await, *after, "{what}, again");
            }
        }
    }))
    .await;
}

/// For calls with one write command.
const NOTHING_ELSE: Allowed = |_, _, _| false;

#[tokio::test]
async fn writes_of_one_to_many_are_repeatable() {
    // other volumes are taken out, the new ones are unchanged
    assert_repeatable(
        "set",
        call!(|db| rack(1).volumes().set(&db, [volume(2, 1, "new"), volume(3, 2, "c")])),
        |before, after, now| {
            let others = |state: &State| {
                state.iter().filter(|(name, _)| **name != "volumes").map(|(_, all)| all.clone()).collect::<Vec<_>>()
            };
            let taken_out = now["volumes"].iter().filter(|text| text.contains("null")).count();
            others(now) == others(before) && taken_out == 1 && before["volumes"].len() == after["volumes"].len()
        },
    )
    .await;
    assert_repeatable(
        "add_many",
        call!(|db| rack(1).volumes().add_many(&db, [volume(3, None, "c"), volume(9, None, "d")])),
        NOTHING_ELSE,
    )
    .await;
    assert_repeatable("remove", call!(|db| rack(1).volumes().remove(&db, &volume(1, 1, "a"))), NOTHING_ELSE).await;
    assert_repeatable("clear", call!(|db| rack(1).volumes().clear(&db)), NOTHING_ELSE).await;
}

/// `set` creates new links before it deletes others, so no link is lost.
const ONLY_EXTRA_LINKS: Allowed = |before, after, now| {
    let links = |state: &State| state["rack_themes"].clone();
    let kept = links(after).into_iter().filter(|link| links(before).contains(link));
    kept.into_iter().all(|link| links(now).contains(&link)) && links(after).iter().all(|link| links(now).contains(link))
};

#[tokio::test]
async fn writes_of_many_to_many_through_a_join_model_are_repeatable() {
    assert_repeatable(
        "set",
        call!(|db| rack(1).themes().set(&db, &[Theme { id: 2 }, Theme { id: 3 }])),
        ONLY_EXTRA_LINKS,
    )
    .await;
    assert_repeatable(
        "add_many",
        call!(|db| rack(1).themes().add_many(&db, &[Theme { id: 2 }, Theme { id: 3 }])),
        NOTHING_ELSE,
    )
    .await;
    assert_repeatable("remove", call!(|db| rack(1).themes().remove(&db, &Theme { id: 1 })), NOTHING_ELSE).await;
    assert_repeatable("clear", call!(|db| rack(1).themes().clear(&db)), NOTHING_ELSE).await;
}

#[tokio::test]
async fn writes_of_many_to_many_by_an_array_are_repeatable() {
    assert_repeatable("set", call!(|db| rack(1).topics().set(&db, &[Theme { id: 2 }, Theme { id: 3 }])), NOTHING_ELSE)
        .await;
    assert_repeatable(
        "add_many",
        call!(|db| rack(1).topics().add_many(&db, &[Theme { id: 2 }, Theme { id: 3 }])),
        NOTHING_ELSE,
    )
    .await;
    assert_repeatable("remove", call!(|db| rack(1).topics().remove(&db, &Theme { id: 1 })), NOTHING_ELSE).await;
    assert_repeatable("clear", call!(|db| rack(1).topics().clear(&db)), NOTHING_ELSE).await;
}

#[tokio::test]
async fn writes_of_many_to_many_from_the_other_side_of_an_array_are_repeatable() {
    // racks that should hold the id get it first; others still have it
    assert_repeatable(
        "set",
        |db| {
            Box::pin(async move {
                let bare = Rack { id: 3, rev: 0, topic_ids: Vec::new() };
                Theme { id: 1 }.racks().set(&db, &[bare]).await
            })
        },
        |_, _, now| now["racks"].iter().all(|text| text.contains("[1")),
    )
    .await;
    assert_repeatable("add_many", call!(|db| Theme { id: 3 }.racks().add_many(&db, &[rack(1), rack(2)])), NOTHING_ELSE)
        .await;
    assert_repeatable("remove", call!(|db| Theme { id: 1 }.racks().remove(&db, &rack(1))), NOTHING_ELSE).await;
    assert_repeatable("clear", call!(|db| Theme { id: 1 }.racks().clear(&db)), NOTHING_ELSE).await;
}

#[tokio::test]
async fn orphan_removal_is_atomic() {
    assert_atomic(
        "set",
        call!(|db| rack(1).tickets().set(&db, [Ticket { id: 3, rack_id: 1 }, Ticket { id: 4, rack_id: 1 }])),
    )
    .await;
    assert_atomic("remove", call!(|db| rack(1).tickets().remove(&db, &Ticket { id: 1, rack_id: 1 }))).await;
    assert_atomic("clear", call!(|db| rack(1).tickets().clear(&db))).await;
}

#[tokio::test]
async fn saves_and_deletes_with_hooks_are_atomic() {
    assert_atomic("insert", call!(|db| Watched { id: 2 }.insert(&db))).await;
    assert_atomic("save", call!(|db| Watched { id: 1 }.save(&db))).await;
    assert_atomic("insert_many", call!(|db| Watched::insert_many(&db, &[Watched { id: 2 }, Watched { id: 3 }]))).await;
    assert_atomic("delete", call!(|db| Watched { id: 1 }.delete(&db))).await;
}

#[tokio::test]
async fn checked_writes_are_atomic() {
    fn deed(id: i32) -> Deed {
        Deed { id, owner_id: 1, theme_id: Some(1) }
    }
    assert_atomic("insert_checked", call!(|db| deed(2).insert_checked(&db))).await;
    assert_atomic("insert_many_checked", call!(|db| Deed::insert_many_checked(&db, &[deed(2), deed(3)]))).await;
    assert_atomic("save_checked", call!(|db| deed(1).save_checked(&db))).await;
}

/// Documents repaired before the failure stay repaired.
#[tokio::test]
async fn repair_is_repeatable() {
    const PART: Allowed = |before, _, now| {
        let lost =
            |state: &State| state["volumes"].iter().filter(|text| text.contains("99") || text.contains("98")).count();
        lost(now) < lost(before) && before["tickets"] == now["tickets"]
    };
    async fn repaired(db: Database, how: Repair) -> Result<()> {
        let report = integrity::scan(&db).await?;
        report.repair(&db, how).await.map(|_| ())
    }
    assert_repeatable("unlink", |db| Box::pin(repaired(db, Repair::Unlink)), PART).await;
    assert_repeatable("delete", |db| Box::pin(repaired(db, Repair::Delete)), PART).await;
}

/// Indexes created before the failure stay.
#[tokio::test]
async fn ensure_indexes_is_repeatable() {
    assert_repeatable(
        "ensure_indexes",
        |db| {
            Box::pin(async move {
                Rack::ensure_indexes(&db).await?;
                Volume::ensure_indexes(&db).await.map(|_| ())
            })
        },
        |before, after, now| {
            let (has, wanted) = (&now["indexes"], &after["indexes"]);
            has.iter().all(|index| wanted.contains(index))
                && before.iter().all(|(name, all)| *name == "indexes" || now[name] == *all)
        },
    )
    .await;
}
