//! `Display` and `Serialize`.

use earnorm::observe;
use earnorm::prelude::*;
use earnorm_tests::database;
use serde_json::json;

use crate::models::{Customer, Order, shop};

#[tokio::test]
async fn what_was_seen_is_printed_and_serialized() {
    let test = database().await;
    let db = test.db();
    shop(db, 3).await;
    let line = line!() + 3;
    let ((), seen) = observe(async {
        for order in &Order::find_all().all(db).await.unwrap() {
            order.customer().get(db).await.unwrap();
        }
        Customer::find_all().count(db).await.unwrap();
    })
    .await;
    let printed = seen.to_string();
    let lines: Vec<&str> = printed.lines().map(str::trim).collect();
    assert!(lines[0].starts_with("8 commands, 12 documents, ") && lines[0].contains(" in "), "{printed}");
    let (file, loaded) = (file!(), line - 1);
    assert!(lines[1].starts_with(&format!("{file}:{loaded}: Order.all: 1 command, 6 documents, ")), "{printed}");
    assert!(lines[2].starts_with(&format!("{file}:{line}: Order.customer.get, 6 times: 6 commands, ")), "{printed}");
    assert!(lines[3].contains(": Customer.count: 1 command, 0 documents, 0 B in "), "{printed}");
    let hint =
        "`order.customer()` was awaited 6 times; add `.with(Order::CUSTOMER)` to the query that reads the orders";
    assert_eq!(lines[4], format!("{file}:{line}: {hint}"));

    let mut value = serde_json::to_value(&seen).unwrap();
    assert!(value["time"].as_f64().unwrap() > 0.0);
    let site = &mut value["call_sites"][1];
    assert!(site["time"].take().as_f64().unwrap() > 0.0 && site["bytes"].take().as_u64().unwrap() > 0);
    let column = site["column"].as_u64().unwrap();
    assert_eq!(
        *site,
        json!({
            "file": file, "line": line, "column": column, "model": "Order", "relation": "customer", "operation": "get",
            "calls": 6, "commands": 6, "documents": 6, "bytes": null, "time": null,
        })
    );
    assert_eq!(
        value["n_plus_one"],
        json!([{
            "file": file, "line": line, "column": column, "handle": "order.customer()", "awaited": 6, "parents": 6,
            "commands": 6, "include": ".with(Order::CUSTOMER)", "reads": "orders",
        }])
    );
}
