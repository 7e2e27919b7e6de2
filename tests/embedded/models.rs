//! A shop: orders with lines, a billing address and tags; carts with items in groups.
#![allow(clippy::unnecessary_wraps, reason = "the values of fields that are `Option`s")]

use earnorm::mongodb::Database;
use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    #[relation(many_to_one, target = Product, on_delete = "restrict")]
    pub(crate) product_id: i64,
    #[relation(many_to_one, target = Supplier, on_delete = "set_null")]
    pub(crate) supplier_id: Option<i64>,
    pub(crate) quantity: i32,
    pub(crate) sku: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Party {
    pub(crate) name: String,
    #[model(embedded)]
    pub(crate) address: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Address {
    pub(crate) city: String,
    #[relation(many_to_one, target = Country, on_delete = "set_null")]
    pub(crate) country_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Tag {
    #[relation(many_to_one, target = Label, on_delete = "pull")]
    pub(crate) label_id: String,
    pub(crate) weight: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Order {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    #[model(embedded)]
    #[serde(rename = "ls")]
    pub(crate) lines: Vec<Line>,
    #[model(embedded)]
    pub(crate) billing: Option<Party>,
    #[model(embedded)]
    pub(crate) tags: Vec<Option<Tag>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.product_id, back_populates = lines.product)]
#[relation(many_to_many, target = Cart, target_ids = groups.items.product_id)]
pub(crate) struct Product {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) title: String,
    #[relation(many_to_one, target = Maker)]
    pub(crate) maker_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.supplier_id)]
pub(crate) struct Supplier {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Maker {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Order, fk = billing.address.country_id, back_populates = billing.address.country)]
pub(crate) struct Country {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = tags.label_id)]
pub(crate) struct Label {
    #[serde(rename = "_id")]
    pub(crate) id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Item {
    #[relation(many_to_one, target = Product, on_delete = "pull")]
    pub(crate) product_id: i64,
    #[relation(many_to_one, target = Supplier, on_delete = "set_null")]
    pub(crate) supplier_id: Option<i64>,
    pub(crate) note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Group {
    pub(crate) name: String,
    #[model(embedded)]
    #[serde(default)]
    pub(crate) items: Vec<Option<Item>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Cart {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    #[model(embedded)]
    pub(crate) groups: Vec<Group>,
}

pub(crate) fn line(product_id: i64, supplier_id: Option<i64>, quantity: i32) -> Line {
    Line { product_id, supplier_id, quantity, sku: format!("sku{quantity}") }
}

pub(crate) fn tag(label: &str) -> Option<Tag> {
    Some(Tag { label_id: label.to_owned(), weight: 1 })
}

pub(crate) fn billing(country: i64) -> Option<Party> {
    let address = Address { city: "Rome".to_owned(), country_id: Some(country) };
    Some(Party { name: "Ada".to_owned(), address: Some(address) })
}

pub(crate) fn item(product_id: i64, supplier_id: Option<i64>) -> Option<Item> {
    Some(Item { product_id, supplier_id, note: format!("p{product_id}") })
}

/// Products 1 to 3 (1 and 2 by maker 1), suppliers 1 and 2, countries 1 and 2, labels `a` and `b`; orders 1 to 3, and
/// carts 1 and 2.
pub(crate) async fn shop(db: &Database) {
    let product = |id, maker_id| Product { id, title: format!("product {id}"), maker_id };
    Product::insert_many(db, &[product(1, Some(1)), product(2, Some(1)), product(3, None)]).await.unwrap();
    Supplier::insert_many(db, &[Supplier { id: 1 }, Supplier { id: 2 }]).await.unwrap();
    Maker { id: 1 }.insert(db).await.unwrap();
    Country::insert_many(db, &[Country { id: 1 }, Country { id: 2 }]).await.unwrap();
    Label::insert_many(db, &["a", "b"].map(|id| Label { id: id.to_owned() })).await.unwrap();
    let orders = [
        Order {
            id: 1,
            // product 1 twice, and product 9 doesn't exist
            lines: vec![line(1, Some(1), 1), line(2, None, 2), line(1, Some(2), 3), line(9, Some(1), 4)],
            billing: billing(1),
            tags: vec![None, tag("a"), tag("b")],
        },
        Order { id: 2, lines: vec![line(2, Some(2), 5)], billing: None, tags: vec![tag("a"), None] },
        Order { id: 3, lines: vec![], billing: billing(2), tags: vec![] },
    ];
    Order::insert_many(db, &orders).await.unwrap();
    let group = |name: &str, items| Group { name: name.to_owned(), items };
    let carts = [
        Cart {
            id: 1,
            groups: vec![
                group("now", vec![item(1, Some(1)), None, item(3, None)]),
                group("later", vec![item(3, Some(1)), item(1, Some(2))]),
            ],
        },
        Cart { id: 2, groups: vec![group("empty", vec![])] },
    ];
    Cart::insert_many(db, &carts).await.unwrap();
}
