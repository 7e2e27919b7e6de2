//! Relations by a key in embedded documents of the target.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{Cart, Country, Label, Line, Order, Product, Supplier, line, shop};

#[tokio::test]
async fn a_document_that_refers_twice_is_one_related_document() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let product = Product::get(db, 1).await.unwrap().unwrap();
    let orders = assert_commands!(test, 1, { product.orders().all(db).await.unwrap() });
    assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [1]);
    assert_eq!(assert_commands!(test, 1, { product.orders().count(db).await.unwrap() }), 1);
    let large = product.orders().filter(Order::LINES.any(Line::QUANTITY.gt(3))).order_by(Order::ID.desc());
    assert_eq!(large.limit(1).first(db).await.unwrap().unwrap().id, 1);
    assert_eq!(product.carts().count(db).await.unwrap(), 1);
    for strategy in STRATEGIES {
        let query = Product::find_all()
            .with(Product::ORDERS.order_by(Order::ID.desc()))
            .with(Product::ORDERS.count())
            .with(Product::CARTS)
            .order_by(Product::ID.asc())
            .strategy(strategy);
        let products = query.all(db).await.unwrap();
        let orders = |n: usize| products[n].related(Product::ORDERS).iter().map(|order| order.id).collect::<Vec<_>>();
        assert_eq!([orders(0), orders(1), orders(2)], [vec![1], vec![2, 1], vec![]], "{strategy:?}");
        let counts: Vec<_> = products.iter().map(|product| product.count(Product::ORDERS)).collect();
        assert_eq!(counts, [1, 2, 0]);
        let carts: Vec<_> = products.iter().map(|product| product.related(Product::CARTS).len()).collect();
        assert_eq!(carts, [1, 0, 1]);
    }
}

#[tokio::test]
async fn windows_apply_to_each_parent() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let more = (10..20).map(|id| Order {
        id,
        lines: vec![line(1, None, 1), line(2, None, 1), line(1, None, 2)],
        billing: None,
        tags: vec![],
    });
    Order::insert_many(db, &more.collect::<Vec<_>>()).await.unwrap();
    for strategy in STRATEGIES {
        let include = Product::ORDERS.order_by(Order::ID.desc()).skip(1).limit(2);
        let query = Product::find_all().with(include).order_by(Product::ID.asc()).strategy(strategy);
        let products = query.all(db).await.unwrap();
        let orders = |n: usize| products[n].related(Product::ORDERS).iter().map(|order| order.id).collect::<Vec<_>>();
        assert_eq!([orders(0), orders(1), orders(2)], [vec![18, 17], vec![18, 17], vec![]], "{strategy:?}");
    }
    let products = Product::find_all().all(db).await.unwrap();
    let counts = Product::ORDERS.count_by(db, &products).await.unwrap();
    assert_eq!((counts[&1], counts[&2], counts[&3]), (11, 12, 0));
    let loaded = Product::CARTS.batch_load_by_ids(db, [1, 3, 9]).await.unwrap();
    assert_eq!((loaded[&1].len(), loaded[&3].len(), loaded[&9].len()), (1, 1, 0));
}

#[tokio::test]
async fn removing_a_reference_empties_the_key_in_its_elements() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let supplier = Supplier::get(db, 1).await.unwrap().unwrap();
    let order = Order::get(db, 1).await.unwrap().unwrap();
    assert!(assert_commands!(test, 1, { supplier.orders().remove(db, &order).await.unwrap() }));
    assert!(!supplier.orders().remove(db, &order).await.unwrap());
    let after = Order::get(db, 1).await.unwrap().unwrap();
    assert_eq!(after.lines.iter().map(|line| line.supplier_id).collect::<Vec<_>>(), [None, None, Some(2), None]);
    let other = Supplier::get(db, 2).await.unwrap().unwrap();
    assert_eq!(assert_commands!(test, 1, { other.orders().clear(db).await.unwrap() }), 2);
    assert_eq!(other.orders().count(db).await.unwrap(), 0);
    // the lines are still there
    assert_eq!(Order::get(db, 1).await.unwrap().unwrap().lines.len(), 4);
}

#[tokio::test]
async fn removing_a_reference_with_the_rule_pull_removes_its_elements() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let label = Label::get(db, "a").await.unwrap().unwrap();
    assert_eq!(label.orders().filter(Order::ID.gt(1)).clear(db).await.unwrap(), 1);
    assert_eq!(Order::get(db, 2).await.unwrap().unwrap().tags, [None]);
    assert_eq!(Order::get(db, 1).await.unwrap().unwrap().tags.len(), 3);
    let product = Product::get(db, 3).await.unwrap().unwrap();
    let cart = Cart::get(db, 1).await.unwrap().unwrap();
    assert!(product.carts().remove(db, &cart).await.unwrap());
    let after = Cart::get(db, 1).await.unwrap().unwrap();
    assert_eq!(after.groups.iter().map(|group| group.items.len()).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn children_by_a_key_in_an_embedded_document_are_added_and_removed() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let country = Country::get(db, 2).await.unwrap().unwrap();
    let order = Order::get(db, 1).await.unwrap().unwrap();
    let moved = country.orders().add(db, order).await.unwrap();
    assert_eq!(moved.billing.unwrap().address.unwrap().country_id, Some(2));
    assert_eq!(country.orders().count(db).await.unwrap(), 2);
    let order = Order::get(db, 3).await.unwrap().unwrap();
    assert!(country.orders().remove(db, &order).await.unwrap());
    let after = Order::get(db, 3).await.unwrap().unwrap();
    assert_eq!(after.billing.unwrap().address.unwrap().country_id, None);
    // without an embedded document, there is no place for the key
    let order = Order::get(db, 2).await.unwrap().unwrap();
    let refused = country.orders().add(db, order).await;
    assert!(matches!(&refused, Err(Error::Invalid { model: "Order", .. })), "{refused:?}");
    assert_eq!(refused.unwrap_err().to_string().matches("billing.address.country_id").count(), 1);
    assert_eq!(country.orders().clear(db).await.unwrap(), 1);
    let created = Order { id: 50, lines: vec![], billing: crate::models::billing(1), tags: vec![] };
    let created = country.orders().create(db, created).await.unwrap();
    assert_eq!(created.billing.unwrap().address.unwrap().country_id, Some(2));
}
