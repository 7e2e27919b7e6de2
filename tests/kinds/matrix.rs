//! A write by one kind never touches a document of another kind: every writing call, against documents of other kinds that
//! it would hit without the tag.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Result, transaction};
use earnorm_testkit::Command;
use earnorm_tests::{database, documents, insert_documents};

use crate::models::{
    Car, Driver, Garage, Lease, License, Owner, Plate, Sticker, Trip, Truck, Vehicle, car, fleet, ids, insert_all,
    lease, license, others, truck,
};

/// A car with the id of truck 2.
fn stranger() -> Car {
    car(2, 1)
}

fn is_duplicate<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Duplicate { .. })), "{result:?}");
}

fn is_not_found<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::NotFound { .. })), "{result:?}");
}

/// The fleet, and documents around it. Plate 1 is on car 1 and truck 2.
async fn full(db: &Database) {
    fleet(db).await;
    insert_all(db, vec![Plate { id: 1 }, Plate { id: 2 }]).await;
    let plated = doc! { "$set": { "plate_id": 1 } };
    db.collection::<Document>("vehicles").update_many(doc! { "_id": { "$in": [1, 2, 7] } }, plated).await.unwrap();
    insert_all(db, vec![Driver { id: 1 }, Driver { id: 2 }]).await;
    insert_all(db, vec![license(1, 1), license(1, 2), license(1, 3), license(2, 4), license(2, 5)]).await;
    insert_all(db, vec![lease(1, 1), lease(1, 2), lease(1, 3), lease(2, 4), lease(2, 5), lease(2, 1)]).await;
    insert_all(db, vec![Garage { id: 1, car_ids: vec![1, 3], vehicle_ids: vec![1, 2, 4] }]).await;
}

/// The tests that also read vehicles of any kind.
const BY_THE_ENUM: [&str; 3] = ["to_one_of_a_kind", "links_remove", "ids_of_the_kind"];

/// Fails if a command could find a vehicle or a contract of any kind. Inserts have no filter.
fn have_the_tag(sent: &[Command]) {
    let has_tag = |part: &str| {
        let tags = ["\"kind\": \"car\"", "\"kind\": \"truck\"", "\"contract\": \"license\"", "\"contract\": \"lease\""];
        tags.iter().any(|tag| part.contains(tag))
    };
    for command in sent.iter().filter(|command| command.name != "insert" && command.name != "getMore") {
        let body = &command.body;
        // the reads of the test itself
        let of_the_test =
            body.get_document("sort") == Ok(&doc! { "_id": 1 }) && body.get_document("filter") == Ok(&doc! {});
        let shared = |name: &str| matches!(name, "vehicles" | "contracts");
        let own = command.collection.as_deref().is_some_and(shared);
        let text = body.to_string();
        let joined = text.contains("\"from\": \"vehicles\"") || text.contains("\"from\": \"contracts\"");
        if of_the_test || !own && !joined {
            continue;
        }
        let statements = ["updates", "deletes"].into_iter().find_map(|name| body.get_array(name).ok());
        let parts: Vec<String> = match statements {
            Some(statements) => {
                statements.iter().map(|one| one.as_document().unwrap().get("q").unwrap().to_string()).collect()
            }
            None => vec![text],
        };
        assert!(parts.iter().all(|part| has_tag(part)), "a command without a tag: {command}");
    }
}

/// Runs each call on a new fleet, and compares everything in the collections of vehicles and contracts that isn't a car or a
/// license with what was there before.
macro_rules! calls {
    ($($name:ident: |$db:ident| $call:block)*) => { $(
        #[tokio::test]
        async fn $name() {
            let test = database().await;
            let $db = test.db();
            full($db).await;
            let leases = async || {
                let all = documents($db, "contracts").await;
                all.into_iter().filter(|one| one.get_str("contract") == Ok("lease")).collect::<Vec<_>>()
            };
            let before = (others($db).await, leases().await);
            let start = test.log().mark();
            $call
            if !BY_THE_ENUM.contains(&stringify!($name)) {
                have_the_tag(&test.log().since(start));
            }
            assert_eq!((others($db).await, leases().await), before);
        }
    )* };
}

