//! Models in function bodies, which no path can name. Two of them have the same name.

use earnorm::prelude::*;

#[test]
fn a_model_in_a_function_has_relations() {
    #[derive(Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Leaf", fk = "tree_id", cascade_delete, back_populates = "tree")]
    struct Tree {
        #[serde(rename = "_id")]
        id: ObjectId,
    }

    #[derive(Serialize, Deserialize, Model)]
    struct Leaf {
        #[serde(rename = "_id")]
        id: ObjectId,
        #[relation(many_to_one, target = "Tree", back_populates = "leaves")]
        tree_id: ObjectId,
    }

    assert_eq!(crate::relations::<Tree>(), [("leaves", "leaves", "tree_id")]);
    let tree = Tree { id: ObjectId::new() };
    assert_eq!(tree.leaves().to_query().unwrap().filter, doc! { "tree_id": tree.id });
}

#[test]
fn a_model_of_the_same_name_in_another_function_has_its_own_relations() {
    #[derive(Serialize, Deserialize, Model)]
    #[model(collection = "plants")]
    struct Tree {
        #[serde(rename = "_id")]
        id: i64,
        #[relation(many_to_one, target = "Self")]
        parent_id: Option<i64>,
    }

    assert_eq!(crate::relations::<Tree>(), [("parent", "plants", "parent_id")]);
    let tree = Tree { id: 2, parent_id: Some(1) };
    assert_eq!(tree.parent().to_query().unwrap().filter, doc! { "_id": 1_i64 });
}
