//! Includes, counts, windows and conditions from and to kinds and the enum, with both strategies.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{
    Car, Driver, Garage, License, Owner, Plate, Ride, Sticker, Trip, Truck, Vehicle, car, fleet, insert_all, lease,
    license, truck,
};

#[tokio::test]
async fn each_kind_is_a_relation_of_its_own() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    for (strategy, commands) in STRATEGIES.into_iter().zip([6, 1]) {
        let query = Owner::find_all()
            .order_by(Owner::ID.asc())
            .with(Owner::CARS)
            .with(Owner::TRUCKS.filter(Truck::ID.gt(2)))
            .with(Owner::LAST_CARS)
            .with(Owner::CARS.count())
            .with(Owner::TRUCKS.count())
            .strategy(strategy);
        let owners = assert_commands!(test, commands, { query.all(db).await.unwrap() });
        assert_eq!(owners[0].related(Owner::CARS), [car(1, 1), car(3, 1)]);
        assert_eq!(owners[0].related(Owner::TRUCKS), [truck(4, 1)]);
        assert_eq!(owners[0].related(Owner::LAST_CARS), [car(3, 1), car(1, 1)]);
        assert_eq!((owners[0].count(Owner::CARS), owners[0].count(Owner::TRUCKS)), (2, 2));
        assert_eq!(owners[1].related(Owner::CARS), [car(5, 2)]);
        assert_eq!(owners[1].related(Owner::LAST_CARS), [car(5, 2)]);
        assert_eq!((owners[1].count(Owner::CARS), owners[1].count(Owner::TRUCKS)), (1, 1));
        let window = Owner::find_all().with(Owner::CARS.order_by(Car::ID.desc()).skip(1).limit(1)).strategy(strategy);
        let owners = window.order_by(Owner::ID.asc()).all(db).await.unwrap();
        assert_eq!(owners[0].related(Owner::CARS), [car(1, 1)]);
        assert!(owners[1].related(Owner::CARS).is_empty());
    }
}

#[tokio::test]
async fn a_key_to_the_enum_loads_any_kind_and_a_key_to_a_kind_only_that() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, (1..=3).map(|id| Trip { id, vehicle_id: id }).collect()).await;
    insert_all(db, (1..=3).map(|id| Ride { id, car_id: Some(id) }).collect()).await;
    for strategy in STRATEGIES {
        let query = Trip::find_all().order_by(Trip::ID.asc()).with(Trip::VEHICLE).strategy(strategy);
        let trips =
            assert_commands!(test, if strategy == Strategy::Batch { 2 } else { 1 }, { query.all(db).await.unwrap() });
        let found: Vec<_> = trips.iter().map(|trip| trip.related(Trip::VEHICLE).cloned()).collect();
        assert_eq!(found, [Some(car(1, 1).into()), Some(truck(2, 1).into()), Some(car(3, 1).into())]);
        let only_cars = Trip::find_all()
            .order_by(Trip::ID.asc())
            .with(Trip::VEHICLE.filter(Vehicle::car(Car::DOORS.eq(4))))
            .strategy(strategy);
        let trips = only_cars.all(db).await.unwrap();
        let found: Vec<_> = trips.iter().map(|trip| trip.related(Trip::VEHICLE).is_some()).collect();
        assert_eq!(found, [true, false, true]);
        let rides = Ride::find_all().order_by(Ride::ID.asc()).with(Ride::CAR.with(Car::OWNER)).strategy(strategy);
        let rides = rides.all(db).await.unwrap();
        let owners: Vec<_> =
            rides.iter().map(|ride| ride.related(Ride::CAR).and_then(|car| car.related(Car::OWNER))).collect();
        assert_eq!(owners, [Some(&Owner { id: 1 }), None, Some(&Owner { id: 1 })]);
        assert!(rides[1].related(Ride::CAR).is_none());
        let cars = Car::find_all().order_by(Car::ID.asc()).with(Car::TRIPS).with(Car::RIDES.count()).strategy(strategy);
        let cars = cars.all(db).await.unwrap();
        assert_eq!(cars[0].related(Car::TRIPS), [Trip { id: 1, vehicle_id: 1 }]);
        assert_eq!((cars[0].count(Car::RIDES), cars[2].count(Car::RIDES)), (1, 0));
    }
    let trip = Trip { id: 2, vehicle_id: 2 };
    assert_eq!(assert_commands!(test, 1, { trip.vehicle().get(db).await.unwrap() }), Some(truck(2, 1).into()));
    let ride = Ride { id: 2, car_id: Some(2) };
    assert_eq!(ride.car().get(db).await.unwrap(), None);
    assert!(matches!(ride.car().require(db).await, Err(earnorm::Error::Dangling { .. })));
}

