//! `#[model(crate = ..)]` for a crate that is not at `::earnorm`.

extern crate earnorm as orm;

mod re_exported {
    pub(super) use ::earnorm as database;
}

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, orm::Model)]
#[model(crate = orm)]
#[relation(one_to_many, target = "Post", fk = "user_id", on_delete = "restrict")]
struct User {
    #[serde(rename = "_id")]
    id: orm::ObjectId,
}

#[derive(Serialize, Deserialize, re_exported::database::Model)]
#[model(crate = "crate::renamed::re_exported::database")]
struct Post {
    #[serde(rename = "_id")]
    id: orm::ObjectId,
    #[relation(many_to_one, target = "User")]
    user_id: orm::ObjectId,
}

#[test]
fn models_have_their_relations() {
    assert_eq!(crate::relations::<User>(), [("posts", "posts", "user_id")]);
    assert_eq!(crate::relations::<Post>(), [("user", "users", "user_id")]);
}
