use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product, name = "product")]
    a_name_that_is_much_longer_than_any_name_should_ever_be_in_a_program_because_nobody_can_read_it_at_a_glance_or_two: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    a_name_that_is_much_longer_than_any_name_should_ever_be_in_a_program_because_nobody_can_read_it_at_a_glance: Vec<Line>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
