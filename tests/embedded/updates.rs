//! Changes at typed paths.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Update};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, document, insert_documents};

use crate::models::{Address, Cart, Group, Item, Line, Order, Party, Product, Tag, line, shop, tag};

#[tokio::test]
async fn elements_are_changed_by_what_they_contain() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let mut order = Order::get(db, 1).await.unwrap().unwrap();
    let quantities = |order: &Order| order.lines.iter().map(|line| line.quantity).collect::<Vec<_>>();
    assert_commands!(test, 1, {
        order.update(db, Order::LINES.each_where(Line::SKU.eq("sku2")).at(Line::QUANTITY).inc(10)).await.unwrap();
    });
    assert_eq!(quantities(&order), [1, 12, 3, 4]);
    order.update(db, Order::LINES.each().at(Line::QUANTITY).mul(2)).await.unwrap();
    assert_eq!(quantities(&order), [2, 24, 6, 8]);
    // two selections in one update
    let update = (
        Order::LINES.each_where(Line::PRODUCT_ID.eq(1)).at(Line::SKU).set("one"),
        Order::LINES.each_where(Line::PRODUCT_ID.eq(9)).at(Line::SUPPLIER_ID).set(None::<i64>),
        Order::LINES.each_where(Line::QUANTITY.gt(20) & Line::SKU.ne("x")).at(Line::QUANTITY).max(30),
    );
    order.update(db, update).await.unwrap();
    assert_eq!(order.lines.iter().map(|line| line.sku.as_str()).collect::<Vec<_>>(), ["one", "sku2", "one", "sku4"]);
    assert_eq!((order.lines[3].supplier_id, quantities(&order)), (None, vec![2, 30, 6, 8]));
    order.update(db, Order::LINES.pull_where(Line::QUANTITY.lt(7) | Line::SKU.eq("sku4"))).await.unwrap();
    assert_eq!(quantities(&order), [30]);
    // a null in the array is left alone
    order.update(db, Order::TAGS.each_where(Tag::LABEL_ID.eq("a")).at(Tag::WEIGHT).set(7)).await.unwrap();
    assert_eq!(
        order.tags.iter().map(|tag| tag.as_ref().map(|tag| tag.weight)).collect::<Vec<_>>(),
        [None, Some(7), Some(1)]
    );
}

#[tokio::test]
async fn every_call_that_sends_an_update_selects_elements() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let update = || Order::LINES.each_where(Line::PRODUCT_ID.eq(2)).at(Line::QUANTITY).set(100);
    let quantity = async |id: i64| {
        let order = Order::get(db, id).await.unwrap().unwrap();
        order.lines.iter().find(|line| line.product_id == 2).map(|line| line.quantity)
    };
    assert_eq!(Order::update_by_id(db, 1, update()).await.unwrap().lines[1].quantity, 100);
    assert_eq!(Order::find_all().update(db, update()).await.unwrap(), 3);
    assert_eq!(quantity(2).await, Some(100));
    let product = Product::get(db, 2).await.unwrap().unwrap();
    let update = Order::LINES.each_where(Line::PRODUCT_ID.eq(2)).at(Line::QUANTITY).inc(1);
    assert_eq!(product.orders().update_all(db, update).await.unwrap(), 2);
    assert_eq!((quantity(1).await, quantity(2).await), (Some(101), Some(101)));
    let limited = Order::LINES.each().at(Line::SKU).set("last");
    assert_eq!(Order::find_all().order_by(Order::ID.asc()).limit(1).update(db, limited).await.unwrap(), 1);
    let inside = Order::LINES.each().at(Line::SKU).set("tx");
    earnorm::transaction(db, async |tx| Order::find_all().update(tx, inside.clone()).await).await.unwrap();
    assert_eq!(Order::get(db, 2).await.unwrap().unwrap().lines[0].sku, "tx");
}

