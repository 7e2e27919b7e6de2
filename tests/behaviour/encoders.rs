//! Fields whose stored form differs from their type's own `Serialize`: `with`, renames, enums, newtypes. Filters,
//! orders, updates, pages and relations use the stored form.

mod related;
mod single;

use chrono::{DateTime, TimeZone, Utc};
use earnorm::prelude::*;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(rename_all = "camelCase")]
#[relation(one_to_many, target = "Reading", fk = "sensor_id")]
#[relation(one_to_many, name = "latest", target = "Reading", fk = "sensor_id", order_by = [("taken_at", -1)], limit = 2)]
struct Sensor {
    #[serde(rename = "_id", with = "bson::serde_helpers::uuid_1_as_binary")]
    id: Uuid,
    #[serde(with = "bson::serde_helpers::chrono_datetime_as_bson_datetime")]
    installed_at: DateTime<Utc>,
    kind: Kind,
    #[serde(rename = "fullName")]
    name: String,
    serial_no: Serial,
    state: State,
    /// A number that is stored as a string.
    #[serde(with = "as_text")]
    price: u64,
    #[serde(with = "tags_as_lower_case")]
    tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Reading {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Sensor")]
    #[serde(rename = "sensor", with = "bson::serde_helpers::uuid_1_as_binary")]
    sensor_id: Uuid,
    #[serde(rename = "at", with = "bson::serde_helpers::chrono_datetime_as_bson_datetime")]
    taken_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    AirPressure,
    Wind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Serial(i64);

impl earnorm::Numeric for Serial {
    type Number = i64;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Idle,
    Failed { code: i32 },
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(n: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&format!("{n:06}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

mod tags_as_lower_case {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(tags: &[String], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(tags.iter().map(|tag| tag.to_lowercase()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
        Vec::deserialize(d)
    }
}

fn day(n: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 1, n, 12, 0, 0).unwrap()
}

fn sensor(n: u8) -> Sensor {
    Sensor {
        id: Uuid::from_bytes([n; 16]),
        installed_at: day(u32::from(n)),
        kind: if n.is_multiple_of(2) { Kind::Wind } else { Kind::AirPressure },
        name: format!("Sensor {n}"),
        serial_no: Serial(i64::from(n) * 100),
        state: if n == 1 { State::Idle } else { State::Failed { code: n.into() } },
        price: u64::from(n) * 7,
        tags: vec!["all".to_owned(), format!("no{n}")],
    }
}

/// Sensors 1 to 4.
async fn sensors(test: &earnorm_testkit::TestDb) -> Vec<Sensor> {
    let sensors: Vec<_> = (1..=4).map(sensor).collect();
    Sensor::insert_many(test.db(), &sensors).await.unwrap();
    sensors
}
