use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(
    one_to_one,
    target = "Note",
    fk = "author_id",
    back_populates = "author"
)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Note {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "User")]
    author_id: ObjectId,
    editor_id: ObjectId,
}

fn main() {}
