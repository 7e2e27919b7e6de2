//! Checked writes, scan, repair and indexes of keys in embedded documents.

use earnorm::Error;
use earnorm::integrity::{self, Repair};
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_tests::{database, insert_documents};

use crate::models::{Cart, Group, Order, Product, billing, item, line, shop, tag};

#[tokio::test]
async fn references_in_embedded_documents_are_checked() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let order = |lines, country, tags| Order { id: 60, lines, billing: billing(country), tags };
    let good = order(vec![line(1, Some(1), 1), line(2, None, 1)], 1, vec![None, tag("a")]);
    good.validate_references(db).await.unwrap();
    good.insert_checked(db).await.unwrap();
    for (bad, field) in [
        (order(vec![line(1, None, 1), line(8, None, 1)], 1, vec![]), "ls.productId"),
        (order(vec![line(1, Some(8), 1)], 1, vec![]), "ls.supplierId"),
        (order(vec![], 8, vec![]), "billing.address.country_id"),
        (order(vec![], 1, vec![tag("z")]), "tags.label_id"),
    ] {
        let missing = bad.insert_checked(db).await;
        let found = matches!(&missing, Err(Error::MissingReference { field: f, .. }) if *f == field);
        assert!(found, "{field}: {missing:?}");
    }
}

#[tokio::test]
async fn scan_finds_broken_elements_and_repair_unlinks_them() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let group =
        Group { name: "broken".to_owned(), items: vec![item(1, Some(7)), item(8, None), None, item(3, Some(1))] };
    Cart { id: 5, groups: vec![group] }.insert(db).await.unwrap();
    Order { id: 6, lines: vec![line(1, Some(7), 1)], billing: billing(7), tags: vec![tag("z"), tag("a")] }
        .insert(db)
        .await
        .unwrap();
    let report = integrity::scan(db).await.unwrap();
    let mut entries: Vec<_> = report
        .entries()
        .iter()
        .map(|entry| (entry.field, entry.holder.as_i64().unwrap(), entry.id.to_string(), format!("{:?}", entry.kind)))
        .collect();
    entries.sort();
    let expected = [
        ("billing.address.country_id", 6, "7", "Key"),
        ("groups.items.product_id", 5, "8", "Element"),
        ("groups.items.supplier_id", 5, "7", "Element"),
        ("ls.productId", 1, "9", "Element"),
        ("ls.supplierId", 6, "7", "Element"),
        ("tags.label_id", 6, "\"z\"", "Element"),
    ];
    let expected = expected.map(|(field, holder, id, kind)| (field, holder, id.to_owned(), kind.to_owned()));
    assert_eq!(entries, expected);
    let repaired = report.repair(db, Repair::Unlink).await.unwrap();
    // the key of a line is required, and its rule doesn't remove the line
    assert_eq!((repaired.unlinked, repaired.skipped, repaired.deleted), (5, 1, 0));
    let cart = Cart::get(db, 5).await.unwrap().unwrap();
    assert_eq!(cart.groups[0].items, [item(1, None), None, item(3, Some(1))]);
    let order = Order::get(db, 6).await.unwrap().unwrap();
    assert_eq!((&order.lines[..], &order.tags[..]), (&[line(1, None, 1)][..], &[tag("a")][..]));
    assert_eq!(order.billing.unwrap().address.unwrap().country_id, None);
    assert_eq!(integrity::scan(db).await.unwrap().len(), 1);
    let deleted = integrity::scan(db).await.unwrap().repair(db, Repair::Delete).await.unwrap();
    assert_eq!(deleted.deleted, 1);
    assert_eq!(Order::get(db, 1).await.unwrap(), None);
    assert_eq!(integrity::scan(db).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_scan_passes_over_values_that_are_no_embedded_documents() {
    let test = database().await;
    let db = test.db();
    let stored = [
        doc! { "_id": 1_i64, "ls": 5, "tags": "x", "billing": [] },
        doc! { "_id": 2_i64, "ls": [null, 3, "x", []], "billing": { "address": 3 } },
        doc! { "_id": 3_i64 },
    ];
    insert_documents(db, "orders", stored).await;
    assert_eq!(integrity::scan(db).await.unwrap().len(), 0);
}

async fn index_names(db: &earnorm::mongodb::Database, collection: &str) -> Vec<String> {
    let mut names = db.collection::<Document>(collection).list_index_names().await.unwrap();
    names.sort();
    names
}

#[tokio::test]
async fn keys_in_embedded_documents_have_indexes() {
    let test = database().await;
    let db = test.db();
    Order::ensure_indexes(db).await.unwrap();
    let expected = ["_id_", "billing.address.country_id_1", "ls.productId_1", "ls.supplierId_1", "tags.label_id_1"];
    assert_eq!(index_names(db, "orders").await, expected);
    // all of them have arrays, and documents of both kinds are accepted
    shop(db).await;
    Cart::ensure_indexes(db).await.unwrap();
    let expected = ["_id_", "groups.items.product_id_1", "groups.items.supplier_id_1"];
    assert_eq!(index_names(db, "carts").await, expected);
    let plan = db
        .run_command(
            doc! { "explain": { "find": "orders", "filter": { "ls.productId": 1_i64 } }, "verbosity": "queryPlanner" },
        )
        .await
        .unwrap();
    assert!(plan.to_string().contains("IXSCAN"), "{plan}");
    let product = Product::get(db, 1).await.unwrap().unwrap();
    let (_, sent) = test.log().record(product.orders().all(db)).await;
    assert_eq!(sent[0].body.get_document("filter").unwrap(), &doc! { "ls.productId": 1_i64 });
}

/// Models whose relations have orders and filters on other arrays, and a one-to-one through an embedded document.
mod other_indexes {
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Seat {
        #[relation(many_to_one, target = Guest)]
        pub(super) guest_id: i64,
        pub(super) row: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Host {
        #[relation(one_to_one, target = Guest, name = "person")]
        pub(super) person_id: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "tables_")]
    pub(super) struct Table {
        #[serde(rename = "_id")]
        pub(super) id: i64,
        #[model(embedded)]
        pub(super) seats: Vec<Seat>,
        #[model(embedded)]
        pub(super) host: Option<Host>,
        pub(super) words: Vec<String>,
        pub(super) size: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(many_to_many, target = Table, target_ids = seats.guest_id, order_by = [("words", 1), ("seats.row", -1), ("size", 1)])]
    #[relation(one_to_one, name = "hosted", target = Table, fk = host.person_id, back_populates = host.person)]
    pub(super) struct Guest {
        #[serde(rename = "_id")]
        pub(super) id: i64,
    }
}

#[tokio::test]
async fn an_index_never_has_two_arrays_beside_each_other() {
    use other_indexes::{Guest, Host, Seat, Table};
    let test = database().await;
    let db = test.db();
    Guest::ensure_indexes(db).await.unwrap();
    let names = index_names(db, "tables_").await;
    assert!(names.contains(&"seats.guest_id_1_seats.row_-1_size_1__id_1".to_owned()), "{names:?}");
    let table = |id, person: Option<i64>| Table {
        id,
        seats: vec![Seat { guest_id: 1, row: 1 }, Seat { guest_id: 2, row: 2 }],
        host: person.map(|person_id| Host { person_id }),
        words: vec!["a".to_owned(), "b".to_owned()],
        size: 2,
    };
    table(1, Some(1)).insert(db).await.unwrap();
    // any number of documents without the embedded document
    table(2, None).insert(db).await.unwrap();
    table(3, None).insert(db).await.unwrap();
    let second = table(4, Some(1)).insert(db).await;
    assert!(matches!(second, Err(Error::Duplicate { .. })), "{second:?}");
    let guest = Guest { id: 1 };
    assert_eq!(guest.hosted().require(db).await.unwrap().id, 1);
    assert_eq!(guest.tables().count(db).await.unwrap(), 3);
}

#[tokio::test]
async fn the_tables_list_the_relations_of_embedded_documents() {
    let order = Order::metadata();
    let embedded: Vec<_> =
        order.embedded.iter().map(|e| (e.name, e.bson_name, e.is_array, (e.record)().name)).collect();
    let expected =
        [("lines", "ls", true, "Line"), ("billing", "billing", false, "Party"), ("tags", "tags", true, "Tag")];
    assert_eq!(embedded, expected);
    let relations: Vec<_> = order.all_relations().map(|relation| (relation.name, relation.foreign_key)).collect();
    let expected = [
        ("lines.product", "ls.productId"),
        ("lines.supplier", "ls.supplierId"),
        ("billing.address.country", "billing.address.country_id"),
        ("tags.label", "tags.label_id"),
    ];
    assert_eq!(relations, expected);
    assert_eq!(order.relations.len(), 0);
    let diagram = earnorm::schema().to_mermaid();
    for line in ["Product }o--o{ Order : orders", "Country |o--o{ Order : orders", "Order {", "Cart {"] {
        assert!(diagram.contains(line), "{line}: {diagram}");
    }
    assert!(!diagram.contains("lines.product"), "the product's side draws it: {diagram}");
}

#[tokio::test]
async fn a_scan_sends_as_many_commands_as_for_top_level_keys() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let (_, sent) = test.log().record(integrity::scan(db)).await;
    let of_orders = sent.iter().filter(|command| command.body.get_str("find") == Ok("orders")).count();
    assert_eq!(of_orders, 1);
}
