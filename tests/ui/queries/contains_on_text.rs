use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    tags: Vec<String>,
}

fn main() {
    let _ = User::find(User::NAME.contains("da"));
    let _ = User::find(User::TAGS.contains_text("da"));
    let _ = User::find(User::TAGS.starts_with("da"));
}
