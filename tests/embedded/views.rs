//! Views of embedded documents, and relations of embedded documents below a view.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database, insert_documents};
use serde_json::json;

use crate::models::{Address, Country, Line, Order, Party, Product, Tag, shop};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Line)]
struct Sku {
    sku: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Party)]
struct PartyAddress {
    address: Option<City>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Address)]
struct City {
    city: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Order)]
struct Summary {
    #[serde(rename = "ls")]
    lines: Vec<Sku>,
    billing: Option<PartyAddress>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Order)]
struct OrderId {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Product)]
struct ProductTitle {
    title: String,
}

#[tokio::test]
async fn embedded_documents_can_be_views() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let query = Order::find_all().order_by(Order::ID.asc()).view::<Summary>();
    let (found, sent) = test.log().record(query.all(db)).await;
    let projection = sent[0].body.get_document("projection").unwrap();
    assert_eq!(projection, &doc! { "_id": 1, "billing.address.city": 1, "ls.sku": 1 });
    let (found, whole) = (found.unwrap(), Order::find_all().order_by(Order::ID.asc()).all(db).await.unwrap());
    for (summary, order) in found.iter().zip(&whole) {
        let skus: Vec<_> = order.lines.iter().map(|line| Sku { sku: line.sku.clone() }).collect();
        assert_eq!(summary.lines, skus);
        let city = |party: &Party| party.address.as_ref().map(|address| address.city.clone());
        let seen = |party: &PartyAddress| party.address.as_ref().map(|address| address.city.clone());
        assert_eq!(summary.billing.as_ref().map(seen), order.billing.as_ref().map(city));
    }
}

#[tokio::test]
async fn relations_of_embedded_documents_load_below_a_view_that_lacks_them() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    // neither array is stored
    insert_documents(db, "orders", [doc! { "_id": 8, "billing": null, "tags": [] }]).await;
    for strategy in STRATEGIES {
        let query = || Order::find(Order::ID.lt(8)).order_by(Order::ID.asc()).strategy(strategy);
        let lines = || Order::LINES.with(Line::PRODUCT.view::<ProductTitle>());
        let billing = || Order::BILLING.with(Party::ADDRESS.with(Address::COUNTRY));
        let tags = || Order::TAGS.with(Tag::LABEL);
        let whole = query().with(lines()).with(billing()).with(tags()).all(db).await.unwrap();
        let commands = if strategy == Strategy::Batch { 4 } else { 1 };
        let viewed = query().view::<OrderId>().with(lines()).with(billing()).with(tags()).all(db);
        let viewed = assert_commands!(test, commands, viewed.await.unwrap());
        for (viewed, order) in viewed.iter().zip(&whole) {
            assert_eq!(viewed.id, order.id);
            let titles = |line: Option<&ProductTitle>| line.map(|product| product.title.clone());
            let of: Vec<_> =
                order.related(Order::LINES).iter().map(|line| titles(line.related(Line::PRODUCT))).collect();
            let seen: Vec<_> =
                viewed.related(Order::LINES).iter().map(|line| titles(line.related(Line::PRODUCT))).collect();
            assert_eq!(of, seen, "{strategy:?}");
            let quantities: Vec<_> = viewed.related(Order::LINES).iter().map(|line| line.quantity).collect();
            assert_eq!(quantities, order.lines.iter().map(|line| line.quantity).collect::<Vec<_>>());
            let country = viewed.related(Order::BILLING).and_then(|billing| {
                billing.related(Party::ADDRESS)?.related(Address::COUNTRY).map(|country: &Country| country.id)
            });
            let of = order.related(Order::BILLING).and_then(|billing| {
                billing.related(Party::ADDRESS)?.related(Address::COUNTRY).map(|country| country.id)
            });
            assert_eq!(country, of);
            assert_eq!(viewed.related(Order::TAGS).len(), order.related(Order::TAGS).len());
        }
        let without = Order::find(Order::ID.eq(8)).view::<OrderId>().with(lines()).strategy(strategy);
        assert!(without.one(db).await.unwrap().related(Order::LINES).is_empty());
    }
}

#[tokio::test]
async fn what_was_loaded_serializes_in_place_of_the_field_or_beside_the_view() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    for strategy in STRATEGIES {
        let lines = || Order::LINES.with(Line::PRODUCT.view::<ProductTitle>());
        let query = || Order::find(Order::ID.eq(2)).strategy(strategy);
        let order = query().with(lines()).one(db).await.unwrap();
        let of_order = serde_json::to_value(&order).unwrap()["ls"].clone();
        let beside = serde_json::to_value(query().view::<OrderId>().with(lines()).one(db).await.unwrap()).unwrap();
        assert_eq!(beside, json!({ "_id": 2, "ls": of_order }));
        let inside = serde_json::to_value(query().view::<Summary>().with(lines()).one(db).await.unwrap()).unwrap();
        assert_eq!(inside["ls"], of_order);
        assert_eq!(inside.as_object().unwrap().len(), 2);
    }
}
