//! Deletes across five relations and three levels, with the connection cut at every command.

use std::collections::BTreeMap;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{Cut, clients, count, documents};
use futures_util::future::join_all;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Room", fk = "house_id", cascade_delete)]
#[relation(many_to_many, target = "Street", through = "Corner")]
struct House {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Shelf", fk = "room_id", cascade_delete)]
struct Room {
    #[serde(rename = "_id")]
    id: i32,
    house_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Book", fk = "shelf_id", cascade_delete)]
struct Shelf {
    #[serde(rename = "_id")]
    id: i32,
    room_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Book {
    #[serde(rename = "_id")]
    id: i32,
    shelf_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Tenant {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "House", on_delete = "set_null")]
    house_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Street {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Corner {
    #[serde(rename = "_id")]
    id: i32,
    house_id: i32,
    street_id: i32,
}

const COLLECTIONS: [&str; 7] = ["houses", "rooms", "shelves", "books", "tenants", "streets", "corners"];

/// Two houses. Each has two rooms, each room two shelves, and so on.
async fn build(db: &Database) {
    let twice = |of: i32| (0..of * 2).map(move |id| (id, id / 2));
    House::insert_many(db, &[House { id: 0 }, House { id: 1 }]).await.unwrap();
    let rooms: Vec<Room> = twice(2).map(|(id, house_id)| Room { id, house_id }).collect();
    let shelves: Vec<Shelf> = twice(4).map(|(id, room_id)| Shelf { id, room_id }).collect();
    let books: Vec<Book> = twice(8).map(|(id, shelf_id)| Book { id, shelf_id }).collect();
    let tenants: Vec<Tenant> = twice(2).map(|(id, house)| Tenant { id, house_id: Some(house) }).collect();
    let corners: Vec<Corner> = twice(2).map(|(id, house_id)| Corner { id, house_id, street_id: id % 2 }).collect();
    Room::insert_many(db, &rooms).await.unwrap();
    Shelf::insert_many(db, &shelves).await.unwrap();
    Book::insert_many(db, &books).await.unwrap();
    Tenant::insert_many(db, &tenants).await.unwrap();
    Corner::insert_many(db, &corners).await.unwrap();
    Street::insert_many(db, &[Street { id: 0 }, Street { id: 1 }]).await.unwrap();
}

async fn state(db: &Database) -> BTreeMap<&'static str, Vec<Document>> {
    let mut state = BTreeMap::new();
    for collection in COLLECTIONS {
        state.insert(collection, documents(db, collection).await);
    }
    state
}

/// The number of commands of a delete without faults, and the data after it.
async fn run_without_faults(standalone: bool) -> (usize, BTreeMap<&'static str, Vec<Document>>) {
    let (test, proxy) =
        if standalone { TestDb::standalone().await.unwrap() } else { TestDb::with_proxy().await.unwrap() };
    let (faulty, direct) = clients(&test, &proxy, "serverSelectionTimeoutMS=1500").await;
    build(&direct).await;
    proxy.heal();
    let report = House { id: 0 }.delete(&faulty).await.unwrap();
    assert_eq!(report.in_transaction(), !standalone);
    assert_eq!(report.to_string(), "1 house, 2 rooms, 4 shelves, 8 books deleted; 2 links removed; 2 tenants unlinked");
    (proxy.seen(), state(&direct).await)
}

#[tokio::test]
async fn a_delete_in_a_transaction_is_atomic() {
    let (commands, after) = run_without_faults(false).await;
    join_all(Cut::all(1..=commands).map(|cut| {
        let after = &after;
        async move {
            let (test, proxy) = TestDb::with_proxy().await.unwrap();
            let (faulty, direct) = clients(&test, &proxy, "serverSelectionTimeoutMS=1500").await;
            build(&direct).await;
            let before = state(&direct).await;
            proxy.heal();
            cut.once(&proxy);
            let outcome = House { id: 0 }.delete(&faulty).await;
            let expected = if outcome.is_ok() { after } else { &before };
            assert_eq!(&state(&direct).await, expected, "{cut}; {outcome:?}");
        }
    }))
    .await;
}

#[tokio::test]
async fn repeating_a_failed_delete_without_transactions_completes_it() {
    let (commands, after) = run_without_faults(true).await;
    // the first two commands belong to the attempted transaction, abort included; they are refused and never forwarded
    join_all(Cut::all(3..=commands).map(|cut| {
        let after = &after;
        async move {
            let (test, proxy) = TestDb::standalone().await.unwrap();
            let (faulty, direct) = clients(&test, &proxy, "serverSelectionTimeoutMS=1500").await;
            build(&direct).await;
            proxy.heal();
            cut.and_stay_down(&proxy);
            assert!(House { id: 0 }.delete(&faulty).await.is_err(), "{cut}");
            // no child is without its parent, so the next run finds all that is left
            let rooms = Room::find_all().with(Room::SHELVES.with(Shelf::BOOKS)).all(&direct).await.unwrap();
            let shelves: usize = rooms.iter().map(|room| room.related(Room::SHELVES).len()).sum();
            assert_eq!(shelves as u64, count::<Shelf>(&direct).await, "{cut}");
            proxy.heal();
            let again = clients(&test, &proxy, "serverSelectionTimeoutMS=1500").await.0;
            House { id: 0 }.delete(&again).await.unwrap();
            assert_eq!(&state(&direct).await, after, "{cut}");
        }
    }))
    .await;
}

#[tokio::test]
async fn a_failing_hook_on_a_standalone_server_prevents_all_writes() {
    use earnorm::{Error, Result};

    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Guard", fk = "gate_id", cascade_delete)]
    struct Gate {
        #[serde(rename = "_id")]
        id: i32,
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[model(hooks)]
    struct Guard {
        #[serde(rename = "_id")]
        id: i32,
        gate_id: i32,
    }
    impl Hooks for Guard {
        async fn before_delete(&self, _: &HookContext<'_>) -> Result<()> {
            if self.id == 2 { Err(Error::other("on duty")) } else { Ok(()) }
        }
    }
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let db = test.db();
    let gate = Gate { id: 1 }.insert(db).await.unwrap();
    for id in 1..=2 {
        Guard { id, gate_id: 1 }.insert(db).await.unwrap();
    }
    assert!(matches!(gate.delete(db).await, Err(Error::Hook { .. })));
    assert_eq!((count::<Gate>(db).await, count::<Guard>(db).await), (1, 2));
    let plan = gate.plan_delete(db).await.unwrap();
    Guard::find(Guard::ID.eq(1)).delete(db).await.unwrap();
    assert!(matches!(plan.execute(db).await, Err(Error::StalePlan)), "the plan is compared before the first write");
}

#[tokio::test]
async fn concurrent_overlapping_deletes_all_complete() {
    let test = earnorm_tests::database().await;
    let db = test.db();
    build(db).await;
    let all = House::find_all();
    let (house, room, every) = (House { id: 0 }, Room { id: 0, house_id: 0 }, all);
    let (a, b, c) = futures_util::join!(house.delete(db), room.delete(db), every.delete(db));
    let total: u64 = [a, b, c].into_iter().map(|report| report.unwrap().deleted()).sum();
    assert_eq!(total, 2 + 4 + 8 + 16, "each document deleted once");
    assert_eq!(count::<Book>(db).await, 0);
}

#[tokio::test]
async fn a_transaction_too_large_for_the_server_is_its_own_error() {
    use earnorm::Error;

    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let db = test.db();
    build(db).await;
    proxy.heal();
    proxy.only(["delete"]);
    let message = "transaction is too large and will not fit in the storage engine cache";
    proxy.refuse(1, doc! { "ok": 0, "code": 388, "codeName": "TransactionTooLargeForCache", "errmsg": message });
    let error = House::find_all().delete(db).await.unwrap_err();
    assert!(matches!(error, Error::TransactionTooLarge { .. }), "{error:?}");
    assert!(error.to_string().contains("`execute_in_batches`"), "{error}");
    assert_eq!(count::<Book>(db).await, 16, "nothing was written");
}
