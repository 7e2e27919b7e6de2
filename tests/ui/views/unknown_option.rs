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

#[derive(Deserialize, View)]
#[view(model = User)]
struct Card {
    #[view(name = full_name)]
    name: String,
}

#[derive(Deserialize, View)]
#[view(of = User, of = Post)]
struct Twice {
    full_name: String,
}

fn main() {}
