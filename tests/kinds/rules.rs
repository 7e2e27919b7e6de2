//! Delete rules by kind.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_tests::{database, document, documents};

use crate::models::{
    Bus, Car, Driver, Garage, License, Owner, Plate, Ride, Trip, Truck, car, fleet, ids, insert_all, lease, license,
    truck,
};

#[tokio::test]
async fn each_kind_has_its_own_rule_for_a_key_to_the_enum() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Trip { id: 1, vehicle_id: 1 }, Trip { id: 2, vehicle_id: 2 }, Trip { id: 3, vehicle_id: 7 }])
        .await;
    assert_eq!(car(1, 1).delete(db).await.unwrap().to_string(), "1 car, 1 trip deleted");
    let refused = truck(2, 1).delete(db).await;
    assert!(matches!(refused, Err(Error::Restricted { model: "Truck", .. })), "{refused:?}");
    // a car of the truck's id has no trips to cascade to
    assert_eq!(car(2, 1).delete(db).await.unwrap().deleted(), 0);
    // the relation to the enum has no rule for a bus
    assert_eq!(Bus::find_all().delete(db).await.unwrap().to_string(), "1 bus deleted");
    assert_eq!(documents(db, "trips").await.len(), 2);
}

#[tokio::test]
async fn a_parent_has_its_own_rule_for_each_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Trip { id: 1, vehicle_id: 1 }, Trip { id: 2, vehicle_id: 2 }]).await;
    let plan = Owner { id: 1 }.plan_delete(db).await.unwrap();
    assert_eq!(plan.to_string(), "1 owner, 2 cars, 1 trip deleted; 2 trucks unlinked");
    assert_eq!(plan.execute(db).await.unwrap().to_string(), plan.to_string());
    assert_eq!(ids(db, "vehicles", "car").await, [5]);
    assert_eq!(Truck::get(db, 2).await.unwrap().unwrap().owner_id, None);
    // a bus has the field too, but no relation
    assert_eq!(document(db, "vehicles", 7).await.get_i32("owner_id"), Ok(1));
}

#[tokio::test]
async fn links_arrays_and_keys_to_one_kind_follow_it() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Driver { id: 1 }]).await;
    insert_all(db, vec![license(1, 1), license(1, 2), license(1, 3)]).await;
    insert_all(db, vec![lease(1, 1), lease(1, 2)]).await;
    insert_all(db, vec![Garage { id: 1, car_ids: vec![1, 2, 3], vehicle_ids: vec![1, 2, 3] }]).await;
    insert_all(db, vec![Ride { id: 1, car_id: Some(1) }, Ride { id: 2, car_id: Some(2) }]).await;
    let report = car(1, 1).delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 car deleted; 3 links removed; 1 ride unlinked");
    // a key to cars that holds the id of a truck refers to nothing
    let report = truck(2, 1).delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 truck deleted; 2 links removed");
    assert_eq!(Garage::get(db, 1).await.unwrap().unwrap(), Garage { id: 1, car_ids: vec![2, 3], vehicle_ids: vec![3] });
    assert_eq!(Ride::get(db, 2).await.unwrap().unwrap().car_id, Some(2));
    assert_eq!(License::find_all().count(db).await.unwrap(), 1);
    // leases aren't links of any relation
    let report = Driver { id: 1 }.delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 driver deleted; 1 link removed");
    assert_eq!(documents(db, "contracts").await.len(), 2);
}

#[tokio::test]
async fn set_null_empties_the_key_of_one_kind() {
    let test = database().await;
    let db = test.db();
    fleet(db).await;
    insert_all(db, vec![Plate { id: 1 }]).await;
    let vehicles = db.collection::<earnorm::mongodb::bson::Document>("vehicles");
    vehicles.update_many(doc! {}, doc! { "$set": { "plate_id": 1 } }).await.unwrap();
    let report = Plate { id: 1 }.delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 plate deleted; 3 cars unlinked");
    assert_eq!(Truck::find(Truck::PLATE_ID.eq(1)).count(db).await.unwrap(), 3);
    assert_eq!(Car::find(Car::PLATE_ID.eq(1)).count(db).await.unwrap(), 0);
}

mod of_the_key {
    use earnorm::Error;
    use earnorm::prelude::*;
    use earnorm_tests::database;

    use crate::models::insert_all;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "is", rename = "boat")]
    #[model(collection = "crafts")]
    #[relation(one_to_many, target = Voyage, fk = craft_id, cascade_delete)]
    struct Boat {
        #[serde(rename = "_id")]
        id: i32,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "is", rename = "raft")]
    #[model(collection = "crafts")]
    struct Raft {
        #[serde(rename = "_id")]
        id: i32,
    }

    #[derive(Debug, Clone, PartialEq, Model)]
    enum Craft {
        Boat(Boat),
        Raft(Raft),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Voyage {
        #[serde(rename = "_id")]
        id: i32,
        #[relation(many_to_one, target = Craft, on_delete = "restrict")]
        craft_id: i32,
    }

    #[tokio::test]
    async fn a_rule_on_the_key_applies_to_every_kind_and_may_contradict_one() {
        let test = database().await;
        let db = test.db();
        insert_all(db, vec![Boat { id: 1 }]).await;
        insert_all(db, vec![Raft { id: 2 }, Raft { id: 3 }]).await;
        insert_all(db, vec![Voyage { id: 1, craft_id: 1 }, Voyage { id: 2, craft_id: 2 }]).await;
        let conflict = Boat { id: 1 }.delete(db).await;
        assert!(matches!(conflict, Err(Error::RuleConflict { model: "Voyage", .. })), "{conflict:?}");
        let conflict = Craft::find_all().delete(db).await;
        assert!(matches!(conflict, Err(Error::RuleConflict { .. })), "{conflict:?}");
        let refused = Raft { id: 2 }.delete(db).await;
        assert!(matches!(refused, Err(Error::Restricted { model: "Voyage", .. })), "{refused:?}");
        assert_eq!(Raft { id: 3 }.delete(db).await.unwrap().to_string(), "1 raft deleted");
    }
}
