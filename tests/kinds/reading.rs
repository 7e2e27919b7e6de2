//! Every call that reads documents of one kind.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;
use futures_util::TryStreamExt;

use crate::models::{Car, Owner, Truck, Vehicle, car, fleet, truck};

#[tokio::test]
async fn a_document_of_another_kind_is_not_found() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    assert_eq!(assert_commands!(test, 1, { Car::get(db, 1).await.unwrap() }), Some(car(1, 1)));
    assert_eq!(Car::get(db, 2).await.unwrap(), None);
    assert_eq!(Car::get_many(db, [3, 2, 7, 1]).await.unwrap(), [car(3, 1), car(1, 1)]);
    assert_eq!(Truck::get_many(db, [3, 2, 7, 1]).await.unwrap(), [truck(2, 1)]);
    let none = Car::find(Car::ID.eq(2));
    assert_eq!(none.clone().first(db).await.unwrap(), None);
    assert!(!none.clone().exists(db).await.unwrap());
    assert_eq!(none.clone().count(db).await.unwrap(), 0);
    assert!(none.one(db).await.is_err());
}

#[tokio::test]
async fn queries_see_one_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    let cars = || Car::find(Car::OWNER_ID.eq(1)).order_by(Car::ID.asc());
    assert_eq!(cars().all(db).await.unwrap(), [car(1, 1), car(3, 1)]);
    assert_eq!(cars().count(db).await.unwrap(), 2);
    assert!(cars().exists(db).await.unwrap());
    assert_eq!(cars().skip(1).first(db).await.unwrap(), Some(car(3, 1)));
    assert_eq!(cars().after(&car(1, 1)).all(db).await.unwrap(), [car(3, 1)]);
    let page = cars().page(db, 1, 1).await.unwrap();
    assert_eq!((page.items, page.total), (vec![car(1, 1)], 2));
    let streamed: Vec<Car> = cars().stream(db).try_collect().await.unwrap();
    assert_eq!(streamed, [car(1, 1), car(3, 1)]);
    // conditions that a bus and trucks match
    for filter in [Car::STICKER_IDS.contains(1), !Car::DOORS.gt(9), Car::DOORS.eq(4) | Car::DOORS.eq(5)] {
        assert_eq!(Car::find(filter).count(db).await.unwrap(), 3);
    }
    assert_eq!(Car::find(doc! { "$or": [{ "kind": "truck" }, { "doors": 4 }] }).count(db).await.unwrap(), 3);
    assert_eq!(Car::find(doc! { "kind": { "$ne": "car" } }).count(db).await.unwrap(), 0);
    let many: Vec<i32> = (0..2_500).collect();
    assert_eq!(Car::get_many(db, many).await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_enum_sees_all_of_its_kinds() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    Vehicle::find(doc! { "kind": "Bus" }).delete(db).await.unwrap();
    let all = assert_commands!(test, 1, { Vehicle::find_all().order_by(Vehicle::ID.asc()).all(db).await.unwrap() });
    let expected = [
        Vehicle::Car(car(1, 1)),
        Vehicle::Truck(truck(2, 1)),
        Vehicle::Car(car(3, 1)),
        Vehicle::Truck(truck(4, 1)),
        Vehicle::Car(car(5, 2)),
        Vehicle::Truck(truck(6, 2)),
    ];
    assert_eq!(all, expected);
    assert_eq!(Vehicle::get(db, 2).await.unwrap(), Some(Vehicle::Truck(truck(2, 1))));
    assert_eq!(Vehicle::get_many(db, [4, 1]).await.unwrap(), [Vehicle::Truck(truck(4, 1)), Vehicle::Car(car(1, 1))]);
    let streamed: Vec<Vehicle> =
        Vehicle::find_all().order_by(Vehicle::ID.asc()).stream(db).try_collect().await.unwrap();
    assert_eq!(streamed, expected);
    let some = Vehicle::find(Vehicle::car(Car::OWNER_ID.eq(1)) | Vehicle::truck(Truck::OWNER_ID.eq(2)));
    assert_eq!(some.count(db).await.unwrap(), 3);
    assert_eq!(Vehicle::find(!Vehicle::car(doc! {})).count(db).await.unwrap(), 3);
    // a condition on related documents of one kind
    let owned = Vehicle::find(Vehicle::car(Car::OWNER.filter(Owner::ID.eq(2)).any()));
    assert_eq!(owned.all(db).await.unwrap(), [Vehicle::Car(car(5, 2))]);
    let page = Vehicle::find_all().order_by(Vehicle::ID.desc()).after(&Vehicle::Car(car(3, 1))).all(db).await.unwrap();
    assert_eq!(page, [Vehicle::Truck(truck(2, 1)), Vehicle::Car(car(1, 1))]);
}

#[tokio::test]
async fn a_collation_of_the_query_applies_beside_the_tag() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    let found = Car::find(Car::DOORS.eq(4)).collation(earnorm_tests::case_insensitive()).count(db).await.unwrap();
    assert_eq!(found, 3);
    let hinted = Car::find_all().order_by(Car::DOORS.desc()).limit(2).strategy(Strategy::Lookup).all(db).await.unwrap();
    assert_eq!(hinted.len(), 2);
}
