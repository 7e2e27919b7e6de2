//! An array of ids that are documents. Only an equal element is removed, not one with more fields.

use earnorm::prelude::*;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Code {
    site: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Badge", target_ids = "room_ids", name = "badges")]
#[relation(many_to_many, target = "Badge", target_ids = "room_ids", name = "valid", filter = doc! { "valid": true })]
struct Room {
    #[serde(rename = "_id")]
    id: Code,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Badge {
    #[serde(rename = "_id")]
    id: i64,
    valid: bool,
    #[relation(many_to_many, target = "Room")]
    #[relation(many_to_many, target = "Room", name = "upstairs", filter = doc! { "_id.floor": { "$gt": 0 } })]
    room_ids: Vec<Code>,
    #[serde(default)]
    notes: Vec<Code>,
}

fn code(floor: Option<i32>) -> Code {
    Code { site: "x".to_owned(), floor }
}

fn room(floor: Option<i32>) -> Room {
    Room { id: code(floor) }
}

async fn badge(db: &mongodb::Database) -> Badge {
    let codes = vec![code(None), code(Some(1)), code(Some(2))];
    for code in &codes {
        Room { id: code.clone() }.insert(db).await.unwrap();
    }
    Badge { id: 1, valid: true, room_ids: codes.clone(), notes: codes }.insert(db).await.unwrap()
}

async fn remaining_floors(db: &mongodb::Database) -> Vec<Option<i32>> {
    let badge = Badge::get(db, 1).await.unwrap().unwrap();
    badge.room_ids.iter().map(|code| code.floor).collect()
}

#[tokio::test]
async fn removal_from_the_other_side_removes_only_the_equal_element() {
    let test = database().await;
    let db = test.db();
    let badge = badge(db).await;
    assert!(room(None).badges().remove(db, &badge).await.unwrap());
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2)]);
    assert!(!room(None).badges().remove(db, &badge).await.unwrap());
    assert!(room(None).badges().add(db, &badge).await.unwrap());
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2), None]);
    assert_eq!(room(None).badges().clear(db).await.unwrap(), 1);
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2)]);
    room(None).badges().add_many(db, [&badge]).await.unwrap();
    room(None).badges().set(db, []).await.unwrap();
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2)]);
    room(None).badges().add(db, &badge).await.unwrap();
    assert!(room(None).valid().remove(db, &badge).await.unwrap());
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2)]);
    room(None).badges().add(db, &badge).await.unwrap();
    assert!(room(None).badges().skip(0).after(&Badge { id: 0, ..badge.clone() }).remove(db, &badge).await.unwrap());
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2)]);
}

#[tokio::test]
async fn removal_from_the_array_side_removes_only_the_equal_element() {
    let test = database().await;
    let db = test.db();
    let badge = badge(db).await;
    assert!(badge.rooms().remove(db, &room(None)).await.unwrap());
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2)]);
    assert!(badge.rooms().add(db, &room(None)).await.unwrap());
    assert!(!badge.rooms().add(db, &room(None)).await.unwrap());
    badge.rooms().add_many(db, [&room(None), &room(Some(2))]).await.unwrap();
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2), None]);
    assert!(badge.upstairs().clear(db).await.unwrap());
    assert_eq!(remaining_floors(db).await, [None]);
}

#[tokio::test]
async fn deletes_and_updates_remove_only_the_equal_element() {
    let test = database().await;
    let db = test.db();
    let mut badge = badge(db).await;
    room(None).delete(db).await.unwrap();
    assert_eq!(remaining_floors(db).await, [Some(1), Some(2)]);
    badge.update(db, Badge::NOTES.pull(code(None))).await.unwrap();
    assert_eq!(badge.notes, [code(Some(1)), code(Some(2))]);
    badge.update(db, Badge::NOTES.add_to_set(code(None))).await.unwrap();
    assert_eq!(badge.notes, [code(Some(1)), code(Some(2)), code(None)]);
}
