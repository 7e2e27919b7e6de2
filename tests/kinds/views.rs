//! Views of models that share a collection, and of the enum over them.

use earnorm::prelude::*;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{Car, Owner, Trip, Vehicle, fleet, insert_all};

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Car)]
struct Doors {
    doors: i32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Vehicle)]
struct VehicleId {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Trip)]
struct TripId {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Owner)]
struct OwnerId {
    #[serde(rename = "_id")]
    id: i32,
}

#[tokio::test]
async fn a_view_reads_documents_of_its_kind_only() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Trip { id: 1, vehicle_id: 1 }, Trip { id: 2, vehicle_id: 2 }, Trip { id: 7, vehicle_id: 7 }])
        .await;
    for strategy in STRATEGIES {
        let cars = Car::find_all().order_by(Car::ID.asc()).view::<Doors>().with(Car::OWNER.view::<OwnerId>());
        let cars = cars.with(Car::TRIPS.view::<TripId>()).strategy(strategy).all(db).await.unwrap();
        let owners: Vec<_> = cars.iter().map(|car| car.related(Car::OWNER).map(|owner| owner.id)).collect();
        assert_eq!(owners, [Some(1), Some(1), Some(2)], "{strategy:?}");
        assert_eq!(cars[0].related(Car::TRIPS), [TripId { id: 1 }]);
        let vehicles = Vehicle::find_all().order_by(Vehicle::ID.asc()).view::<VehicleId>().strategy(strategy);
        let ids: Vec<_> = vehicles.all(db).await.unwrap().iter().map(|vehicle| vehicle.id).collect();
        assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7], "the enum covers its collection");
        let owners = Owner::find_all().order_by(Owner::ID.asc()).view::<OwnerId>();
        let owners = owners.with(Owner::CARS.view::<Doors>()).strategy(strategy).all(db).await.unwrap();
        let numbers: Vec<_> = owners.iter().map(|owner| owner.related(Owner::CARS).len()).collect();
        assert_eq!(numbers, [2, 1], "{strategy:?}");
        let trips = Trip::find_all().order_by(Trip::ID.asc()).view::<TripId>();
        let trips = trips.with(Trip::VEHICLE.view::<VehicleId>()).strategy(strategy).all(db).await.unwrap();
        let vehicles: Vec<_> = trips.iter().map(|trip| trip.related(Trip::VEHICLE).map(|vehicle| vehicle.id)).collect();
        assert_eq!(vehicles, [Some(1), Some(2), Some(7)], "{strategy:?}");
    }
}
