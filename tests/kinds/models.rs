//! Cars, trucks and buses in one collection, the enum of cars and trucks, and models with relations to and from them.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_tests::{documents, insert_documents};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "car")]
#[model(collection = "vehicles")]
#[relation(one_to_many, target = Trip, fk = vehicle_id, cascade_delete)]
#[relation(one_to_many, target = Wash, fk = vehicle_id)]
#[relation(one_to_many, name = "rides", target = Ride, fk = car_id, on_delete = "set_null", back_populates = "car")]
#[relation(many_to_many, target = Driver, through = License, fk = vehicle_id, target_fk = driver_id)]
#[relation(many_to_many, target = Garage, target_ids = car_ids, back_populates = "cars")]
pub(crate) struct Car {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) doors: i32,
    #[relation(many_to_one, target = Owner, back_populates = "cars")]
    pub(crate) owner_id: Option<i32>,
    #[relation(one_to_one, target = Plate, back_populates = "car")]
    pub(crate) plate_id: Option<i32>,
    #[serde(default)]
    #[relation(many_to_many, target = Sticker, back_populates = "cars")]
    pub(crate) sticker_ids: Vec<i32>,
    /// Read from the database, but kept by the values in memory.
    #[serde(skip)]
    pub(crate) dirty: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "truck")]
#[model(collection = "vehicles")]
#[relation(one_to_many, target = Trip, fk = vehicle_id, on_delete = "restrict")]
#[relation(one_to_many, target = Wash, fk = vehicle_id)]
#[relation(many_to_many, target = Driver, through = License, fk = vehicle_id, target_fk = driver_id)]
pub(crate) struct Truck {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) load: f64,
    #[relation(many_to_one, target = Owner, back_populates = "trucks")]
    pub(crate) owner_id: Option<i32>,
    #[relation(one_to_one, target = Plate)]
    pub(crate) plate_id: Option<i32>,
    #[serde(default)]
    #[relation(many_to_many, target = Sticker, back_populates = "trucks")]
    pub(crate) sticker_ids: Vec<i32>,
}

/// Its tag is the name of the struct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "kind")]
#[model(collection = "vehicles")]
pub(crate) struct Bus {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) seats: i32,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub(crate) enum Vehicle {
    Car(Car),
    Truck(Truck),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Car, fk = owner_id, cascade_delete, back_populates = "owner")]
#[relation(one_to_many, target = Truck, fk = owner_id, on_delete = "set_null", back_populates = "owner")]
#[relation(one_to_many, name = "last_cars", target = Car, fk = owner_id, order_by = [("_id", -1)], limit = 2)]
pub(crate) struct Owner {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_one, target = Car, fk = plate_id, back_populates = "plate", on_delete = "set_null")]
pub(crate) struct Plate {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Car, target_ids = sticker_ids, back_populates = "stickers")]
#[relation(many_to_many, target = Truck, target_ids = sticker_ids, back_populates = "stickers")]
pub(crate) struct Sticker {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

/// Refers to a vehicle of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Trip {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one, target = Vehicle)]
    pub(crate) vehicle_id: i32,
}

/// Refers to a vehicle of any kind, but only the kinds declare it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Wash {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) vehicle_id: i32,
}

/// Refers to a car only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Ride {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one, target = Car, back_populates = "rides")]
    pub(crate) car_id: Option<i32>,
}

/// Arrays of ids of cars, and of vehicles of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Garage {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_many, target = Car, back_populates = "garages")]
    pub(crate) car_ids: Vec<i32>,
    #[relation(many_to_many, target = Vehicle)]
    pub(crate) vehicle_ids: Vec<i32>,
}

/// Linked with cars and with trucks by the same key of the same join model, which shares its collection too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Car, through = License, fk = driver_id, target_fk = vehicle_id)]
#[relation(many_to_many, target = Truck, through = License, fk = driver_id, target_fk = vehicle_id)]
#[relation(many_to_many, target = Vehicle, through = License, fk = driver_id, target_fk = vehicle_id)]
#[relation(many_to_many, name = "permitted_cars", target = Car, through = Permit, fk = driver_id, target_fk = vehicle_id)]
#[relation(many_to_many, name = "permitted_trucks", target = Truck, through = Permit, fk = driver_id, target_fk = vehicle_id)]
pub(crate) struct Driver {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "contract", rename = "license")]
#[model(collection = "contracts")]
pub(crate) struct License {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) driver_id: i32,
    #[relation(many_to_one, target = Vehicle)]
    pub(crate) vehicle_id: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "contract", rename = "lease")]
#[model(collection = "contracts")]
pub(crate) struct Lease {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one, target = Driver)]
    pub(crate) driver_id: i32,
    pub(crate) vehicle_id: i32,
}

/// A join model that has its own collection, with a relation of its key to any kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Permit {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) driver_id: i32,
    #[relation(many_to_one, target = Vehicle)]
    pub(crate) vehicle_id: i32,
}

pub(crate) fn car(id: i32, owner: i32) -> Car {
    Car { id, doors: 4, owner_id: Some(owner), plate_id: None, sticker_ids: vec![1], dirty: false }
}

pub(crate) fn truck(id: i32, owner: i32) -> Truck {
    Truck { id, load: 7.5, owner_id: Some(owner), plate_id: None, sticker_ids: vec![1] }
}

pub(crate) fn license(driver_id: i32, vehicle_id: i32) -> License {
    License { id: ObjectId::new(), driver_id, vehicle_id }
}

pub(crate) fn lease(driver_id: i32, vehicle_id: i32) -> Lease {
    Lease { id: ObjectId::new(), driver_id, vehicle_id }
}

pub(crate) async fn insert_all<M: Model>(db: &Database, models: Vec<M>) {
    M::insert_many(db, &models).await.unwrap();
}

/// Owners 1 and 2; cars 1, 3 and 5; trucks 2, 4 and 6; a bus 7. Owner 1 has cars 1 and 3 and trucks 2 and 4.
pub(crate) async fn fleet(db: &Database) {
    insert_all(db, vec![Owner { id: 1 }, Owner { id: 2 }]).await;
    insert_all(db, vec![Sticker { id: 1 }, Sticker { id: 2 }]).await;
    insert_all(db, vec![car(1, 1), car(3, 1), car(5, 2)]).await;
    insert_all(db, vec![truck(2, 1), truck(4, 1), truck(6, 2)]).await;
    // with all the fields by which a car could be found
    let bus = doc! { "_id": 7, "kind": "Bus", "seats": 50, "doors": 4, "owner_id": 1, "sticker_ids": [1] };
    insert_documents(db, "vehicles", [bus]).await;
}

/// Everything that is stored in the collection but cars.
pub(crate) async fn others(db: &Database) -> Vec<Document> {
    let all = documents(db, "vehicles").await;
    all.into_iter().filter(|one| one.get_str("kind") != Ok("car")).collect()
}

pub(crate) async fn ids(db: &Database, collection: &str, kind: &str) -> Vec<i32> {
    let all = documents(db, collection).await;
    let kind = all.into_iter().filter(|one| one.get_str("kind") == Ok(kind));
    kind.map(|one| one.get_i32("_id").unwrap()).collect()
}
