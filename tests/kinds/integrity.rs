//! Checked writes, scan, repair, guards and diagrams by kind.

use earnorm::Error;
use earnorm::integrity::{self, Repair};
use earnorm::prelude::*;
use earnorm_tests::{database, document, documents, insert_documents};

use crate::models::{
    Car, Driver, Garage, Permit, Plate, Ride, Trip, Truck, Vehicle, Wash, car, fleet, insert_all, lease, license, truck,
};

fn is_missing<T: std::fmt::Debug>(result: earnorm::Result<T>, model: &str, field: &str) {
    match &result {
        Err(Error::MissingReference { model: m, field: f, .. }) => assert_eq!((*m, *f), (model, field)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_checked_write_needs_a_document_of_the_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    Ride { id: 1, car_id: Some(1) }.insert_checked(db).await.unwrap();
    is_missing(Ride { id: 2, car_id: Some(2) }.insert_checked(db).await, "Ride", "car_id");
    Trip { id: 1, vehicle_id: 1 }.insert_checked(db).await.unwrap();
    Trip { id: 2, vehicle_id: 2 }.insert_checked(db).await.unwrap();
    is_missing(Trip { id: 3, vehicle_id: 99 }.insert_checked(db).await, "Trip", "vehicle_id");
    Wash { id: 1, vehicle_id: 1 }.insert_checked(db).await.unwrap();
    Wash { id: 2, vehicle_id: 2 }.insert_checked(db).await.unwrap();
    is_missing(Wash { id: 3, vehicle_id: 99 }.insert_checked(db).await, "Wash", "vehicle_id");
    Driver { id: 1 }.insert(db).await.unwrap();
    license(1, 2).insert_checked(db).await.unwrap();
    is_missing(license(1, 99).insert_checked(db).await, "License", "vehicle_id");
    // the keys of each kind, and of no other
    is_missing(car(9, 77).insert_checked(db).await, "Car", "owner_id");
    is_missing(Vehicle::Truck(truck(9, 77)).insert_checked(db).await, "Truck", "owner_id");
    let both = [Vehicle::Truck(truck(10, 1)), Vehicle::Car(car(11, 77))];
    is_missing(Vehicle::insert_many_checked(db, &both).await, "Car", "owner_id");
    assert_eq!(documents(db, "vehicles").await.len(), 7);
    let both = [Vehicle::Truck(truck(10, 1)), Vehicle::Car(car(11, 2))];
    Vehicle::insert_many_checked(db, &both).await.unwrap();
    Vehicle::Car(car(11, 77)).validate_references(db).await.unwrap_err();
}

/// One broken reference of each sort, beside a whole fleet that has the same values in documents of other kinds.
async fn broken(db: &earnorm::mongodb::Database) {
    fleet(db).await;
    insert_all(db, vec![Driver { id: 1 }, Driver { id: 2 }]).await;
    insert_all(db, vec![car(8, 77)]).await;
    insert_documents(db, "vehicles", [doc! { "_id": 9, "kind": "Bus", "owner_id": 77, "sticker_ids": [77] }]).await;
    insert_all(db, vec![Trip { id: 1, vehicle_id: 2 }, Trip { id: 2, vehicle_id: 7 }, Trip { id: 3, vehicle_id: 99 }])
        .await;
    insert_all(db, (1..=3).zip([1, 2, 99]).map(|(id, vehicle_id)| Wash { id, vehicle_id }).collect()).await;
    insert_all(db, (1..=3).zip([1, 2, 99]).map(|(id, vehicle_id)| Permit { id, driver_id: 1, vehicle_id }).collect())
        .await;
    insert_all(db, vec![Ride { id: 1, car_id: Some(1) }, Ride { id: 2, car_id: Some(2) }]).await;
    insert_all(db, vec![license(1, 1), license(1, 2), license(2, 99)]).await;
    insert_all(db, vec![lease(1, 99), lease(99, 1)]).await;
    insert_documents(db, "contracts", [doc! { "_id": 1, "contract": "lease" }]).await;
    insert_all(db, vec![Garage { id: 1, car_ids: vec![1, 2], vehicle_ids: vec![1, 2, 99] }]).await;
}

#[tokio::test]
async fn scan_reads_the_keys_of_each_kind() {
    let test = database().await;
    let db = test.db();
    broken(db).await;
    let report = integrity::scan(db).await.unwrap();
    let mut found: Vec<_> =
        report.entries().iter().map(|e| format!("{}::{} {} -> {}", e.model, e.field, e.id, e.target)).collect();
    found.sort();
    let expected = [
        "Car::owner_id 77 -> Owner",
        "Garage::car_ids 2 -> Car",
        "Garage::vehicle_ids 99 -> Vehicle",
        "Lease::driver_id 99 -> Driver",
        "License::vehicle_id 99 -> Vehicle",
        "Permit::vehicle_id 99 -> Vehicle",
        "Ride::car_id 2 -> Car",
        "Trip::vehicle_id 99 -> Vehicle",
        "Wash::vehicle_id 99 -> Car",
    ];
    assert_eq!(found, expected, "{report}");
}

#[tokio::test]
async fn repair_changes_only_the_kind() {
    let test = database().await;
    let db = test.db();
    broken(db).await;
    let report = integrity::scan(db).await.unwrap();
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!((repaired.unlinked, repaired.deleted, repaired.skipped), (4, 2, 3), "{repaired}");
    assert_eq!(Car::get(db, 8).await.unwrap().unwrap().owner_id, None);
    let bus = document(db, "vehicles", 9).await;
    assert_eq!((bus.get_i32("owner_id"), bus.get_array("sticker_ids").map(Vec::len)), (Ok(77), Ok(1)));
    assert_eq!(documents(db, "contracts").await.len(), 5);
    assert_eq!(Garage::get(db, 1).await.unwrap().unwrap(), Garage { id: 1, car_ids: vec![1], vehicle_ids: vec![1, 2] });

    let report = integrity::scan(db).await.unwrap();
    assert_eq!(report.len(), 3, "{report}");
    let repaired = report.repair(db, Repair::Delete).await.unwrap();
    assert_eq!((repaired.deleted, repaired.skipped), (3, 0));
    assert!(integrity::scan(db).await.unwrap().is_empty());
    assert_eq!(documents(db, "vehicles").await.len(), 9);
}

#[tokio::test]
async fn a_second_document_of_a_one_to_one_is_found_by_kind() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![Plate { id: 1 }]).await;
    let plated = |id| Car { plate_id: Some(1), owner_id: None, sticker_ids: vec![], ..car(id, 1) };
    insert_all(db, vec![plated(1)]).await;
    insert_all(db, vec![Truck { plate_id: Some(1), owner_id: None, sticker_ids: vec![], ..truck(2, 1) }]).await;
    assert!(integrity::scan(db).await.unwrap().is_empty());
    insert_all(db, vec![plated(3)]).await;
    let report = integrity::scan(db).await.unwrap();
    assert_eq!((report.len(), report.entries()[0].holder.clone()), (1, 3.into()), "{report}");
    report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(Truck::get(db, 2).await.unwrap().unwrap().plate_id, Some(1));
    assert_eq!(Car::get(db, 3).await.unwrap().unwrap().plate_id, None);
}

