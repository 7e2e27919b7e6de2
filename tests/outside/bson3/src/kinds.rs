//! Models that share a collection: read by the driver's decoder and from JSON, with every kind of value that has a form of its
//! own in BSON.

use earnorm::prelude::*;
use mongodb::bson::{DateTime, Document};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
#[relation(one_to_many, target = Trip, fk = vehicle_id, cascade_delete)]
struct Car {
    #[serde(rename = "_id")]
    id: ObjectId,
    built: DateTime,
    details: Document,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "truck")]
#[model(collection = "vehicles")]
#[relation(one_to_many, target = Trip, fk = vehicle_id, on_delete = "restrict")]
struct Truck {
    #[serde(rename = "_id")]
    id: ObjectId,
    load: f64,
}

#[derive(Debug, Clone, PartialEq, Model)]
enum Vehicle {
    Car(Car),
    Truck(Truck),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Trip {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Vehicle)]
    vehicle_id: ObjectId,
}

#[tokio::test]
async fn kinds_work() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let db = test.db();
    let built = DateTime::from_millis(1_700_000_000_000);
    let car = Car { id: ObjectId::new(), built, details: doc! { "id": ObjectId::new(), "at": built, "n": 5_000_000_000_i64 } };
    let truck = Truck { id: ObjectId::new(), load: 7.5 };
    let all = [Vehicle::from(car.clone()), Vehicle::from(truck.clone())];
    Vehicle::insert_many(db, &all).await.unwrap();
    assert_eq!(Vehicle::find_all().order_by(Vehicle::ID.asc()).all(db).await.unwrap(), all);
    assert_eq!(Vehicle::collection(db).find_one(doc! { "_id": car.id }).await.unwrap(), Some(all[0].clone()));
    assert_eq!((Car::get(db, truck.id).await.unwrap(), Car::find_all().count(db).await.unwrap()), (None, 1));
    let trips = [Trip { id: 1, vehicle_id: car.id }, Trip { id: 2, vehicle_id: truck.id }];
    Trip::insert_many(db, &trips).await.unwrap();
    for strategy in [Strategy::Batch, Strategy::Lookup] {
        let trips = Trip::find_all().with(Trip::VEHICLE).order_by(Trip::ID.asc()).strategy(strategy).all(db).await.unwrap();
        let found: Vec<_> = trips.iter().map(|trip| trip.related(Trip::VEHICLE).unwrap().clone()).collect();
        assert_eq!(found, all);
    }
    for vehicle in &all {
        let json = serde_json::to_string(vehicle).unwrap();
        assert_eq!(serde_json::from_str::<Vehicle>(&json).unwrap(), *vehicle);
    }
    let wrong = Vehicle::Truck(Truck { id: car.id, load: 1.0 }).save(db).await;
    assert!(matches!(wrong, Err(earnorm::Error::Duplicate { .. })), "{wrong:?}");
    db.collection::<Document>("vehicles").insert_one(doc! { "_id": 1, "kind": "bike" }).await.unwrap();
    let unknown = Vehicle::find(doc! { "_id": 1 }).all(db).await.unwrap_err().to_string();
    assert!(unknown.contains(r#"`kind` is "bike", which is none of `car`, `truck`"#), "{unknown}");
    assert!(Vehicle::find_all().delete(db).await.is_err());
    assert_eq!(car.delete(db).await.unwrap().to_string(), "1 car, 1 trip deleted");
}
