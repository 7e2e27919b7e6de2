//! Embedded documents: keys in an array, loaded, changed, deleted by a rule, and serialized.

use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product)]
    product_id: Option<ObjectId>,
    #[relation(many_to_one, target = Seller, on_delete = "set_null")]
    seller_id: Option<ObjectId>,
    quantity: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.product_id)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Seller {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[tokio::test]
async fn embedded_documents_work() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let db = test.db();
    let product = Product { id: ObjectId::new(), title: "anvil".into() }.insert(db).await.unwrap();
    let seller = Seller { id: ObjectId::new() }.insert(db).await.unwrap();
    let line = |product_id, quantity| Line { product_id, seller_id: Some(seller.id), quantity };
    let lines = vec![line(Some(product.id), 1), line(None, 2), line(Some(ObjectId::new()), 3)];
    let mut order = Order { id: ObjectId::new(), lines }.insert(db).await.unwrap();
    for strategy in [Strategy::Batch, Strategy::Lookup] {
        let query = Order::find(Order::LINES.any(Line::QUANTITY.eq(1) & Line::PRODUCT.any()));
        let found = query.with(Order::LINES.with(Line::PRODUCT)).strategy(strategy).one(db).await.unwrap();
        let lines = found.related(Order::LINES);
        let titles: Vec<_> = lines.iter().map(|line| line.related(Line::PRODUCT).map(|p| p.title.as_str())).collect();
        assert_eq!(titles, [Some("anvil"), None, None]);
    }
    order.update(db, Order::LINES.each_where(Line::QUANTITY.gt(1)).at(Line::QUANTITY).inc(10)).await.unwrap();
    assert_eq!(order.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [1, 12, 13]);
    seller.delete(db).await.unwrap();
    let order = Order::get(db, order.id).await.unwrap().unwrap();
    assert!(order.lines.iter().all(|line| line.seller_id.is_none()));
    assert_eq!(product.orders().count(db).await.unwrap(), 1);
    assert_eq!(earnorm::integrity::scan(db).await.unwrap().len(), 1);
}