mod guards {
    use earnorm::prelude::*;
    use earnorm_tests::{database, document};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "is", rename = "chest")]
    #[model(collection = "containers", guard = "rev", check_references)]
    struct Chest {
        #[serde(rename = "_id")]
        id: i32,
        #[serde(default)]
        rev: i64,
        #[relation(many_to_one, target = Container)]
        inside_id: Option<i32>,
        #[serde(default)]
        #[relation(many_to_one, name = "outer", target = Chest)]
        outer_id: Option<i32>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "is", rename = "bag")]
    #[model(collection = "containers")]
    struct Bag {
        #[serde(rename = "_id")]
        id: i32,
        #[relation(many_to_one, target = Container)]
        inside_id: Option<i32>,
    }

    #[derive(Debug, Clone, PartialEq, Model)]
    enum Container {
        Chest(Chest),
        Bag(Bag),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(check_references)]
    struct Content {
        #[serde(rename = "_id")]
        id: i32,
        #[relation(many_to_one, target = Container)]
        container_id: i32,
        #[relation(many_to_one, target = Chest)]
        chest_id: Option<i32>,
    }

    #[tokio::test]
    async fn guards_count_in_documents_of_their_kind() {
        let test = database().await;
        let db = test.db();
        let containers = [
            Container::Chest(Chest { id: 1, rev: 0, inside_id: None, outer_id: None }),
            Container::Bag(Bag { id: 2, inside_id: None }),
            Container::Chest(Chest { id: 3, rev: 0, inside_id: None, outer_id: None }),
        ];
        Container::insert_many(db, &containers).await.unwrap();
        Content { id: 1, container_id: 1, chest_id: Some(3) }.insert(db).await.unwrap();
        Content { id: 2, container_id: 2, chest_id: None }.insert(db).await.unwrap();
        assert_eq!(document(db, "containers", 1).await.get_i64("rev"), Ok(1));
        assert_eq!(document(db, "containers", 3).await.get_i64("rev"), Ok(1));
        assert!(!document(db, "containers", 2).await.contains_key("rev"));
        Content { id: 3, container_id: 9, chest_id: None }.insert(db).await.unwrap_err();
        // a bag isn't a chest
        Content { id: 4, container_id: 1, chest_id: Some(2) }.insert(db).await.unwrap_err();
    }

    #[tokio::test]
    async fn each_document_of_the_enum_is_checked_as_its_kind() {
        let test = database().await;
        let db = test.db();
        // only chests have `check_references`
        Container::Bag(Bag { id: 1, inside_id: Some(99) }).insert(db).await.unwrap();
        Container::Chest(Chest { id: 2, rev: 0, inside_id: Some(99), outer_id: None }).insert(db).await.unwrap_err();
        // documents may refer to each other
        let both = [
            Container::Chest(Chest { id: 3, rev: 0, inside_id: Some(4), outer_id: None }),
            Container::Bag(Bag { id: 4, inside_id: Some(98) }),
        ];
        Container::insert_many(db, &both[1..]).await.unwrap();
        Container::insert_many(db, &both[..1]).await.unwrap();
        // a bag among them isn't the chest that another one refers to
        let chest = |id, outer_id| Container::Chest(Chest { id, rev: 0, inside_id: None, outer_id });
        let bag = Container::Bag(Bag { id: 5, inside_id: None });
        Container::insert_many_checked(db, &[bag, chest(6, Some(5))]).await.unwrap_err();
        Container::insert_many_checked(db, &[chest(7, None), chest(8, Some(7))]).await.unwrap();
        let mut moved = both[0].clone();
        if let Container::Chest(moved) = &mut moved {
            moved.inside_id = Some(97);
        }
        moved.save(db).await.unwrap_err();
    }
}

#[test]
fn the_diagram_shows_the_kinds_of_an_enum() {
    let diagram = earnorm::schema().to_mermaid();
    for line in [
        "    Vehicle ||--o| Car : \"car\"\n",
        "    Vehicle ||--o| Truck : \"truck\"\n",
        "    Trip }o--|| Vehicle : vehicle\n",
        "    Car ||--o{ Trip : trips\n",
        "    Owner |o--o{ Car : cars\n",
        "    Vehicle {\n        i32 id PK\n    }\n",
    ] {
        assert!(diagram.contains(line), "no {line:?} in {diagram}");
    }
}
