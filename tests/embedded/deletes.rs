//! Delete rules of keys in embedded documents.

use earnorm::Error;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{database, document, documents, insert_documents};

use crate::models::{Cart, Country, Label, Order, Product, Supplier, item, line, shop};

#[tokio::test]
async fn restrict_in_an_array_blocks_before_any_write() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let before = (documents(db, "orders").await, documents(db, "carts").await);
    let product = Product::get(db, 1).await.unwrap().unwrap();
    let plan = product.plan_delete(db).await.unwrap();
    assert!(plan.is_blocked());
    assert_eq!(plan.blockers()[0].len(), 1);
    assert!(plan.to_string().contains("by `ls.productId`"), "{plan}");
    let refused = product.delete(db).await;
    assert!(matches!(&refused, Err(Error::Restricted { blockers, .. }) if blockers.model == "Order"), "{refused:?}");
    assert_eq!((documents(db, "orders").await, documents(db, "carts").await), before);
}

#[tokio::test]
async fn set_null_empties_the_key_in_each_element_and_nothing_else() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let supplier = Supplier::get(db, 1).await.unwrap().unwrap();
    let plan = supplier.plan_delete(db).await.unwrap();
    let text = plan.to_string();
    assert!(text.starts_with("1 supplier deleted; 1 ") && text.ends_with(" unlinked"), "{text}");
    assert!(text.contains("1 order (in `ls`)") && text.contains("1 cart (in `groups.items`)"), "{text}");
    let report = plan.execute(db).await.unwrap();
    assert_eq!(report.to_string(), text);
    assert_eq!((report.deleted(), report.unlinked()), (1, 2));
    let order = Order::get(db, 1).await.unwrap().unwrap();
    assert_eq!(order.lines, [line(1, None, 1), line(2, None, 2), line(1, Some(2), 3), line(9, None, 4)]);
    let cart = Cart::get(db, 1).await.unwrap().unwrap();
    assert_eq!(cart.groups[0].items, [item(1, None), None, item(3, None)]);
    assert_eq!(cart.groups[1].items, [item(3, None), item(1, Some(2))]);
}

#[tokio::test]
async fn set_null_empties_a_key_in_a_single_embedded_document() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let country = Country::get(db, 1).await.unwrap().unwrap();
    assert_eq!(country.delete(db).await.unwrap().to_string(), "1 country deleted; 1 order unlinked");
    let billing = Order::get(db, 1).await.unwrap().unwrap().billing.unwrap();
    assert_eq!(billing.address.unwrap().country_id, None);
}

#[tokio::test]
async fn pull_removes_elements_two_levels_deep_and_keeps_the_bytes_of_the_others() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let odd = doc! { "z": [1_i64, { "q": null }], "product_id": 2_i64, "note": "odd", "a": 1.5 };
    let gone = doc! { "product_id": 3_i64, "note": "gone" };
    let stored = doc! {
        "_id": 7_i64,
        "groups": [
            { "name": "x", "items": [&odd, &gone, null, "text", &odd] },
            { "items": [&gone], "name": "y" },
            { "name": "no items" },
            null,
            { "name": "not an array", "items": 5 },
        ],
    };
    insert_documents(db, "carts", [stored]).await;
    let report = Product::get(db, 3).await.unwrap().unwrap().delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 product deleted; 2 carts (in `groups.items`) unlinked");
    let expected = doc! {
        "_id": 7_i64,
        "groups": [
            { "name": "x", "items": [&odd, null, "text", &odd] },
            { "items": [], "name": "y" },
            { "name": "no items" },
            null,
            { "name": "not an array", "items": 5 },
        ],
    };
    assert_eq!(document(db, "carts", 7_i64).await, expected);
    let cart = Cart::get(db, 1).await.unwrap().unwrap();
    assert_eq!(cart.groups[0].items, [item(1, Some(1)), None]);
    assert_eq!(cart.groups[1].items, [item(1, Some(2))]);
}

