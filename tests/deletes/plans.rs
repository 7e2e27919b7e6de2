use earnorm::prelude::*;
use earnorm::{DeleteProgress, Error};
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Branch", fk = "tree_id", cascade_delete)]
struct Tree {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Leaf", fk = "branch_id", cascade_delete)]
struct Branch {
    #[serde(rename = "_id")]
    id: i32,
    tree_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Leaf {
    #[serde(rename = "_id")]
    id: i32,
    branch_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Nest {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Branch", on_delete = "restrict")]
    branch_id: i32,
}

/// Two trees with `branches` branches each, and `leaves` leaves on each branch.
async fn forest(db: &earnorm::mongodb::Database, branches: i32, leaves: i32) {
    Tree::insert_many(db, &[Tree { id: 0 }, Tree { id: 1 }]).await.unwrap();
    let all: Vec<Branch> = (0..2 * branches).map(|id| Branch { id, tree_id: id % 2 }).collect();
    Branch::insert_many(db, &all).await.unwrap();
    let all: Vec<Leaf> = (0..2 * branches * leaves).map(|id| Leaf { id, branch_id: id % (2 * branches) }).collect();
    Leaf::insert_many(db, &all).await.unwrap();
}

#[tokio::test]
async fn executing_a_plan_does_what_it_displays() {
    let test = database().await;
    let db = test.db();
    forest(db, 3, 4).await;
    // finds the tree, its branches and the nests in them, and counts the leaves
    let plan = assert_commands!(test, 4, Tree { id: 0 }.plan_delete(db).await.unwrap());
    assert_eq!(plan.to_string(), "1 tree, 3 branches, 12 leaves deleted");
    assert_eq!((plan.deleted(), plan.deleted_of::<Leaf>(), plan.is_blocked()), (16, 12, false));
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["affected"][1], serde_json::json!({ "model": "Branch", "deleted": 3, "links": 0, "unlinked": 0 }));
    assert_eq!(count::<Leaf>(db).await, 24, "nothing is written yet");
    let report = plan.execute(db).await.unwrap();
    assert_eq!(report.deleted(), plan.deleted());
    assert_eq!((count::<Tree>(db).await, count::<Branch>(db).await, count::<Leaf>(db).await), (1, 3, 12));
    assert!(matches!(plan.execute(db).await, Err(Error::StalePlan)), "a plan can be executed once");
}

#[tokio::test]
async fn a_blocked_plan_is_an_error_when_executed() {
    let test = database().await;
    let db = test.db();
    forest(db, 2, 1).await;
    Nest { id: 7, branch_id: 2 }.insert(db).await.unwrap();
    let plan = Tree::find_all().plan_delete(db).await.unwrap();
    assert!(plan.is_blocked());
    assert_eq!(plan.blockers()[0].ids(), [7.into()]);
    assert_eq!(plan.to_string(), "blocked\n  `Nest::branch`: 1 nest refers to what it would delete by `branch_id`: 7");
    assert!(matches!(plan.execute(db).await, Err(Error::Restricted { model: "Nest", relation: "branch", .. })));
    let in_batches = plan.execute_in_batches(db, |_| panic!("nothing is written")).await;
    assert!(matches!(in_batches, Err(Error::Restricted { .. })));
    assert_eq!((count::<Tree>(db).await, count::<Leaf>(db).await), (2, 4));
}

#[tokio::test]
async fn a_plan_is_stale_after_the_data_changed() {
    let test = database().await;
    let db = test.db();
    forest(db, 2, 2).await;
    let tree = Tree { id: 0 };
    let plan = tree.plan_delete(db).await.unwrap();
    let late = Branch { id: 100, tree_id: 0 }.insert(db).await.unwrap();
    assert!(matches!(plan.execute(db).await, Err(Error::StalePlan)));
    assert_eq!((count::<Tree>(db).await, count::<Branch>(db).await), (2, 5), "nothing was written");
    late.delete(db).await.unwrap();
    let leaf = Leaf { id: 100, branch_id: 0 }.insert(db).await.unwrap();
    assert!(matches!(plan.execute(db).await, Err(Error::StalePlan)), "a leaf was added");
    leaf.delete(db).await.unwrap();
    Nest { id: 1, branch_id: 0 }.insert(db).await.unwrap();
    assert!(matches!(plan.execute(db).await, Err(Error::Restricted { .. })), "a nest now blocks the delete");
    Nest::find_all().delete(db).await.unwrap();
    assert_eq!(plan.execute(db).await.unwrap().deleted(), 7);
}

#[tokio::test]
async fn a_plan_over_the_limit_is_executed_in_batches() {
    let test = database().await;
    let db = test.db();
    forest(db, 10, 10).await;
    let plan = Tree { id: 1 }.plan_delete(db).await.unwrap().limit(100);
    let error = plan.execute(db).await.unwrap_err();
    assert!(matches!(error, Error::TransactionTooLarge { documents: 111, limit: 100 }), "{error:?}");
    assert!(error.to_string().contains("`execute_in_batches`"));
    assert_eq!(count::<Leaf>(db).await, 200, "nothing was written");
    let mut seen: Vec<DeleteProgress> = Vec::new();
    let report = plan.execute_in_batches(db, |progress| seen.push(progress)).await.unwrap();
    assert_eq!(report.deleted(), 111);
    assert!(!report.in_transaction());
    assert_eq!(
        seen.iter().map(|progress| (progress.done, progress.total)).collect::<Vec<_>>(),
        [(100, 111), (110, 111), (111, 111)]
    );
    assert_eq!((count::<Tree>(db).await, count::<Branch>(db).await, count::<Leaf>(db).await), (1, 10, 100));
}

#[tokio::test]
async fn the_limit_counts_documents_deleted_by_key() {
    let test = database().await;
    let db = test.db();
    forest(db, 10, 10).await;
    let tree = Tree { id: 1 };
    let plan = tree.plan_delete(db).await.unwrap();
    assert_eq!(plan.clone().limit(111).execute(db).await.unwrap().deleted(), 111);
    assert_eq!(tree.plan_delete(db).await.unwrap().deleted(), 0);
}

#[tokio::test]
async fn deleting_an_unsaved_document_is_an_error() {
    #[derive(Debug, Serialize, Deserialize, Model)]
    struct Draft {
        #[serde(rename = "_id")]
        id: Option<ObjectId>,
    }
    let test = database().await;
    let draft = Draft { id: None };
    assert!(matches!(draft.plan_delete(test.db()).await, Err(Error::Unsaved { model: "Draft" })));
    assert!(matches!(draft.delete(test.db()).await, Err(Error::Unsaved { model: "Draft" })));
}
