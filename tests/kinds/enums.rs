//! Writes by the enum: each document is stored, changed and deleted as its kind.

use earnorm::prelude::*;
use earnorm::{Error, transaction};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, document, documents};

use crate::models::{Car, Trip, Truck, Vehicle, car, fleet, ids, insert_all, truck};

#[tokio::test]
async fn documents_are_stored_as_their_kinds() {
    let test = database().await;
    let db = test.db();
    let inserted = assert_commands!(test, 1, { Vehicle::Car(car(1, 1)).insert(db).await.unwrap() });
    assert_eq!(inserted, Vehicle::Car(car(1, 1)));
    let both = [Vehicle::from(car(3, 1)), Vehicle::from(truck(2, 1))];
    assert_eq!(assert_commands!(test, 1, { Vehicle::insert_many(db, &both).await.unwrap() }), [3, 2]);
    let mut changed = Vehicle::Truck(Truck { load: 1.0, ..truck(2, 1) });
    assert_commands!(test, 1, { changed.save(db).await.unwrap() });
    assert_eq!(Truck::get(db, 2).await.unwrap().map(|truck| truck.load), Some(1.0));
    Vehicle::Car(car(9, 1)).save(db).await.unwrap();
    assert_eq!(ids(db, "vehicles", "car").await, [1, 3, 9]);
}

#[tokio::test]
async fn a_save_never_changes_the_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    let before = documents(db, "vehicles").await;
    for mut vehicle in [Vehicle::Car(car(2, 1)), Vehicle::Truck(truck(1, 1)), Vehicle::Truck(truck(7, 1))] {
        let saved = vehicle.save(db).await;
        assert!(matches!(saved, Err(Error::Duplicate { .. })), "{saved:?}");
        let updated = vehicle.update(db, doc! { "$set": { "load": 1.0 } }).await;
        assert!(matches!(updated, Err(Error::NotFound { .. })), "{updated:?}");
        assert_eq!(vehicle.delete(db).await.unwrap().deleted(), 0);
    }
    assert_eq!(documents(db, "vehicles").await, before);
}

#[tokio::test]
async fn an_update_keeps_what_is_not_stored() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    let mut vehicle = Vehicle::Car(Car { dirty: true, ..car(1, 1) });
    vehicle.update(db, doc! { "$set": { "doors": 2 } }).await.unwrap();
    assert_eq!(vehicle, Vehicle::Car(Car { dirty: true, doors: 2, ..car(1, 1) }));
    let updated = Vehicle::update_by_id(db, 2, doc! { "$set": { "load": 3.0 } }).await.unwrap();
    assert_eq!(updated, Vehicle::Truck(Truck { load: 3.0, ..truck(2, 1) }));
    let changed = Vehicle::find(Vehicle::car(Car::DOORS.eq(4))).update(db, doc! { "$set": { "doors": 3 } });
    assert_eq!(changed.await.unwrap(), 2);
    assert_eq!(document(db, "vehicles", 7).await.get_i32("doors"), Ok(4));
}

#[tokio::test]
async fn a_delete_applies_the_rules_of_each_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Trip { id: 1, vehicle_id: 1 }, Trip { id: 2, vehicle_id: 2 }, Trip { id: 3, vehicle_id: 7 }])
        .await;
    // cars cascade to trips, trucks are blocked by them, and buses, which the enum doesn't name, have no rule for them
    let plan = Vehicle::find_all().plan_delete(db).await.unwrap();
    assert!(plan.is_blocked());
    assert_eq!((plan.blockers().len(), plan.blockers()[0].len()), (1, 1));
    let refused = Vehicle::find_all().delete(db).await;
    assert!(matches!(refused, Err(Error::Restricted { .. })), "{refused:?}");
    assert_eq!(documents(db, "vehicles").await.len(), 7);
    let plan = Vehicle::find(Vehicle::ID.ne(2)).plan_delete(db).await.unwrap();
    assert_eq!(plan.to_string(), "3 cars, 2 trucks, 1 bus, 1 trip deleted");
    assert_eq!((plan.deleted_of::<Car>(), plan.deleted_of::<Truck>(), plan.deleted_of::<Vehicle>()), (3, 2, 6));
    let report = plan.execute(db).await.unwrap();
    assert_eq!(report.to_string(), plan.to_string());
    assert_eq!(ids(db, "vehicles", "truck").await, [2]);
    let left: Vec<_> = Trip::find_all().order_by(Trip::ID.asc()).all(db).await.unwrap();
    assert_eq!(left, [Trip { id: 2, vehicle_id: 2 }, Trip { id: 3, vehicle_id: 7 }]);
}

#[tokio::test]
async fn one_document_is_deleted_as_its_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Trip { id: 1, vehicle_id: 1 }, Trip { id: 2, vehicle_id: 2 }]).await;
    let report = Vehicle::Car(car(1, 1)).delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 car, 1 trip deleted");
    let refused = Vehicle::Truck(truck(2, 1)).delete(db).await;
    assert!(matches!(refused, Err(Error::Restricted { .. })), "{refused:?}");
    let plan = Vehicle::Truck(truck(4, 1)).plan_delete(db).await.unwrap();
    Vehicle::Truck(truck(4, 1)).delete_if(db, plan.digest()).await.unwrap();
    let plan = Vehicle::find(Vehicle::car(doc! {})).plan_delete(db).await.unwrap();
    plan.execute_in_batches(db, |_| {}).await.unwrap();
    assert_eq!((ids(db, "vehicles", "car").await.len(), ids(db, "vehicles", "truck").await), (0, vec![2, 6]));
}

#[tokio::test]
async fn transactions_take_the_enum() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    let failed: earnorm::Result<()> = transaction(db, async |tx| {
        Vehicle::Car(car(9, 1)).insert(tx).await?;
        Vehicle::find(Vehicle::car(doc! {})).delete(tx).await?;
        Err(Error::other("changed my mind"))
    })
    .await;
    failed.unwrap_err();
    assert_eq!(ids(db, "vehicles", "car").await, [1, 3, 5]);
}
