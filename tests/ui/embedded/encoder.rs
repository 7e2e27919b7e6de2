use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product)]
    product_id: ObjectId,
    quantity: i32,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    #[serde(with = "as_text")]
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

mod as_text {
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(_: &[super::Line], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(_: D) -> Result<Vec<super::Line>, D::Error> {
        Ok(Vec::new())
    }
}

fn main() {}
