//! Recursive relations: a tree by both strategies, a move, and a cycle that is refused.

use earnorm::prelude::*;
use earnorm::{Error, Tree};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = Branch, fk = parent_id, recursive = "below")]
struct Branch {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Branch, recursive = "above")]
    parent_id: Option<ObjectId>,
}

#[tokio::test]
async fn trees_work() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let db = test.db();
    let ids = [(); 3].map(|()| ObjectId::new());
    let branches = [None, Some(ids[0]), Some(ids[1])].into_iter().zip(ids);
    let branches: Vec<_> = branches.map(|(parent_id, id)| Branch { id, parent_id }).collect();
    Branch::insert_many(db, &branches).await.unwrap();
    for strategy in [Strategy::Batch, Strategy::Lookup] {
        let tree: Tree<Branch> = branches[0].below().strategy(strategy).tree(db).await.unwrap();
        assert_eq!(tree.iter().map(|node| (node.id, node.depth())).collect::<Vec<_>>(), [(ids[1], 1), (ids[2], 2)]);
        assert_eq!(branches[2].above().strategy(strategy).tree(db).await.unwrap().len(), 2);
    }
    let outcome = branches[0].move_to(db, Some(&branches[2])).await;
    assert!(matches!(outcome, Err(Error::Cycle { model: "Branch", .. })));
    branches[2].move_to(db, Some(&branches[0])).await.unwrap();
    assert_eq!(branches[0].below().tree(db).await.unwrap().roots().len(), 2);
}
