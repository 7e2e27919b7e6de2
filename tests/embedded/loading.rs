//! Loading the relations of embedded documents.

use earnorm::Erased;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database, insert_documents};

use crate::models::{Address, Cart, Country, Group, Item, Line, Order, Party, Product, Tag, line, shop};

#[tokio::test]
async fn the_relations_of_all_embedded_documents_are_loaded_together() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let graph = || {
        Order::find_all()
            .with(Order::LINES.with(Line::PRODUCT.with(Product::MAKER)).with(Line::SUPPLIER.count()))
            .with(Order::BILLING.with(Party::ADDRESS.with(Address::COUNTRY)))
            .with(Order::TAGS.with(Tag::LABEL))
            .order_by(Order::ID.asc())
    };
    // orders, products, makers, suppliers, countries, labels
    let orders = assert_commands!(test, 6, { graph().all(db).await.unwrap() });
    let lines: Vec<_> = orders[0].related(Order::LINES).iter().collect();
    let titles: Vec<_> = lines.iter().map(|line| line.related(Line::PRODUCT).map(|p| p.title.as_str())).collect();
    // product 9 doesn't exist, and its line is kept
    assert_eq!(titles, [Some("product 1"), Some("product 2"), Some("product 1"), None]);
    assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(lines.iter().map(|line| line.count(Line::SUPPLIER)).collect::<Vec<_>>(), [1, 0, 1, 1]);
    let maker = lines[2].related(Line::PRODUCT).unwrap().related(Product::MAKER);
    assert_eq!(maker.map(|maker| maker.id), Some(1));
    let country = |order: usize| {
        let billing = orders[order].related(Order::BILLING)?;
        billing.related(Party::ADDRESS)?.related(Address::COUNTRY).map(|country| country.id)
    };
    assert_eq!([country(0), country(1), country(2)], [Some(1), None, Some(2)]);
    // the null in the array is passed over
    let labels = |order: usize| -> Vec<_> {
        orders[order].related(Order::TAGS).iter().map(|tag| tag.related(Tag::LABEL).unwrap().id.clone()).collect()
    };
    assert_eq!((labels(0), labels(1)), (vec!["a".to_owned(), "b".to_owned()], vec!["a".to_owned()]));
    assert!(orders[2].related(Order::LINES).is_empty());

    // counts for each element take a command of their own
    let joined = assert_commands!(test, 2, { graph().strategy(Strategy::Lookup).all(db).await.unwrap() });
    assert_eq!(joined, orders);
}

#[tokio::test]
async fn one_pipeline_joins_the_relations_of_embedded_documents() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let graph = || {
        Order::find_all()
            .with(Order::LINES.with(Line::PRODUCT.with(Product::MAKER)).with(Line::SUPPLIER))
            .with(Order::BILLING.with(Party::ADDRESS.with(Address::COUNTRY)))
            .with(Order::TAGS.with(Tag::LABEL))
            .order_by(Order::ID.asc())
    };
    let batches = graph().all(db).await.unwrap();
    let joined = assert_commands!(test, 1, { graph().strategy(Strategy::Lookup).all(db).await.unwrap() });
    assert_eq!(joined, batches);
    let carts = || {
        let items = Group::ITEMS.with(Item::PRODUCT.with(Product::MAKER)).with(Item::SUPPLIER);
        Cart::find_all().with(Cart::GROUPS.with(items)).order_by(Cart::ID.asc())
    };
    let batches = assert_commands!(test, 4, { carts().all(db).await.unwrap() });
    let joined = assert_commands!(test, 1, { carts().strategy(Strategy::Lookup).all(db).await.unwrap() });
    assert_eq!(joined, batches);
    let groups: Vec<_> = batches[0].related(Cart::GROUPS).iter().collect();
    let products = |group: usize| -> Vec<_> {
        let items = groups[group].related(Group::ITEMS);
        items.iter().map(|item| item.related(Item::PRODUCT).map(|product| product.id)).collect()
    };
    assert_eq!((products(0), products(1)), (vec![Some(1), Some(3)], vec![Some(3), Some(1)]));
}

#[tokio::test]
async fn a_filter_empties_the_places_of_documents_and_keeps_their_elements() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    for strategy in STRATEGIES {
        let query = Order::find(Order::ID.eq(1))
            .with(Order::LINES.with(Line::PRODUCT.filter(Product::TITLE.eq("product 1"))))
            .strategy(strategy);
        let order = query.one(db).await.unwrap();
        let lines = order.related(Order::LINES);
        let found: Vec<_> = lines.into_iter().map(|line| line.related(Line::PRODUCT).map(|p| p.id)).collect();
        assert_eq!(found, [Some(1), None, Some(1), None], "{strategy:?}");
    }
}

#[tokio::test]
async fn one_command_loads_the_products_of_20_000_lines() {
    let test = database().await;
    let db = test.db();
    let product = |id| Product { id, title: String::new(), maker_id: None };
    Product::insert_many(db, &(0..900).map(product).collect::<Vec<_>>()).await.unwrap();
    // 100 of the ids have no document
    let order = |id: i64| Order {
        id,
        lines: (0..40).map(|n| line((id * 40 + n) % 1_000, None, 1)).collect(),
        billing: None,
        tags: vec![],
    };
    Order::insert_many(db, &(0..500).map(order).collect::<Vec<_>>()).await.unwrap();
    let query = Order::find_all().with(Order::LINES.with(Line::PRODUCT)).order_by(Order::ID.asc());
    let orders = assert_commands!(test, 2, { query.all(db).await.unwrap() });
    let mut dangling = 0;
    for order in &orders {
        let lines = order.related(Order::LINES);
        assert_eq!(lines.len(), 40);
        for line in lines {
            match line.related(Line::PRODUCT) {
                Some(product) => assert_eq!(product.id, line.product_id),
                None => dangling += usize::from(line.product_id >= 900),
            }
        }
    }
    assert_eq!(dangling, 2_000);
}

