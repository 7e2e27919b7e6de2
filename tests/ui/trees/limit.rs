use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = Category, fk = parent_id)]
#[relation(one_to_many, target = Product, fk = category_id)]
struct Category {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Category, recursive = "ancestors")]
    parent_id: Option<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
    category_id: ObjectId,
}

fn query() {
    let _ = Category::CHILDREN.recursive().limit(3);
}

fn main() {}
