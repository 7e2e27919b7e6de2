//! A model with many relations, and a model with fields that are named like its relations.

use earnorm::prelude::*;
use earnorm::{Includes, relation};
use earnorm_tests::database;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "r1", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r2", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r3", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r4", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r5", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r6", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r7", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r8", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r9", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r10", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r11", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r12", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r13", target = Kid, fk = parent_id)]
#[relation(one_to_many, name = "r14", target = Kid, fk = parent_id)]
struct Wide {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Clone, Serialize, Deserialize, Model)]
struct Kid {
    #[serde(rename = "_id")]
    id: i32,
    parent_id: i32,
}

fn kids<L: Includes<relation!(Wide, r1), Value = Vec<Kid>> + Includes<relation!(Wide, r14), Value = Vec<Kid>>>(
    wide: &Loaded<Wide, L>,
) -> (usize, usize) {
    (wide.related(Wide::R1).len(), wide.related(Wide::R14).len())
}

#[tokio::test]
async fn each_of_many_relations_is_found_by_its_name() {
    let test = database().await;
    let db = test.db();
    Wide { id: 1 }.insert(db).await.unwrap();
    Kid::insert_many(db, &[1, 2].map(|id| Kid { id, parent_id: 1 })).await.unwrap();
    let wide = Wide::find_all().with(Wide::R1).with(Wide::R14.limit(1)).one(db).await.unwrap();
    assert_eq!(kids(&wide), (2, 1));
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Leaf, fk = tree_id, name = "leaves")]
struct Tree {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(default)]
    leaves_count: i64,
    #[serde(rename = "leaves", default)]
    how_many: i64,
}

#[derive(Serialize, Deserialize, Model)]
struct Leaf {
    #[serde(rename = "_id")]
    id: i32,
    tree_id: i32,
}

/// A reader would see only one of two members with the same name.
#[tokio::test]
async fn a_field_with_the_name_of_a_loaded_relation_is_an_error() {
    let test = database().await;
    let db = test.db();
    Tree { id: 1, leaves_count: 99, how_many: 7 }.insert(db).await.unwrap();
    let counted = Tree::find_all().with(Tree::LEAVES.count()).one(db).await.unwrap();
    assert_eq!((counted.leaves_count, counted.count(Tree::LEAVES)), (99, 0));
    let refused = serde_json::to_value(&counted).unwrap_err();
    assert!(refused.to_string().contains("`Tree` has a field `leaves_count`"), "{refused}");
    let loaded = Tree::find_all().with(Tree::LEAVES).one(db).await.unwrap();
    let refused = serde_json::to_value(&loaded).unwrap_err();
    assert!(refused.to_string().contains("`Tree` has a field `leaves`"), "{refused}");
    assert!(serde_json::to_value(loaded.erase()).is_err());
}