calls! {
    insert: |db| {
        is_duplicate(stranger().insert(db).await);
        is_duplicate(stranger().insert_checked(db).await);
        is_duplicate(Car::insert_many(db, &[stranger()]).await);
        is_duplicate(Car::insert_many_checked(db, &[stranger()]).await);
    }
    save: |db| {
        is_duplicate(stranger().save(db).await);
        is_duplicate(stranger().save_checked(db).await);
        // of its own kind, and new
        let mut changed = car(1, 2);
        changed.save(db).await.unwrap();
        car(9, 2).save(db).await.unwrap();
        assert_eq!(Car::get(db, 1).await.unwrap(), Some(changed));
        assert_eq!(ids(db, "vehicles", "car").await, [1, 3, 5, 9]);
    }
    update: |db| {
        is_not_found(stranger().update(db, Car::DOORS.set(9)).await);
        is_not_found(Car::update_by_id(db, 2, Car::DOORS.set(9)).await);
        let mut own = car(1, 1);
        own.dirty = true;
        own.update(db, Car::DOORS.set(9)).await.unwrap();
        assert_eq!((own.doors, own.dirty), (9, true));
    }
    delete: |db| {
        assert_eq!(stranger().delete(db).await.unwrap().deleted(), 0);
        let plan = stranger().plan_delete(db).await.unwrap();
        assert_eq!(plan.deleted(), 0);
        plan.execute(db).await.unwrap();
        stranger().delete_if(db, plan.digest()).await.unwrap();
    }
    queries_update: |db| {
        assert_eq!(Car::find_all().update(db, Car::DOORS.set(5)).await.unwrap(), 3);
        assert_eq!(Car::find(Car::OWNER_ID.eq(1)).update(db, Car::DOORS.inc(1)).await.unwrap(), 2);
        assert_eq!(Car::find(Car::ID.is_in([1, 2, 7])).update(db, Car::DOORS.set(5)).await.unwrap(), 1);
        assert_eq!(Car::find(doc! { "kind": "truck" }).update(db, doc! { "$set": { "doors": 9 } }).await.unwrap(), 0);
        let limited = Car::find_all().order_by(Car::ID.desc()).limit(9);
        assert_eq!(limited.update(db, Car::DOORS.set(5)).await.unwrap(), 3);
        let related = Car::find(Car::OWNER.filter(Owner::ID.eq(1)).any());
        assert_eq!(related.update(db, Car::DOORS.set(5)).await.unwrap(), 2);
        assert_eq!(Car::find(!Car::DOORS.eq(0)).update(db, Car::DOORS.set(5)).await.unwrap(), 3);
        assert_eq!(Car::find_all().after(&stranger()).update(db, Car::DOORS.set(5)).await.unwrap(), 2);
    }
    queries_delete: |db| {
        assert_eq!(Car::find(Car::ID.eq(2)).delete(db).await.unwrap().deleted(), 0);
        let limited = Car::find(Car::OWNER_ID.eq(1)).order_by(Car::ID.asc()).limit(1);
        assert_eq!(limited.delete(db).await.unwrap().deleted_of::<Car>(), 1);
        let plan = Car::find(Car::OWNER_ID.eq(1)).plan_delete(db).await.unwrap();
        assert_eq!(plan.deleted_of::<Car>(), 1);
        Car::find(Car::OWNER_ID.eq(1)).delete_if(db, plan.digest()).await.unwrap();
        let plan = Car::find_all().plan_delete(db).await.unwrap();
        plan.execute_in_batches(db, |_| {}).await.unwrap();
        assert!(ids(db, "vehicles", "car").await.is_empty());
    }
    transactions: |db| {
        let outcome = transaction(db, async |tx| {
            Car::find_all().update(tx, Car::DOORS.set(5)).await?;
            Car::find(Car::OWNER_ID.eq(1)).delete(tx).await?;
            stranger().save(tx).await
        });
        is_duplicate(outcome.await);
        assert_eq!(ids(db, "vehicles", "car").await, [1, 3, 5]);
        transaction(db, async |tx| {
            Car::find_all().update(tx, Car::DOORS.set(5)).await?;
            Car::find_all().delete(tx).await
        }).await.unwrap();
    }
    to_many_stores: |db| {
        let owner = Owner { id: 1 };
        is_duplicate(owner.cars().create(db, stranger()).await);
        is_duplicate(owner.cars().add(db, stranger()).await);
        is_duplicate(owner.cars().add_many(db, [stranger()]).await);
        owner.cars().add_many(db, [car(5, 2), car(9, 2)]).await.unwrap();
        assert_eq!(owner.cars().count(db).await.unwrap(), 4);
    }
    to_many_changes: |db| {
        let owner = Owner { id: 1 };
        assert!(!owner.cars().remove(db, &stranger()).await.unwrap());
        assert!(owner.cars().remove(db, &car(1, 1)).await.unwrap());
        assert_eq!(owner.cars().update_all(db, Car::DOORS.set(5)).await.unwrap(), 1);
        owner.cars().set(db, [car(1, 1)]).await.unwrap();
        assert_eq!(owner.cars().all(db).await.unwrap(), [car(1, 1)]);
        is_duplicate(owner.cars().set(db, [car(1, 1), stranger()]).await);
        assert_eq!(owner.cars().clear(db).await.unwrap(), 1);
        assert_eq!(ids(db, "vehicles", "car").await, [1, 3, 5]);
    }
    to_many_deletes: |db| {
        let owner = Owner { id: 1 };
        let plan = owner.cars().plan_delete(db).await.unwrap();
        assert_eq!(plan.deleted_of::<Car>(), 2);
        owner.cars().filter(Car::ID.eq(1)).delete_all(db).await.unwrap();
        let plan = owner.cars().plan_delete(db).await.unwrap();
        owner.cars().delete_all_if(db, plan.digest()).await.unwrap();
        assert_eq!(ids(db, "vehicles", "car").await, [5]);
    }
    has_one: |db| {
        let (one, two) = (Plate { id: 1 }, Plate { id: 2 });
        assert_eq!(one.car().get(db).await.unwrap().map(|car| car.id), Some(1));
        assert_eq!(two.car().get(db).await.unwrap(), None);
        is_duplicate(one.car().set(db, stranger()).await);
        one.car().set(db, car(3, 1)).await.unwrap();
        assert_eq!(one.car().get(db).await.unwrap().map(|car| car.id), Some(3));
        assert_eq!(Car::get(db, 1).await.unwrap().unwrap().plate_id, None);
        is_duplicate(two.car().create(db, stranger()).await);
        two.car().create(db, car(9, 1)).await.unwrap();
        assert!(one.car().clear(db).await.unwrap());
        assert!(!one.car().clear(db).await.unwrap());
        assert_eq!(two.car().delete(db).await.unwrap().deleted_of::<Car>(), 1);
    }
    to_one: |db| {
        is_not_found(stranger().owner().set(db, &Owner { id: 2 }).await);
        assert!(!stranger().owner().clear(db).await.unwrap());
        is_not_found(stranger().owner().create(db, Owner { id: 9 }).await);
        car(1, 1).owner().set(db, &Owner { id: 2 }).await.unwrap();
        assert!(car(1, 2).owner().clear(db).await.unwrap());
        // a one-to-one takes the plate from another car, not from a truck
        car(3, 1).plate().set(db, &Plate { id: 1 }).await.unwrap();
        assert_eq!(Car::get(db, 3).await.unwrap().unwrap().plate_id, Some(1));
    }
    to_one_of_a_kind: |db| {
        let trip = Trip { id: 1, vehicle_id: 1 }.insert(db).await.unwrap();
        is_duplicate(trip.vehicle().create(db, Vehicle::Car(stranger())).await);
        trip.vehicle().create(db, Vehicle::Car(car(9, 1))).await.unwrap();
        let trip = Trip::get(db, 1).await.unwrap().unwrap();
        assert_eq!(trip.vehicle().get(db).await.unwrap(), Some(Vehicle::Car(car(9, 1))));
        trip.vehicle().set(db, &Vehicle::Truck(truck(2, 1))).await.unwrap();
        assert_eq!(Trip::get(db, 1).await.unwrap().unwrap().vehicle_id, 2);
    }
    links_store: |db| {
        let driver = Driver { id: 1 };
        assert!(driver.cars().add(db, &car(5, 2)).await.unwrap());
        assert!(!driver.cars().add(db, &car(1, 1)).await.unwrap());
        driver.cars().add_many(db, [&car(1, 1), &car(5, 2)]).await.unwrap();
        driver.cars().add_link(db, license(0, 3)).await.unwrap();
        // only a lease has this pair
        Driver { id: 2 }.cars().add_link(db, license(0, 1)).await.unwrap();
        driver.cars().create(db, car(9, 1)).await.unwrap();
        is_duplicate(driver.cars().create(db, stranger()).await);
        assert_eq!(driver.cars().count(db).await.unwrap(), 4);
        assert_eq!(driver.trucks().count(db).await.unwrap(), 1);
    }
    links_remove: |db| {
        let driver = Driver { id: 1 };
        assert!(driver.cars().remove(db, &car(1, 1)).await.unwrap());
        assert_eq!(driver.trucks().all(db).await.unwrap().len(), 1);
        // links to trucks are licenses too
        assert_eq!(driver.cars().clear(db).await.unwrap(), 1);
        assert_eq!(driver.trucks().all(db).await.unwrap().len(), 1);
        driver.cars().set(db, [&car(5, 2)]).await.unwrap();
        driver.cars().set(db, [&car(3, 1), &car(1, 1)]).await.unwrap();
        assert_eq!(driver.cars().count(db).await.unwrap(), 2);
        assert_eq!(driver.trucks().all(db).await.unwrap().len(), 1);
        assert_eq!(driver.vehicles().count(db).await.unwrap(), 3);
        assert_eq!(driver.cars().update_all(db, Car::DOORS.set(5)).await.unwrap(), 2);
        driver.cars().delete_all(db).await.unwrap();
        assert_eq!(ids(db, "vehicles", "car").await, [5]);
        assert_eq!(License::find(License::DRIVER_ID.eq(1)).count(db).await.unwrap(), 1);
    }
    links_from_the_kind: |db| {
        let one = car(1, 1);
        assert_eq!(one.drivers().all(db).await.unwrap(), [Driver { id: 1 }]);
        one.drivers().add(db, &Driver { id: 2 }).await.unwrap();
        one.drivers().set(db, [&Driver { id: 2 }]).await.unwrap();
        assert_eq!(one.drivers().clear(db).await.unwrap(), 1);
        assert_eq!(Lease::find_all().count(db).await.unwrap(), 6);
    }
    ids_in_the_target: |db| {
        let sticker = Sticker { id: 2 };
        is_not_found(sticker.cars().add(db, &stranger()).await);
        assert!(sticker.cars().add(db, &car(1, 1)).await.unwrap());
        sticker.cars().add_many(db, [&stranger(), &car(3, 1)]).await.unwrap();
        assert_eq!(sticker.cars().count(db).await.unwrap(), 2);
        is_duplicate(sticker.cars().create(db, stranger()).await);
        sticker.cars().create(db, car(9, 1)).await.unwrap();
        let one = Sticker { id: 1 };
        assert!(!one.cars().remove(db, &stranger()).await.unwrap());
        assert!(one.cars().remove(db, &car(1, 1)).await.unwrap());
        one.cars().set(db, [&car(1, 1), &stranger()]).await.unwrap();
        assert_eq!(one.cars().all(db).await.unwrap().len(), 1);
        assert_eq!(one.trucks().count(db).await.unwrap(), 3);
        one.cars().clear(db).await.unwrap();
        sticker.cars().update_all(db, Car::DOORS.set(5)).await.unwrap();
        sticker.cars().delete_all(db).await.unwrap();
    }
    ids_in_the_kind: |db| {
        is_not_found(stranger().stickers().add(db, &Sticker { id: 2 }).await);
        is_not_found(stranger().stickers().set(db, [&Sticker { id: 2 }]).await);
        is_not_found(stranger().stickers().remove(db, &Sticker { id: 1 }).await);
        is_not_found(stranger().stickers().clear(db).await);
        is_not_found(stranger().stickers().create(db, Sticker { id: 9 }).await);
        car(1, 1).stickers().add(db, &Sticker { id: 2 }).await.unwrap();
        assert_eq!(Car::get(db, 1).await.unwrap().unwrap().sticker_ids, [1, 2]);
    }
    ids_of_the_kind: |db| {
        let garage = Garage::get(db, 1).await.unwrap().unwrap();
        garage.cars().add(db, &car(5, 2)).await.unwrap();
        garage.cars().create(db, car(9, 1)).await.unwrap();
        is_duplicate(garage.cars().create(db, stranger()).await);
        garage.cars().remove(db, &car(1, 1)).await.unwrap();
        assert_eq!(Garage::get(db, 1).await.unwrap().unwrap().car_ids, [3, 5, 9]);
        garage.vehicles().remove(db, &Vehicle::Truck(truck(2, 1))).await.unwrap();
        garage.vehicles().add(db, &Vehicle::Car(car(3, 1))).await.unwrap();
        assert_eq!(Garage::get(db, 1).await.unwrap().unwrap().vehicle_ids, [1, 4, 3]);
        car(1, 1).garages().add(db, &garage).await.unwrap();
        car(1, 1).garages().clear(db).await.unwrap();
        garage.cars().update_all(db, Car::DOORS.set(5)).await.unwrap();
        garage.cars().delete_all(db).await.unwrap();
    }
    cascades: |db| {
        insert_documents(db, "trips", [doc! { "_id": 1, "vehicle_id": 2 }, doc! { "_id": 2, "vehicle_id": 1 }]).await;
        Car::find_all().delete(db).await.unwrap();
        assert_eq!(documents(db, "trips").await, [doc! { "_id": 1, "vehicle_id": 2 }]);
        Plate { id: 1 }.delete(db).await.unwrap();
        assert_eq!(Truck::find_all().count(db).await.unwrap(), 3);
    }
}
