//! Keys with an encoder other than their type's own. The parent's id and the child's key are stored in the same form.

use chrono::{DateTime, Utc};
use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::mongodb::bson::spec::ElementType;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, documents};
use uuid::Uuid;

use super::{Kind, Reading, Sensor, Serial, day, sensors};

#[tokio::test]
async fn a_uuid_stored_as_binary_is_a_key() {
    let test = database().await;
    let db = test.db();
    let sensors = sensors(&test).await;
    let reading =
        |id: i32, sensor: &Sensor| Reading { id, sensor_id: sensor.id, taken_at: day(u32::try_from(id).unwrap_or(1)) };
    let mut readings = vec![reading(1, &sensors[0]), reading(2, &sensors[0]), reading(3, &sensors[1])];
    Reading::insert_many(db, &readings).await.unwrap();
    readings.push(sensors[0].readings().create(db, reading(4, &sensors[3])).await.unwrap());
    readings.push(sensors[3].readings().add(db, reading(5, &sensors[0])).await.unwrap());
    assert_eq!(readings[3].sensor_id, sensors[0].id);
    assert_eq!(readings[4].sensor_id, sensors[3].id);

    for stored in documents(db, "readings").await {
        assert_eq!(stored.get("sensor").unwrap().element_type(), ElementType::Binary);
        assert_eq!(stored.get("at").unwrap().element_type(), ElementType::DateTime);
    }

    let ids = |readings: Vec<Reading>| readings.iter().map(|r| r.id).collect::<Vec<_>>();
    let all = sensors[0].readings().order_by(Reading::TAKEN_AT.asc());
    assert_eq!(ids(assert_commands!(test, 1, all.all(db).await.unwrap())), [1, 2, 4]);
    let late = sensors[0].readings().filter(Reading::TAKEN_AT.gt(day(1)));
    assert_eq!(assert_commands!(test, 1, late.count(db).await.unwrap()), 2);
    // the relation's own order and limit name a renamed field
    assert_eq!(ids(sensors[0].latest().all(db).await.unwrap()), [4, 2]);
    assert!(!sensors[2].readings().exists(db).await.unwrap());

    let back = assert_commands!(test, 1, readings[2].sensor().get(db).await.unwrap());
    assert_eq!(back.as_ref(), Some(&sensors[1]));
    let gone = Reading { sensor_id: Uuid::new_v4(), ..readings[0].clone() };
    let error = gone.sensor().require(db).await.unwrap_err();
    match error {
        Error::Dangling { model: "Reading", id, .. } => {
            assert_eq!(id.element_type(), ElementType::Binary);
        }
        other => panic!("{other:?}"),
    }
}

macro_rules! related {
    ($test:ident, $by:ty, [$($with:tt)*], $stored:ident, $ids:expr) => {
        #[tokio::test]
        async fn $test() {
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
            #[relation(one_to_many, target = "Leaf", fk = "branch_key")]
            struct Branch {
                #[serde(rename = "_id" $($with)*)]
                key: $by,
            }

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
            struct Leaf {
                #[serde(rename = "_id")]
                id: i32,
                #[relation(many_to_one, target = "Branch", name = "branch")]
                #[serde(rename = "on" $($with)*)]
                branch_key: $by,
            }

            let test = database().await;
            let db = test.db();
            let [a, b]: [$by; 2] = $ids;
            let branches = [Branch { key: a.clone() }, Branch { key: b.clone() }];
            Branch::insert_many(db, &branches).await.unwrap();
            let leaves = [
                Leaf { id: 1, branch_key: a.clone() },
                Leaf { id: 2, branch_key: b.clone() },
                Leaf { id: 3, branch_key: a.clone() },
            ];
            Leaf::insert_many(db, &leaves).await.unwrap();
            for (collection, field) in [("branches", "_id"), ("leaves", "on")] {
                let raw = db.collection::<Document>(collection);
                let stored = raw.find_one(doc! {}).await.unwrap().unwrap();
                assert_eq!(stored.get(field).unwrap().element_type(), ElementType::$stored);
            }
            let own = branches[0].leaves().order_by(Leaf::ID.asc());
            let own = assert_commands!(test, 1, own.all(db).await.unwrap());
            assert_eq!(own, [leaves[0].clone(), leaves[2].clone()]);
            assert_eq!(branches[1].leaves().count(db).await.unwrap(), 1);
            assert_eq!(leaves[1].branch().get(db).await.unwrap().as_ref(), Some(&branches[1]));
            let both = Branch::get_many(db, [&b, &a]).await.unwrap();
            assert_eq!(both, [branches[1].clone(), branches[0].clone()]);
            assert_eq!(Leaf::find(Leaf::BRANCH_KEY.eq(&a)).count(db).await.unwrap(), 2);
        }
    };
}

related!(
    a_time_is_a_key,
    DateTime<Utc>,
    [, with = "bson::serde_helpers::chrono_datetime_as_bson_datetime"],
    DateTime,
    [day(1), day(2)]
);
related!(an_enum_is_a_key, Kind, [], String, [Kind::AirPressure, Kind::Wind]);
related!(a_newtype_is_a_key, Serial, [], Int64, [Serial(1), Serial(2)]);
related!(a_renamed_string_is_a_key, String, [], String, ["a".to_owned(), "b".to_owned()]);
related!(a_number_stored_as_text_is_a_key, u64, [, with = "super::as_text"], String, [1, 2]);
related!(a_uuid_with_its_own_encoder_is_a_key, Uuid, [], Binary, [1, 2].map(|n| Uuid::from_bytes([n; 16])));
