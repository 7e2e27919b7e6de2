use earnorm::prelude::*;

use crate::{database, left};

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

/// Orders 1 and 2; order 1 has lines 1 to 3 with a remark each.
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
async fn a_removed_child_is_deleted_by_its_own_rules() {
    let test = database().await;
    let db = test.db();
    let (order, lines) = orders(db).await;
    assert!(order.lines().remove(db, &lines[0]).await.unwrap());
    assert_eq!(ids(db).await, (vec![2, 3], vec![2, 3]));
    assert!(!order.lines().remove(db, &lines[0]).await.unwrap());
}

#[tokio::test]
async fn a_child_that_belongs_to_another_by_now_is_kept() {
    let test = database().await;
    let db = test.db();
    let (order, lines) = orders(db).await;
    Order { id: 2 }.lines().add(db, lines[0].clone()).await.unwrap();
    assert!(!order.lines().remove(db, &lines[0]).await.unwrap());
    assert_eq!(order.lines().clear(db).await.unwrap(), 2);
    assert_eq!(ids(db).await, (vec![1], vec![1]));
}

#[tokio::test]
async fn of_a_set_what_is_set_again_is_kept() {
    let test = database().await;
    let db = test.db();
    let (order, lines) = orders(db).await;
    let new = Line { id: 4, order_id: 0 };
    let set = order.lines().set(db, [lines[1].clone(), new]).await.unwrap();
    assert_eq!(set.iter().map(|line| (line.id, line.order_id)).collect::<Vec<_>>(), [(2, 1), (4, 1)]);
    assert_eq!(ids(db).await, (vec![2, 4], vec![2]));
}

#[tokio::test]
async fn the_one_that_is_replaced_is_deleted() {
    let test = database().await;
    let db = test.db();
    let (order, _) = orders(db).await;
    let first = Address { id: 1, order_id: None };
    order.address().set(db, first.clone()).await.unwrap();
    order.address().set(db, first.clone()).await.unwrap();
    assert_eq!(left::<Address>(db).await, 1);
    order.address().set(db, Address { id: 2, order_id: None }).await.unwrap();
    let all = Address::find_all().all(db).await.unwrap();
    assert_eq!(all, [Address { id: 2, order_id: Some(1) }]);
    assert!(order.address().clear(db).await.unwrap());
    assert_eq!(left::<Address>(db).await, 0);
}

#[tokio::test]
async fn from_the_keys_side_a_cleared_child_is_an_orphan_as_well() {
    let test = database().await;
    let db = test.db();
    orders(db).await;
    let address = Address { id: 1, order_id: Some(1) }.insert(db).await.unwrap();
    // it takes over the place of another, which goes
    let other = Address { id: 2, order_id: None }.insert(db).await.unwrap();
    other.order().set(db, &Order { id: 1 }).await.unwrap();
    assert!(Address::get(db, address.id).await.unwrap().is_none());
    let other = Address::get(db, 2).await.unwrap().unwrap();
    assert!(other.order().clear(db).await.unwrap());
    assert_eq!(left::<Address>(db).await, 0);
}

#[tokio::test]
async fn in_a_transaction_that_fails_nothing_was_removed() {
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
async fn of_a_model_in_itself_those_are_counted_that_were_in_the_relation() {
    let test = database().await;
    let db = test.db();
    let letters: Vec<_> = (1..=9).map(|id| Letter { id, answers_id: (id > 1).then_some(id / 2) }).collect();
    Letter::insert_many(db, &letters).await.unwrap();
    assert_eq!(letters[1].replies().clear(db).await.unwrap(), 2, "and not the two that answer one of them");
    assert_eq!(left::<Letter>(db).await, 5);
    assert!(letters[0].replies().remove(db, &letters[2]).await.unwrap());
    assert_eq!(left::<Letter>(db).await, 2);
    assert_eq!(letters[0].replies().clear(db).await.unwrap(), 1);
}
