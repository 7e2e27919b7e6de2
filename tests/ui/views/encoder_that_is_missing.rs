use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    full_name: String,
    age: u32,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    author_id: ObjectId,
}

mod coded {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("k{id}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        String::deserialize(deserializer)?.trim_start_matches('k').parse().map_err(de::Error::custom)
    }
}

#[derive(Serialize, Deserialize, Model)]
struct Coded {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(with = "coded")]
    number: i64,
}

#[derive(Deserialize, View)]
#[view(of = Coded)]
struct Number {
    number: i64,
}

fn main() {}
