//! Conditions on embedded documents, and on documents that they are related to.

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm::{Error, Filter};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, insert_documents};

use crate::models::{Address, Cart, Country, Group, Item, Line, Order, Party, Product, shop};

fn ids(orders: &[Order]) -> Vec<i64> {
    orders.iter().map(|order| order.id).collect()
}

#[tokio::test]
async fn a_path_through_an_array_matches_any_element_and_any_matches_one_element() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let find = async |filter: Filter<Order>| ids(&Order::find(filter).order_by(Order::ID.asc()).all(db).await.unwrap());
    assert_eq!(find(Order::LINES.at(Line::QUANTITY).gt(3)).await, [1, 2]);
    // two conditions may be true of two elements, unless they are in one `any`
    let apart = Order::LINES.at(Line::QUANTITY).eq(1) & Order::LINES.at(Line::SKU).eq("sku2");
    assert_eq!(find(apart).await, [1]);
    assert_eq!(find(Order::LINES.any(Line::QUANTITY.eq(1) & Line::SKU.eq("sku2"))).await, [0; 0]);
    assert_eq!(find(Order::LINES.any(Line::QUANTITY.eq(1) & Line::SKU.eq("sku1"))).await, [1]);
    assert_eq!(find(Order::LINES.any(Line::QUANTITY.eq(1) | Line::QUANTITY.eq(5))).await, [1, 2]);
    assert_eq!(find(Order::LINES.none(Line::QUANTITY.gt(3))).await, [3]);
    assert_eq!(find(Order::LINES.every(Line::QUANTITY.gt(3))).await, [2, 3]);
    assert_eq!(find(Order::LINES.any(!Line::QUANTITY.lt(4))).await, [1, 2]);
    assert_eq!(
        find(Order::BILLING.is(Party::NAME.eq("Ada") & Party::ADDRESS.at(Address::COUNTRY_ID).eq(2))).await,
        [3]
    );
    assert_eq!(find(Order::BILLING.at(Party::ADDRESS).at(Address::CITY).starts_with("Ro")).await, [1, 3]);
    assert_eq!(find(Order::BILLING.at(Party::ADDRESS).at(Address::COUNTRY_ID).is_in([1, 2])).await, [1, 3]);
    assert_eq!(find(Order::BILLING.is_null()).await, [2]);
    // the untyped paths work as before
    assert_eq!(find(Order::LINES.at(0).at("quantity").eq(1)).await, [1]);
    assert_eq!(find(Order::BILLING.at("address.city").eq("Rome")).await, [1, 3]);
    assert_eq!(find(Order::LINES.len(1)).await, [2]);
}

#[tokio::test]
async fn nulls_and_missing_values_match_as_the_server_defines_it() {
    let test = database().await;
    let db = test.db();
    let line = |supplier: Bson| doc! { "productId": 1_i64, "supplierId": supplier };
    insert_documents(
        db,
        "orders",
        [
            doc! { "_id": 1, "ls": [line(1_i64.into())] },
            doc! { "_id": 2, "ls": [line(Bson::Null)] },
            doc! { "_id": 3, "ls": [{ "productId": 1_i64 }] },
            doc! { "_id": 4, "ls": [] },
            doc! { "_id": 5 },
            doc! { "_id": 6, "ls": [null, line(1_i64.into())] },
            doc! { "_id": 7, "ls": [null] },
            doc! { "_id": 8, "ls": 5 },
        ],
    )
    .await;
    let find = async |filter: Filter<Order>| {
        let filter = Order::find(filter).to_query().unwrap().filter;
        let mut ids = Vec::new();
        let mut found = db.collection::<Document>("orders").find(filter).sort(doc! { "_id": 1 }).await.unwrap();
        while found.advance().await.unwrap() {
            ids.push(found.current().get_i32("_id").unwrap());
        }
        ids
    };
    assert_eq!(find(Order::LINES.at(Line::SUPPLIER_ID).is_null()).await, [2, 3, 5, 8]);
    assert_eq!(find(Order::LINES.any(Line::SUPPLIER_ID.is_null())).await, [2, 3]);
    assert_eq!(find(Order::LINES.every(Line::SUPPLIER_ID.eq(1))).await, [1, 4, 5, 6, 7, 8]);
    assert_eq!(find(Order::LINES.none(Line::PRODUCT_ID.eq(1))).await, [4, 5, 7, 8]);
}