#[tokio::test]
async fn elements_of_nested_arrays_are_selected_at_each_level() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let mut cart = Cart::get(db, 1).await.unwrap().unwrap();
    let items = Cart::GROUPS.each_where(Group::NAME.eq("later")).at(Group::ITEMS);
    cart.update(db, items.each_where(Item::PRODUCT_ID.eq(1)).at(Item::NOTE).set("changed")).await.unwrap();
    let notes = |cart: &Cart| -> Vec<Vec<Option<String>>> {
        cart.groups.iter().map(|g| g.items.iter().map(|i| i.as_ref().map(|i| i.note.clone())).collect()).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(notes(&cart), [vec![text("p1"), None, text("p3")], vec![text("p3"), text("changed")]]);
    let everywhere = Cart::GROUPS.each().at(Group::ITEMS).each().at(Item::NOTE).set("all");
    let and_name = everywhere.and(Cart::GROUPS.each_where(Group::NAME.eq("now")).at(Group::NAME).set("soon"));
    cart.update(db, and_name).await.unwrap();
    assert_eq!(notes(&cart), [vec![text("all"), None, text("all")], vec![text("all"), text("all")]]);
    assert_eq!(cart.groups[0].name, "soon");
    cart.update(db, Cart::GROUPS.each().at(Group::ITEMS).pull_where(Item::PRODUCT_ID.eq(3))).await.unwrap();
    assert_eq!(notes(&cart), [vec![text("all"), None], vec![text("all")]]);
    let item = Item { product_id: 2, supplier_id: None, note: "new".to_owned() };
    cart.update(db, Cart::GROUPS.each_where(Group::NAME.eq("later")).at(Group::ITEMS).push(Some(item))).await.unwrap();
    assert_eq!(notes(&cart)[1], [text("all"), text("new")]);
}

#[tokio::test]
async fn an_embedded_document_is_changed_by_its_path() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let mut order = Order::get(db, 1).await.unwrap().unwrap();
    let address = Order::BILLING.at(Party::ADDRESS);
    let update = (address.clone().at(Address::CITY).set("Oslo"), Order::BILLING.at(Party::NAME).set("Eve"));
    order.update(db, update).await.unwrap();
    let billing = order.billing.clone().unwrap();
    assert_eq!((billing.name.as_str(), billing.address.unwrap().city.as_str()), ("Eve", "Oslo"));
    order.update(db, address.set(None::<Address>)).await.unwrap();
    assert_eq!(order.billing.clone().unwrap().address, None);
    order.update(db, (Order::LINES.push(line(3, None, 9)), Order::TAGS.push(tag("c")))).await.unwrap();
    assert_eq!((order.lines.len(), order.tags.len()), (5, 4));
}

#[tokio::test]
async fn identifiers_are_renumbered_when_updates_are_combined() {
    let each = |sku: &str| Order::LINES.each_where(Line::SKU.eq(sku)).at(Line::QUANTITY).inc(1);
    let update: Update<Order> = each("a").and(each("b").and(each("c")));
    let text = update.to_string();
    for number in 0..3 {
        assert_eq!(text.matches(&format!("\"ls.$[e{number}].quantity\"")).count(), 1, "{text}");
    }
    assert!(text.contains(r#""e2.sku": "c""#), "{text}");
    let nested = || Cart::GROUPS.each().at(Group::ITEMS).each_where(Item::NOTE.eq("x")).at(Item::NOTE).set("y");
    let text = nested().and(nested()).to_string();
    assert!(text.contains("groups.$[e0].items.$[e1].note") && text.contains("groups.$[e2].items.$[e3].note"), "{text}");
}

#[tokio::test]
async fn elements_cannot_be_selected_by_related_documents() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let update = Order::LINES.each_where(Line::PRODUCT.any()).at(Line::QUANTITY).set(0);
    let refused = Order::find_all().update(db, update).await;
    assert!(matches!(&refused, Err(Error::Encode { .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("each_where(Line::PRODUCT_ID.is_in(ids))"));
}

#[tokio::test]
async fn values_beside_the_changed_one_keep_their_bytes() {
    let test = database().await;
    let db = test.db();
    let other = doc! { "productId": 2_i64, "unknown": { "b": 1.5, "a": [null] }, "quantity": 1, "sku": "o" };
    let line = doc! { "sku": "x", "extra": 1_i64, "productId": 1_i64, "quantity": 7 };
    let stored = doc! { "_id": 1_i64, "ls": [&other, &line, &other], "tags": [] };
    insert_documents(db, "orders", [stored]).await;
    Order::update_by_id(db, 1, Order::LINES.each_where(Line::SKU.eq("x")).at(Line::QUANTITY).inc(1)).await.unwrap();
    let after = document(db, "orders", 1_i64).await;
    let mut changed: Document = line;
    changed.insert("quantity", 8);
    assert_eq!(after.get_array("ls").unwrap(), &[other.clone().into(), changed.into(), other.into()]);
}
