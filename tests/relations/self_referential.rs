//! Relations of every kind from a model to itself.

use earnorm::prelude::*;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = "Node", fk = "parent_id", back_populates = "parent")]
#[relation(one_to_one, name = "successor", target = "Node", fk = "predecessor_id")]
#[relation(
    many_to_many,
    name = "friends",
    target = "Node",
    through = "Friendship",
    fk = "from_id",
    target_fk = "to_id"
)]
#[relation(
    many_to_many,
    name = "admirers",
    target = "Node",
    through = "Friendship",
    fk = "to_id",
    target_fk = "from_id"
)]
#[relation(many_to_many, name = "linked_from", target = "Node", target_ids = "link_ids")]
struct Node {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_one, target = "Node", back_populates = "children")]
    parent_id: Option<i64>,
    #[relation(one_to_one, target = "Node", name = "predecessor")]
    predecessor_id: Option<i64>,
    #[relation(many_to_many, target = "Node", name = "links_to")]
    link_ids: Vec<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Friendship {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    from_id: i64,
    to_id: i64,
}

fn node(id: i64) -> Node {
    Node { id, parent_id: None, predecessor_id: None, link_ids: Vec::new() }
}

fn ids(nodes: &[Node]) -> Vec<i64> {
    let mut ids: Vec<i64> = nodes.iter().map(|node| node.id).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn one_to_many_and_many_to_one_in_a_tree() {
    let test = database().await;
    let db = test.db();
    let root = node(1).insert(db).await.unwrap();
    let child = root.children().create(db, node(2)).await.unwrap();
    child.children().create(db, node(3)).await.unwrap();
    assert_eq!(ids(&root.children().all(db).await.unwrap()), [2]);
    let leaf = Node::get(db, 3).await.unwrap().unwrap();
    let above = leaf.parent().require(db).await.unwrap();
    assert_eq!(above.parent().require(db).await.unwrap(), root);
    assert_eq!(root.parent().get(db).await.unwrap(), None);
}

#[tokio::test]
async fn one_to_one_in_a_chain() {
    let test = database().await;
    let db = test.db();
    let first = node(1).insert(db).await.unwrap();
    let second = first.successor().set(db, node(2)).await.unwrap();
    assert_eq!(second.predecessor().require(db).await.unwrap(), first);
    assert_eq!(first.successor().get(db).await.unwrap(), Some(second));
}

#[tokio::test]
async fn many_to_many_through_a_join_model() {
    let test = database().await;
    let db = test.db();
    let nodes: Vec<Node> = (1..=3).map(node).collect();
    Node::insert_many(db, &nodes).await.unwrap();
    nodes[0].friends().add_many(db, &nodes[1..]).await.unwrap();
    nodes[1].friends().add(db, &nodes[1]).await.unwrap();
    assert_eq!(ids(&nodes[0].friends().all(db).await.unwrap()), [2, 3]);
    assert_eq!(ids(&nodes[1].friends().all(db).await.unwrap()), [2]);
    assert_eq!(ids(&nodes[1].admirers().all(db).await.unwrap()), [1, 2]);
    nodes[2].admirers().remove(db, &nodes[0]).await.unwrap();
    assert_eq!(ids(&nodes[0].friends().all(db).await.unwrap()), [2]);
}

#[tokio::test]
async fn many_to_many_by_an_array() {
    let test = database().await;
    let db = test.db();
    let nodes: Vec<Node> = (1..=3).map(node).collect();
    Node::insert_many(db, &nodes).await.unwrap();
    nodes[0].links_to().set(db, [&nodes[2], &nodes[0]]).await.unwrap();
    let first = Node::get(db, 1).await.unwrap().unwrap();
    let to: Vec<i64> = first.links_to().all(db).await.unwrap().iter().map(|n| n.id).collect();
    assert_eq!(to, [3, 1]);
    assert_eq!(ids(&nodes[2].linked_from().all(db).await.unwrap()), [1]);
    assert_eq!(ids(&nodes[0].linked_from().all(db).await.unwrap()), [1]);
}