#[tokio::test]
async fn a_document_that_stores_something_else_fails_no_delete() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let others: Vec<Bson> = vec![
        5.into(),
        "text".into(),
        Bson::Null,
        doc! { "productId": 2_i64, "supplierId": 1_i64 }.into(),
        vec![Bson::Null, 3.into(), Bson::Array(vec![doc! { "supplierId": 1_i64 }.into()])].into(),
    ];
    let stored = others.into_iter().enumerate().map(|(n, lines)| {
        let id = 100 + i64::try_from(n).unwrap();
        doc! { "_id": id, "ls": lines, "tags": { "label_id": "a" } }
    });
    let stored: Vec<_> = stored.collect();
    insert_documents(db, "orders", stored.clone()).await;
    Supplier::get(db, 1).await.unwrap().unwrap().delete(db).await.unwrap();
    let report = Label::get(db, "a").await.unwrap().unwrap().delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 label deleted; 2 orders (in `tags`) unlinked");
    let after: Vec<_> =
        documents(db, "orders").await.into_iter().filter(|order| order.get_i64("_id").unwrap() >= 100).collect();
    assert_eq!(after, stored);
    // such a document doesn't block a delete either
    db.collection::<Document>("orders").delete_many(doc! { "_id": { "$lt": 100 } }).await.unwrap();
    Product::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
}

/// Models for `cascade`, and for a rule on the reverse side.
mod cascade {
    use earnorm::Cause;
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Member {
        #[relation(many_to_one, target = Person, on_delete = "cascade")]
        pub(super) person_id: i64,
        #[relation(many_to_many, target = Badge)]
        pub(super) badge_ids: Vec<i64>,
    }

