use earnorm::prelude::*;
use earnorm_tests::{count, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Line", fk = "order_id", orphan_removal, cascade_delete)]
#[relation(one_to_one, target = "Address", fk = "order_id", orphan_removal)]
struct Order {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Remark", fk = "line_id", cascade_delete)]
struct Line {
    #[serde(rename = "_id")]
    id: i32,
    order_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Remark {
    #[serde(rename = "_id")]
    id: i32,
    line_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Address {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(one_to_one, target = "Order")]
    order_id: Option<i32>,
}

/// Orders 1 and 2. Order 1 has lines 1 to 3, each with a remark.
async fn orders(db: &earnorm::mongodb::Database) -> (Order, Vec<Line>) {
    let order = Order { id: 1 }.insert(db).await.unwrap();
    Order { id: 2 }.insert(db).await.unwrap();
    let lines: Vec<Line> = (1..=3).map(|id| Line { id, order_id: 1 }).collect();
    Line::insert_many(db, &lines).await.unwrap();
    let remarks: Vec<Remark> = (1..=3).map(|id| Remark { id, line_id: id }).collect();
    Remark::insert_many(db, &remarks).await.unwrap();
    (order, lines)
}

async fn ids(db: &earnorm::mongodb::Database) -> (Vec<i32>, Vec<i32>) {
    let lines = Line::find_all().order_by(Line::ID.asc()).all(db).await.unwrap();
    let remarks = Remark::find_all().order_by(Remark::ID.asc()).all(db).await.unwrap();
    (lines.iter().map(|line| line.id).collect(), remarks.iter().map(|remark| remark.id).collect())
}

#[tokio::test]
async fn a_removed_child_is_deleted_with_its_own_rules() {
    let test = database().await;
    let db = test.db();
    let (order, lines) = orders(db).await;
    assert!(order.lines().remove(db, &lines[0]).await.unwrap());
    assert_eq!(ids(db).await, (vec![2, 3], vec![2, 3]));
    assert!(!order.lines().remove(db, &lines[0]).await.unwrap());
}

#[tokio::test]
async fn remove_and_clear_keep_children_of_another_parent() {
    let test = database().await;
    let db = test.db();
    let (order, lines) = orders(db).await;
    Order { id: 2 }.lines().add(db, lines[0].clone()).await.unwrap();
    assert!(!order.lines().remove(db, &lines[0]).await.unwrap());
    assert_eq!(order.lines().clear(db).await.unwrap(), 2);
    assert_eq!(ids(db).await, (vec![1], vec![1]));
}

#[tokio::test]
async fn set_keeps_children_that_are_in_the_new_list() {
    let test = database().await;
    let db = test.db();
    let (order, lines) = orders(db).await;
    let new = Line { id: 4, order_id: 0 };
    let set = order.lines().set(db, [lines[1].clone(), new]).await.unwrap();
    assert_eq!(set.iter().map(|line| (line.id, line.order_id)).collect::<Vec<_>>(), [(2, 1), (4, 1)]);
    assert_eq!(ids(db).await, (vec![2, 4], vec![2]));
}

#[tokio::test]
async fn replacing_a_one_to_one_child_deletes_it() {
    let test = database().await;
    let db = test.db();
    let (order, _) = orders(db).await;
    let first = Address { id: 1, order_id: None };
    order.address().set(db, first.clone()).await.unwrap();
    order.address().set(db, first.clone()).await.unwrap();
    assert_eq!(count::<Address>(db).await, 1);
    order.address().set(db, Address { id: 2, order_id: None }).await.unwrap();
    let all = Address::find_all().all(db).await.unwrap();
    assert_eq!(all, [Address { id: 2, order_id: Some(1) }]);
    assert!(order.address().clear(db).await.unwrap());
    assert_eq!(count::<Address>(db).await, 0);
}

#[tokio::test]
async fn clear_and_set_from_the_child_delete_orphans() {
    let test = database().await;
    let db = test.db();
    orders(db).await;
    let address = Address { id: 1, order_id: Some(1) }.insert(db).await.unwrap();
    // the new address replaces the first one, which is deleted
    let other = Address { id: 2, order_id: None }.insert(db).await.unwrap();
    other.order().set(db, &Order { id: 1 }).await.unwrap();
    assert!(Address::get(db, address.id).await.unwrap().is_none());
    let other = Address::get(db, 2).await.unwrap().unwrap();
    assert!(other.order().clear(db).await.unwrap());
    assert_eq!(count::<Address>(db).await, 0);
}

#[tokio::test]
async fn a_failed_transaction_removes_no_orphans() {
    let test = database().await;
    let db = test.db();
    let (order, _) = orders(db).await;
    let outcome: earnorm::Result<()> = earnorm::transaction(db, async |tx| {
        assert_eq!(order.lines().clear(tx).await?, 3);
        Err(earnorm::Error::other("no"))
    })
    .await;
    assert!(outcome.is_err());
    assert_eq!(ids(db).await.1.len(), 3);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "replies", target = "Letter", fk = "answers_id", orphan_removal, cascade_delete)]
struct Letter {
    #[serde(rename = "_id")]
    id: i32,
    answers_id: Option<i32>,
}

#[tokio::test]
async fn clear_on_a_self_relation_counts_direct_children_only() {
    let test = database().await;
    let db = test.db();
    let letters: Vec<_> = (1..=9).map(|id| Letter { id, answers_id: (id > 1).then_some(id / 2) }).collect();
    Letter::insert_many(db, &letters).await.unwrap();
    assert_eq!(letters[1].replies().clear(db).await.unwrap(), 2, "without the two replies to one of them");
    assert_eq!(count::<Letter>(db).await, 5);
    assert!(letters[0].replies().remove(db, &letters[2]).await.unwrap());
    assert_eq!(count::<Letter>(db).await, 2);
    assert_eq!(letters[0].replies().clear(db).await.unwrap(), 1);
}
