//! The digest of a plan, which a later request sends back to confirm it.

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{count, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Room", fk = "house_id", cascade_delete)]
struct House {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Chair", fk = "room_id", cascade_delete)]
#[relation(one_to_many, target = "Guest", fk = "room_id", on_delete = "set_null")]
#[relation(one_to_many, target = "Lease", fk = "room_id", on_delete = "restrict")]
struct Room {
    #[serde(rename = "_id")]
    id: i64,
    house_id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Chair {
    #[serde(rename = "_id")]
    id: i64,
    room_id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Guest {
    #[serde(rename = "_id")]
    id: i64,
    room_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Lease {
    #[serde(rename = "_id")]
    id: i64,
    room_id: i64,
}

/// Two houses with three rooms each, and two chairs and a guest in each room. `arrange` changes the order of insertion.
async fn street(db: &Database, arrange: impl Fn(Vec<i64>) -> Vec<i64>) {
    let all = |n: i64| arrange((0..n).collect());
    House::insert_many(db, &all(2).into_iter().map(|id| House { id }).collect::<Vec<_>>()).await.unwrap();
    let rooms: Vec<Room> = all(6).into_iter().map(|id| Room { id, house_id: id % 2 }).collect();
    Room::insert_many(db, &rooms).await.unwrap();
    let chairs: Vec<Chair> = all(12).into_iter().map(|id| Chair { id, room_id: id % 6 }).collect();
    Chair::insert_many(db, &chairs).await.unwrap();
    let guests: Vec<Guest> = all(6).into_iter().map(|id| Guest { id, room_id: Some(id) }).collect();
    Guest::insert_many(db, &guests).await.unwrap();
}

async fn digest(db: &Database) -> String {
    House { id: 0 }.plan_delete(db).await.unwrap().digest()
}

#[tokio::test]
async fn a_digest_does_not_depend_on_the_order_of_documents() {
    let (one, other) = (database().await, database().await);
    street(one.db(), |ids| ids).await;
    street(other.db(), |ids| ids.into_iter().rev().collect()).await;
    let expected = digest(one.db()).await;
    assert_eq!(digest(one.db()).await, expected);
    assert_eq!(digest(other.db()).await, expected);
    assert_eq!(expected.len(), 32);
    // the digest is the same in every process, because it may be stored
    assert_eq!(expected, KNOWN);
    let other_house = House { id: 1 }.plan_delete(one.db()).await.unwrap().digest();
    assert_ne!(other_house, expected);
}

const KNOWN: &str = "23358c7a7fed28a623dfdddd7068f3d7";

async fn change(test: &TestDb, what: &str) {
    let db = test.db();
    match what {
        "a document is replaced by another" => {
            Room::find(Room::ID.eq(4)).delete(db).await.unwrap();
            Room { id: 8, house_id: 0 }.insert(db).await.unwrap();
            Chair::insert_many(db, &[Chair { id: 20, room_id: 8 }, Chair { id: 21, room_id: 8 }]).await.unwrap();
            Guest::update_by_id(db, 4, Guest::ROOM_ID.set(8)).await.unwrap();
        }
        "a chair is added" => drop(Chair { id: 20, room_id: 0 }.insert(db).await.unwrap()),
        "a chair is removed" => drop(Chair { id: 0, room_id: 0 }.delete(db).await.unwrap()),
        "a guest is added" => drop(Guest { id: 20, room_id: Some(0) }.insert(db).await.unwrap()),
        _ => drop(House::collection(db).delete_one(doc! { "_id": 0_i64 }).await.unwrap()),
    }
}

#[tokio::test]
async fn delete_if_writes_nothing_after_a_change() {
    for what in [
        "a document is replaced by another",
        "a chair is added",
        "a chair is removed",
        "a guest is added",
        "the house is deleted",
    ] {
        let test = database().await;
        let db = test.db();
        street(db, |ids| ids).await;
        let before = digest(db).await;
        change(&test, what).await;
        let counts = (count::<House>(db).await, count::<Room>(db).await, count::<Chair>(db).await);
        let outcome = House { id: 0 }.delete_if(db, &before).await;
        assert!(matches!(outcome, Err(Error::StalePlan)), "{what}: {outcome:?}");
        assert_eq!((count::<House>(db).await, count::<Room>(db).await, count::<Chair>(db).await), counts, "{what}");
    }
}

#[tokio::test]
async fn delete_if_deletes_what_was_planned() {
    let test = database().await;
    let db = test.db();
    street(db, |ids| ids).await;
    let planned = digest(db).await;
    // finds the house, rooms, leases, chairs and guests; deletes chairs by key, unlinks guests, deletes rooms and the
    // house; commits
    let report = assert_commands!(test, 10, House { id: 0 }.delete_if(db, planned).await.unwrap());
    assert_eq!(report.to_string(), "1 house, 3 rooms, 6 chairs deleted; 3 guests unlinked");
    assert!(report.in_transaction());
    assert_eq!((count::<House>(db).await, count::<Room>(db).await, count::<Chair>(db).await), (1, 3, 6));
}

/// A blocked plan can't be confirmed, so the plan without the blocker counts as changed.
#[tokio::test]
async fn blockers_change_the_digest() {
    let test = database().await;
    let db = test.db();
    street(db, |ids| ids).await;
    let free = digest(db).await;
    let lease = Lease { id: 1, room_id: 0 }.insert(db).await.unwrap();
    let blocked = digest(db).await;
    for planned in [&free, &blocked] {
        let outcome = House { id: 0 }.delete_if(db, planned).await;
        assert!(matches!(outcome, Err(Error::Restricted { model: "Room", relation: "leases", .. })), "{outcome:?}");
    }
    lease.delete(db).await.unwrap();
    assert!(matches!(House { id: 0 }.delete_if(db, &blocked).await, Err(Error::StalePlan)));
    House { id: 0 }.delete_if(db, &free).await.unwrap();
}

#[tokio::test]
async fn queries_and_handles_have_delete_if() {
    let test = database().await;
    let db = test.db();
    street(db, |ids| ids).await;
    let even = || Chair::find(Chair::ID.is_in([0, 2, 4]));
    let planned = even().plan_delete(db).await.unwrap().digest();
    assert!(matches!(Chair::find(Chair::ID.is_in([0, 2])).delete_if(db, &planned).await, Err(Error::StalePlan)));
    assert_eq!(even().delete_if(db, &planned).await.unwrap().deleted(), 3);
    let room = Room { id: 1, house_id: 1 };
    let planned = room.chairs().plan_delete(db).await.unwrap().digest();
    assert_eq!(room.chairs().delete_all_if(db, &planned).await.unwrap().deleted(), 2);
    assert!(matches!(room.chairs().delete_all_if(db, "no digest").await, Err(Error::StalePlan)));
    // in a transaction of the caller
    let planned = digest(db).await;
    let outcome = earnorm::transaction(db, async |tx| {
        Room { id: 9, house_id: 0 }.insert(tx).await?;
        House { id: 0 }.delete_if(tx, &planned).await
    });
    assert!(matches!(outcome.await, Err(Error::StalePlan)));
    assert_eq!((count::<House>(db).await, count::<Room>(db).await), (2, 6));
}

/// Without transactions, the digest is compared before the first write.
#[tokio::test]
async fn delete_if_on_a_standalone_server() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let db = test.db();
    street(db, |ids| ids).await;
    let planned = digest(db).await;
    Chair { id: 20, room_id: 0 }.insert(db).await.unwrap();
    assert!(matches!(House { id: 0 }.delete_if(db, &planned).await, Err(Error::StalePlan)));
    assert_eq!((count::<Room>(db).await, count::<Chair>(db).await), (6, 13));
    let planned = digest(db).await;
    assert_eq!(House { id: 0 }.delete_if(db, &planned).await.unwrap().deleted(), 11);
}
