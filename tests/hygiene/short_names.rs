//! Relations whose names, after underscores, could conflict with names of the generated code.

use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "m", target = Other, fk = p_id)]
#[relation(one_to_many, name = "table", target = Other, fk = self_id)]
struct Short {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Other")]
    p_id: i32,
    #[relation(many_to_one, target = "Other", name = "_p")]
    second: i32,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "private", target = "Short", fk = "p_id")]
struct Other {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Short")]
    p_id: i32,
    #[relation(many_to_one, target = "Short", name = "model")]
    self_id: i32,
}

#[test]
fn models_have_their_relations() {
    let short: Vec<&str> = crate::relations::<Short>().iter().map(|relation| relation.0).collect();
    assert_eq!(short, ["m", "table", "p", "_p"]);
    let other: Vec<&str> = crate::relations::<Other>().iter().map(|relation| relation.0).collect();
    assert_eq!(other, ["private", "p", "model"]);
}