    /// The numbers of members of the teams whose hook ran before a delete.
    pub(super) static DELETED: std::sync::Mutex<Vec<(i64, usize)>> = std::sync::Mutex::new(Vec::new());

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(hooks)]
    #[relation(one_to_many, target = Room, fk = team_id, cascade_delete)]
    pub(super) struct Team {
        #[serde(rename = "_id")]
        pub(super) id: i64,
        #[model(embedded)]
        pub(super) members: Vec<Member>,
    }

    impl Hooks for Team {
        async fn before_delete(&self, cx: &HookContext<'_>) -> earnorm::Result<()> {
            let cause = cx.cause();
            assert!(matches!(cause, Cause::Relation { model: "Team", relation: "members.person" }), "{cause:?}");
            DELETED.lock().unwrap().push((self.id, self.members.len()));
            Ok(())
        }
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Room {
        #[serde(rename = "_id")]
        pub(super) id: i64,
        pub(super) team_id: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(many_to_many, target = Team, target_ids = members.person_id, back_populates = members.person)]
    pub(super) struct Person {
        #[serde(rename = "_id")]
        pub(super) id: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Badge {
        #[serde(rename = "_id")]
        pub(super) id: i64,
    }
}

async fn teams() -> TestDb {
    use cascade::{Badge, Member, Person, Room, Team};
    let test = database().await;
    let db = test.db();
    Person::insert_many(db, &[1, 2, 3].map(|id| Person { id })).await.unwrap();
    Badge::insert_many(db, &[1, 2].map(|id| Badge { id })).await.unwrap();
    let member = |person_id, badges: &[i64]| Member { person_id, badge_ids: badges.to_vec() };
    let teams = [
        Team { id: 1, members: vec![member(1, &[1, 2, 1]), member(2, &[])] },
        Team { id: 2, members: vec![member(3, &[2])] },
    ];
    Team::insert_many(db, &teams).await.unwrap();
    Room::insert_many(db, &[Room { id: 1, team_id: 1 }, Room { id: 2, team_id: 2 }]).await.unwrap();
    test
}

#[tokio::test]
async fn cascade_deletes_the_document_that_holds_the_element() {
    use cascade::{Person, Room, Team};
    let test = teams().await;
    let db = test.db();
    let report = Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 person, 1 team, 1 room deleted");
    // the hook saw the whole document
    assert_eq!(*cascade::DELETED.lock().unwrap(), [(1, 2)]);
    assert_eq!(Team::find_all().all(db).await.unwrap().iter().map(|team| team.id).collect::<Vec<_>>(), [2]);
    assert_eq!(Room::find_all().count(db).await.unwrap(), 1);
}

#[tokio::test]
async fn ids_in_an_array_of_an_element_are_pulled() {
    use cascade::{Badge, Member, Team};
    let test = teams().await;
    let db = test.db();
    let badges =
        Team::find_all().with(Team::MEMBERS.with(Member::BADGES)).order_by(Team::ID.asc()).all(db).await.unwrap();
    let ids = |team: usize, member: usize| -> Vec<i64> {
        let members = badges[team].related(Team::MEMBERS);
        members.get(member).unwrap().related(Member::BADGES).iter().map(|badge| badge.id).collect()
    };
    assert_eq!((ids(0, 0), ids(0, 1), ids(1, 0)), (vec![1, 2], vec![], vec![2]));
    let joined = Team::find_all().with(Team::MEMBERS.with(Member::BADGES)).order_by(Team::ID.asc());
    assert_eq!(joined.strategy(Strategy::Lookup).all(db).await.unwrap(), badges);
    let report = Badge::get(db, 1).await.unwrap().unwrap().delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 badge deleted; 2 links removed");
    let team = Team::get(db, 1).await.unwrap().unwrap();
    assert_eq!(team.members[0].badge_ids, [2]);
    // a single id where an array belongs, and an id that doesn't exist
    let odd =
        doc! { "_id": 9_i64, "members": [{ "person_id": 1_i64, "badge_ids": 2_i64 }, { "badge_ids": [2_i64, 7_i64] }] };
    insert_documents(db, "teams", [odd]).await;
    let report = earnorm::integrity::scan(db).await.unwrap();
    let repaired = report.repair(db, earnorm::integrity::Repair::Unlink).await.unwrap();
    assert_eq!((report.len(), repaired.unlinked), (1, 1));
    Badge::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    let expected = doc! { "_id": 9_i64, "members": [{ "person_id": 1_i64, "badge_ids": 2_i64 }, { "badge_ids": [] }] };
    assert_eq!(document(db, "teams", 9_i64).await, expected);
}

#[tokio::test]
async fn set_null_loses_no_change_of_concurrent_writers() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let lines = (0..20).map(|n| line(1, Some(1 + n % 2), i32::try_from(n).unwrap()));
    Order { id: 77, lines: lines.collect(), billing: None, tags: vec![] }.insert(db).await.unwrap();
    let writers = (0..16_i32).map(|writer| async move {
        for round in 0..5 {
            let new = line(2, Some(2), 1_000 + writer * 10 + round);
            Order::update_by_id(db, 77, Order::LINES.push(new)).await.unwrap();
            // moves an element to the end
            let moved = Order::LINES.pull_where(crate::models::Line::QUANTITY.eq(writer));
            Order::update_by_id(db, 77, moved).await.unwrap();
            Order::update_by_id(db, 77, Order::LINES.push(line(2, None, writer))).await.unwrap();
        }
    });
    let supplier = Supplier::get(db, 1).await.unwrap().unwrap();
    let (_, report) = futures_util::future::join(futures_util::future::join_all(writers), supplier.delete(db)).await;
    report.unwrap();
    let order = Order::get(db, 77).await.unwrap().unwrap();
    assert!(order.lines.iter().all(|line| line.supplier_id != Some(1)));
    for writer in 0..16 {
        assert_eq!(order.lines.iter().filter(|line| line.quantity == writer).count(), 1, "of {writer}");
        for round in 0..5 {
            assert_eq!(order.lines.iter().filter(|line| line.quantity == 1_000 + writer * 10 + round).count(), 1);
        }
    }
}