#[tokio::test]
async fn links_lead_to_one_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Driver { id: 1 }, Driver { id: 2 }]).await;
    insert_all(db, vec![license(1, 1), license(1, 2), license(1, 3), license(2, 4), license(2, 5)]).await;
    // contracts of another kind lead to every car
    insert_all(db, (1..=6).flat_map(|id| [lease(1, id), lease(2, id)]).collect()).await;
    for strategy in STRATEGIES {
        let query = Driver::find_all()
            .order_by(Driver::ID.asc())
            .with(Driver::CARS.order_by(Car::ID.asc()))
            .with(Driver::TRUCKS.links())
            .with(Driver::VEHICLES.order_by(Vehicle::ID.desc()).limit(2))
            .with(Driver::CARS.count())
            .strategy(strategy);
        let drivers = query.all(db).await.unwrap();
        assert_eq!(drivers[0].related(Driver::CARS), [car(1, 1), car(3, 1)]);
        let links: Vec<_> =
            drivers[0].related(Driver::TRUCKS).iter().map(|l| (l.target.id, l.link.driver_id)).collect();
        assert_eq!(links, [(2, 1)]);
        assert_eq!(drivers[0].related(Driver::VEHICLES), [car(3, 1).into(), Vehicle::Truck(truck(2, 1))]);
        assert_eq!((drivers[0].count(Driver::CARS), drivers[1].count(Driver::CARS)), (2, 1));
        assert_eq!(drivers[1].related(Driver::CARS), [car(5, 2)]);
        let window = Driver::find_all()
            .with(Driver::CARS.order_by(Car::ID.desc()).limit(1))
            .with(Driver::TRUCKS.limit(1).links());
        let drivers = window.order_by(Driver::ID.asc()).strategy(strategy).all(db).await.unwrap();
        assert_eq!(drivers[0].related(Driver::CARS), [car(3, 1)]);
        assert_eq!(drivers[1].related(Driver::TRUCKS).len(), 1);
        let cars = Car::find_all().order_by(Car::ID.asc()).with(Car::DRIVERS).strategy(strategy).all(db).await.unwrap();
        assert_eq!(cars[0].related(Car::DRIVERS), [Driver { id: 1 }]);
    }
    let driver = Driver { id: 1 };
    assert_eq!(driver.cars().count(db).await.unwrap(), 2);
    assert_eq!(driver.cars().links(db).await.unwrap().len(), 2);
    assert_eq!(driver.vehicles().all(db).await.unwrap().len(), 3);
    assert_eq!(License::find_all().count(db).await.unwrap(), 5);
}