#[tokio::test]
async fn an_element_is_tested_together_with_what_it_is_related_to() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let find = async |filter: Filter<Order>| ids(&Order::find(filter).order_by(Order::ID.asc()).all(db).await.unwrap());
    let titled = |title: &str| Line::PRODUCT.filter(Product::TITLE.eq(title)).any();
    // the products are read first
    let found = assert_commands!(test, 2, { find(Order::LINES.any(Line::QUANTITY.gt(4) & titled("product 2"))).await });
    assert_eq!(found, [2]);
    assert_eq!(find(Order::LINES.any(Line::QUANTITY.gt(1) & titled("product 1"))).await, [1]);
    assert_eq!(find(Order::LINES.any(Line::QUANTITY.eq(2) & titled("product 1"))).await, [0; 0]);
    // a line whose product doesn't exist
    assert_eq!(find(Order::LINES.any(Line::PRODUCT.none())).await, [1]);
    assert_eq!(find(Order::LINES.every(titled("product 2"))).await, [2, 3]);
    assert_eq!(find(Order::LINES.any(Line::PRODUCT.filter(Product::MAKER.any()).any())).await, [1, 2]);
    let country =
        assert_commands!(test, 1, { find(Order::BILLING.is(Party::ADDRESS.is(Address::COUNTRY.any()))).await });
    assert_eq!(country, [1, 3]);
    let nested = Cart::GROUPS.any(Group::ITEMS.any(Item::PRODUCT.filter(Product::TITLE.eq("product 3")).any()));
    assert_eq!(assert_commands!(test, 2, { Cart::find(nested).count(db).await.unwrap() }), 1);
}

#[tokio::test]
async fn conditions_go_from_the_other_side_through_an_array() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let find = async |filter: Filter<Product>| -> Vec<i64> {
        let found = Product::find(filter).order_by(Product::ID.asc()).all(db).await.unwrap();
        found.iter().map(|product| product.id).collect()
    };
    assert_eq!(find(Product::ORDERS.any()).await, [1, 2]);
    assert_eq!(find(Product::ORDERS.none()).await, [3]);
    assert_eq!(find(Product::ORDERS.filter(Order::LINES.any(Line::QUANTITY.gt(4))).any()).await, [2]);
    assert_eq!(find(Product::CARTS.any()).await, [1, 3]);
    let rome = Country::ORDERS.filter(Order::LINES.len(4)).any();
    assert_eq!(Country::find(rome).one(db).await.unwrap().id, 1);
}

#[tokio::test]
async fn conditions_on_elements_select_what_is_updated_deleted_and_included() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let of_maker = || Order::LINES.any(Line::PRODUCT.filter(Product::MAKER.any()).any());
    let none = Order::BILLING.set(None::<Party>);
    assert_eq!(Order::find(of_maker()).update(db, none).await.unwrap(), 2);
    let product =
        Product::find(Product::ID.eq(2)).with(Product::ORDERS.filter(Order::LINES.len(1))).one(db).await.unwrap();
    assert_eq!(product.related(Product::ORDERS).iter().map(|order| order.id).collect::<Vec<_>>(), [2]);
    assert_eq!(Order::find(of_maker()).delete(db).await.unwrap().deleted(), 2);
    assert_eq!(ids(&Order::find_all().all(db).await.unwrap()), [3]);
}

#[tokio::test]
async fn orders_sort_by_paths_into_embedded_documents() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let country = Order::BILLING.at(Party::ADDRESS).at(Address::COUNTRY_ID);
    let sorted = Order::find_all().order_by(country.desc()).all(db).await.unwrap();
    assert_eq!(ids(&sorted), [3, 1, 2]);
    // by the greatest element
    let sorted = Order::find_all().order_by(Order::LINES.at(Line::QUANTITY).desc()).all(db).await.unwrap();
    assert_eq!(ids(&sorted), [2, 1, 3]);
}

#[tokio::test]
async fn a_condition_that_an_embedded_document_cannot_have_is_an_error() {
    let test = database().await;
    let db = test.db();
    let filter: Filter<Party> = doc! { "$text": { "$search": "x" } }.into();
    let refused = Order::find(Order::BILLING.is(filter)).all(db).await;
    assert!(matches!(refused, Err(Error::Encode { .. })), "{refused:?}");
}