#[tokio::test]
async fn streams_pages_and_transactions_load_embedded_documents() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    for strategy in STRATEGIES {
        let query = || {
            let lines = Order::LINES.with(Line::PRODUCT);
            Order::find_all().with(lines).order_by(Order::ID.asc()).strategy(strategy)
        };
        let all = query().all(db).await.unwrap();
        let mut rows = query().stream(db);
        let mut streamed = Vec::new();
        while let Some(row) = rows.next().await {
            streamed.push(row.unwrap());
        }
        assert_eq!(streamed, all);
        assert_eq!(query().page(db, 2, 2).await.unwrap().items, all[2..]);
        let inside = earnorm::transaction(db, async |tx| query().all(tx).await).await.unwrap();
        assert_eq!(inside, all);
    }
}

#[tokio::test]
async fn the_relation_of_one_embedded_document_is_read_by_its_method() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let order = Order::get(db, 1).await.unwrap().unwrap();
    let product = assert_commands!(test, 1, { order.lines[0].product().require(db).await.unwrap() });
    assert_eq!(product.id, 1);
    let missing = order.lines[3].product().require(db).await;
    assert!(matches!(missing, Err(earnorm::Error::Dangling { model: "Line", field: "productId", .. })), "{missing:?}");
    assert_commands!(test, 0, { assert_eq!(order.lines[1].supplier().get(db).await.unwrap(), None) });
    let filtered = order.lines[0].product().filter(Product::TITLE.eq("other")).exists(db).await.unwrap();
    assert!(!filtered);
}

#[tokio::test]
async fn embedded_documents_at_hand_are_loaded_without_their_model() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let order = Order::get(db, 1).await.unwrap().unwrap();
    let products = assert_commands!(test, 1, { Line::PRODUCT.load(db, &order.lines).await.unwrap() });
    let ids: Vec<_> = products.iter().map(|product| product.get().map(|product| product.id)).collect();
    assert_eq!(ids, [Some(1), Some(2), Some(1), None]);
    let made = assert_commands!(test, 2, { Line::PRODUCT.with(Product::MAKER).load(db, &order.lines).await.unwrap() });
    assert_eq!(made[0].get().unwrap().related(Product::MAKER).unwrap().id, 1);
}

#[tokio::test]
async fn an_include_of_embedded_documents_can_be_optional() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let read = async |wanted: bool| {
        let lines = wanted.then(|| Order::LINES.with(Line::PRODUCT));
        Order::find(Order::ID.eq(2)).with(lines).one(db).await.unwrap()
    };
    let with = assert_commands!(test, 2, { read(true).await });
    assert_eq!(with.related(Order::LINES).unwrap().get(0).unwrap().related(Line::PRODUCT).unwrap().id, 2);
    let without = assert_commands!(test, 1, { read(false).await });
    assert!(without.related(Order::LINES).is_none());
    let erased: Erased<Order> = without.erase();
    assert!(erased.related(Order::LINES).is_none());
}

#[tokio::test]
async fn embedded_documents_of_related_documents_are_loaded() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    for (strategy, commands) in [(Strategy::Batch, 3), (Strategy::Lookup, 3)] {
        let query = Product::find(Product::ID.eq(1))
            .with(Product::ORDERS.with(Order::LINES.with(Line::SUPPLIER)))
            .strategy(strategy);
        let product = assert_commands!(test, commands, { query.one(db).await.unwrap() });
        let orders = product.related(Product::ORDERS);
        assert_eq!(orders.len(), 1);
        let suppliers = orders[0].related(Order::LINES);
        let ids: Vec<_> = suppliers.iter().map(|line| line.related(Line::SUPPLIER).map(|s| s.id)).collect();
        assert_eq!(ids, [Some(1), None, Some(2), Some(1)]);
    }
}

#[tokio::test]
async fn a_document_without_its_array_cannot_be_read_unless_the_field_has_a_default() {
    let test = database().await;
    let db = test.db();
    insert_documents(db, "orders", [doc! { "_id": 1_i64, "billing": null, "tags": [] }]).await;
    let orders = Order::find_all().with(Order::LINES.with(Line::PRODUCT)).all(db).await;
    assert!(matches!(orders, Err(earnorm::Error::Decode { model: "Order", .. })), "{orders:?}");
    insert_documents(db, "carts", [doc! { "_id": 1_i64, "groups": [{ "name": "no items" }] }]).await;
    for strategy in STRATEGIES {
        let query = Cart::find_all().with(Cart::GROUPS.with(Group::ITEMS.with(Item::PRODUCT))).strategy(strategy);
        let cart = query.one(db).await.unwrap();
        assert!(cart.related(Cart::GROUPS).get(0).unwrap().related(Group::ITEMS).is_empty());
    }
}

#[tokio::test]
async fn the_country_of_one_address_is_loaded_from_both_sides() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    for strategy in STRATEGIES {
        let query = Country::find_all().with(Country::ORDERS).order_by(Country::ID.asc()).strategy(strategy);
        let countries = query.all(db).await.unwrap();
        let orders = |n: usize| countries[n].related(Country::ORDERS).iter().map(|order| order.id).collect::<Vec<_>>();
        assert_eq!((orders(0), orders(1)), (vec![1], vec![3]), "{strategy:?}");
    }
}