#[tokio::test]
async fn arrays_lead_to_one_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Garage { id: 1, car_ids: vec![3, 2, 7, 1], vehicle_ids: vec![4, 1, 2] }]).await;
    insert_all(db, vec![Plate { id: 1 }]).await;
    db.collection::<earnorm::mongodb::bson::Document>("vehicles")
        .update_many(doc! { "_id": { "$in": [2, 3, 7] } }, doc! { "$set": { "plate_id": 1 } })
        .await
        .unwrap();
    for strategy in STRATEGIES {
        let query =
            Garage::find_all().with(Garage::CARS).with(Garage::VEHICLES).with(Garage::CARS.count()).strategy(strategy);
        let garages = query.all(db).await.unwrap();
        let ids: Vec<_> = garages[0].related(Garage::CARS).iter().map(|car| car.id).collect();
        assert_eq!(ids, [3, 1]);
        let kinds: Vec<_> = garages[0].related(Garage::VEHICLES).iter().map(|v| matches!(v, Vehicle::Car(_))).collect();
        assert_eq!(kinds, [false, true, false]);
        assert_eq!(garages[0].count(Garage::CARS), 2);
        let query = Sticker::find_all().order_by(Sticker::ID.asc()).with(Sticker::CARS).with(Sticker::TRUCKS.count());
        let stickers = query.strategy(strategy).all(db).await.unwrap();
        assert_eq!((stickers[0].related(Sticker::CARS).len(), stickers[0].count(Sticker::TRUCKS)), (3, 3));
        let window =
            Sticker::find_all().order_by(Sticker::ID.asc()).with(Sticker::CARS.order_by(Car::ID.desc()).limit(2));
        let stickers = window.strategy(strategy).all(db).await.unwrap();
        let ids: Vec<_> = stickers[0].related(Sticker::CARS).iter().map(|car| car.id).collect();
        assert_eq!(ids, [5, 3]);
        let plates = Plate::find_all().with(Plate::CAR).strategy(strategy).all(db).await.unwrap();
        assert_eq!(plates[0].related(Plate::CAR).map(|car| car.id), Some(3));
    }
    let garage = Garage::get(db, 1).await.unwrap().unwrap();
    assert_eq!(garage.cars().count(db).await.unwrap(), 2);
    assert_eq!(garage.vehicles().all(db).await.unwrap().len(), 3);
}

#[tokio::test]
async fn conditions_and_explicit_loads_go_by_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Owner { id: 3 }]).await;
    insert_all(db, vec![truck(8, 3)]).await;
    insert_all(db, (1..=3).map(|id| Trip { id, vehicle_id: id }).collect()).await;
    insert_all(db, vec![Driver { id: 1 }, Driver { id: 2 }]).await;
    insert_all(db, vec![license(1, 1), license(2, 2)]).await;
    insert_all(db, vec![lease(2, 1)]).await;
    let owners = async |filter: earnorm::Filter<Owner>| -> Vec<i32> {
        let found = Owner::find(filter).order_by(Owner::ID.asc()).all(db).await.unwrap();
        found.into_iter().map(|owner| owner.id).collect()
    };
    assert_eq!(owners(Owner::CARS.any()).await, [1, 2]);
    assert_eq!(owners(Owner::CARS.none()).await, [3]);
    assert_eq!(owners(Owner::TRUCKS.any()).await, [1, 2, 3]);
    assert_eq!(owners(Owner::CARS.every(Car::DOORS.eq(4))).await, [1, 2, 3]);
    assert_eq!(owners(Owner::CARS.filter(Car::TRIPS.any()).any()).await, [1]);
    let trips = Trip::find(Trip::VEHICLE.filter(Vehicle::truck(Truck::LOAD.gt(5.0))).any()).all(db).await.unwrap();
    assert_eq!(trips, [Trip { id: 2, vehicle_id: 2 }]);
    let drivers = Driver::find(Driver::CARS.any()).all(db).await.unwrap();
    assert_eq!(drivers, [Driver { id: 1 }]);
    let by_car = Car::find(Car::OWNER.filter(Owner::TRUCKS.any()).any()).count(db).await.unwrap();
    assert_eq!(by_car, 3);
    let all = Owner::find_all().order_by(Owner::ID.asc()).all(db).await.unwrap();
    let loaded = Owner::CARS.load(db, &all).await.unwrap();
    assert_eq!(loaded.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 0]);
    let trips = Trip::find_all().all(db).await.unwrap();
    let vehicles = Trip::VEHICLE.batch_load(db, &trips).await.unwrap();
    assert!(vehicles.len() == 3);
}

#[tokio::test]
async fn loaded_kinds_are_erased_and_serialized() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Trip { id: 1, vehicle_id: 2 }]).await;
    let trips = Trip::find_all().with(Trip::VEHICLE).all(db).await.unwrap();
    let json = serde_json::to_value(&trips[0]).unwrap();
    assert_eq!((&json["vehicle"]["kind"], &json["vehicle"]["load"]), (&"truck".into(), &7.5.into()));
    let erased = trips.erase();
    assert_eq!(serde_json::to_value(&erased[0]).unwrap(), json);
    let owners = Owner::find_all().with(Owner::CARS).all(db).await.unwrap();
    let json = serde_json::to_value(&owners[0]).unwrap();
    assert_eq!(json["cars"][0]["kind"], "car");
}
