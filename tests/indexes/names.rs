//! Fields with unusual names and types in `#[index(..)]`. These models have no server.

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm::schema::{IndexMetadata, IndexOrder};

fn indexes<M: Model>() -> &'static [IndexMetadata] {
    M::metadata().config.indexes
}

fn fields<M: Model>() -> Vec<&'static str> {
    indexes::<M>().iter().flat_map(|index| index.keys).map(|key| key.field).collect()
}

use self::words::Odd;

mod words {
    use super::*;

    #[derive(Serialize, Deserialize, Model)]
    #[index(r#type, -name)]
    #[index("unique", unique)]
    #[index("text", "hashed")]
    #[index(text(text))]
    #[index(hashed("hidden"))]
    #[index(TYPE, "sparse", name = "constant")]
    pub(super) struct Odd {
        #[serde(rename = "_id")]
        id: i32,
        r#type: i32,
        name: String,
        unique: i32,
        text: String,
        hashed: i32,
        hidden: i32,
        sparse: i32,
    }
}

#[test]
fn a_field_may_be_called_like_an_option() {
    assert_eq!(fields::<Odd>(), ["type", "name", "unique", "text", "hashed", "text", "hidden", "type", "sparse"]);
    assert!(indexes::<Odd>()[1].unique && !indexes::<Odd>()[5].unique);
    assert_eq!(indexes::<Odd>()[4].keys[0].order, IndexOrder::Hashed);
}

macro_rules! model {
    ($name:ident, $field:ident, $seconds:expr, $partial:expr) => {
        #[derive(Serialize, Deserialize, Model)]
        #[index($field, unique, partial = $partial)]
        #[index(-$field, at)]
        #[index(at, expire_after = $seconds)]
        struct $name {
            #[serde(rename = "_id")]
            id: i32,
            $field: String,
            #[serde(with = "seconds")]
            at: i64,
        }
    };
}

/// What is stored is a date.
mod seconds {
    use super::{DateTime, Deserialize, Serialize};
    use serde::{Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        DateTime::from_millis(*at * 1000).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        Ok(DateTime::deserialize(deserializer)?.timestamp_millis() / 1000)
    }
}

const DAY: u32 = 24 * 60 * 60;

model!(Session, title, 2 * DAY, doc! { "title": { "$type": "string" } });

#[test]
fn a_macro_may_declare_indexes() {
    assert_eq!(fields::<Session>(), ["title", "title", "at", "at"]);
    let [unique, _, expires] = indexes::<Session>() else { panic!("three indexes") };
    assert_eq!(unique.partial.map(|partial| partial()), Some(doc! { "title": { "$type": "string" } }));
    assert_eq!(expires.expire_after, Some(172_800));
}

#[derive(Clone, Copy, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum Subject {
    Odd(i32),
    Session(i32),
}

#[derive(Serialize, Deserialize, Model)]
#[index(about, -at)]
struct Remark {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(rename = "subject")]
    #[relation(many_to_one)]
    about: Subject,
    at: DateTime,
}

#[test]
fn a_reference_to_several_models_has_its_stored_name() {
    assert_eq!(fields::<Remark>(), ["subject", "at"]);
}
