use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Note", fk = "author_id", cascade_delete, back_populates = "author")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Note {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "User", on_delete = "restrict")]
    author_id: ObjectId,
}

fn main() {}
