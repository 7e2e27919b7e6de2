use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(
    one_to_many,
    target = "Note",
    fk = "author_id",
    back_populates = "author"
)]
#[relation(one_to_many, name = "drafts", target = "Note", fk = "author_id")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Note {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = "User", back_populates = "drafts")]
    author_id: ObjectId,
    editor_id: ObjectId,
}

fn main() {}
