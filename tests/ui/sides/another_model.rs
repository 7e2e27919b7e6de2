use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(
    one_to_many,
    target = "Note",
    fk = "editor_id",
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
    #[relation(many_to_one, target = "Group")]
    author_id: ObjectId,
    editor_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn main() {}
