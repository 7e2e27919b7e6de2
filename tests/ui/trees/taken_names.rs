use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = Folder, fk = parent_id, recursive = "find")]
#[relation(one_to_many, name = "hidden", target = Folder, fk = parent_id, recursive = "children")]
#[relation(one_to_many, name = "shared", target = Folder, fk = parent_id, recursive = "Below")]
struct Folder {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Folder, recursive = "below")]
    parent_id: Option<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "move_to", target = Task, fk = parent_id)]
struct Task {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Task, recursive = "above")]
    parent_id: Option<ObjectId>,
}

fn main() {}
