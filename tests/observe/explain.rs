//! `explain`, with what the local server tells.

use earnorm::prelude::*;
use earnorm::{Access, Explanation, Shards, observe};
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{Customer, Order, shop};

fn index(collection: &str, index: &str) -> Access {
    Access::Index { collection: collection.to_owned(), index: index.to_owned() }
}

fn scan(collection: &str) -> Access {
    Access::CollectionScan { collection: collection.to_owned() }
}

fn collections(explanation: &Explanation) -> Vec<(&str, &str)> {
    explanation.commands.iter().map(|command| (command.command, command.collection.as_str())).collect()
}

#[tokio::test]
async fn each_command_of_a_graph_is_explained() {
    let test = database().await;
    let db = test.db();
    shop(db, 5).await;
    earnorm::ensure_indexes(db).await.unwrap();
    let query = Customer::find(Customer::NAME.eq("Ada")).with(Customer::ORDERS).with(Customer::CLUBS);
    // four commands, each of them twice
    let explanation = assert_commands!(test, 8, query.explain(db).await.unwrap());
    let mut sent = collections(&explanation);
    sent.sort_unstable();
    assert_eq!(sent, [("find", "clubs"), ("find", "customers"), ("find", "members"), ("find", "orders")]);
    let of = |name: &str| explanation.commands.iter().find(|command| command.collection == name).unwrap();
    assert_eq!(of("customers").reads, [scan("customers")]);
    assert!(of("orders").reads.iter().all(|access| matches!(access, Access::Index { .. })), "{explanation}");
    assert_eq!(of("clubs").reads, [index("clubs", "_id_")]);
    assert_eq!((of("orders").returned, of("customers").returned), (Some(10), Some(5)));
    assert!(explanation.commands.iter().all(|command| command.shards == Shards::Unsharded));
    let scans: Vec<_> = explanation.collection_scans().map(|command| command.collection.as_str()).collect();
    assert_eq!(scans, ["customers"]);
}

#[tokio::test]
async fn a_query_with_lookup_is_one_command() {
    let test = database().await;
    let db = test.db();
    shop(db, 5).await;
    for strategy in STRATEGIES {
        let query = || Customer::find_all().strategy(strategy).with(Customer::ORDERS);
        let (all, sent) = test.log().record(query().all(db)).await;
        all.unwrap();
        let explanation = query().explain(db).await.unwrap();
        assert_eq!(explanation.commands.len(), sent.len());
    }
}

#[tokio::test]
async fn handles_and_commands_that_run_first_are_explained() {
    let test = database().await;
    let db = test.db();
    let customers = shop(db, 2).await.customers;
    let of_handle = customers[0].clubs().explain(db).await.unwrap();
    assert_eq!(collections(&of_handle), [("find", "members"), ("find", "clubs")]);
    let none = Customer::find_all().limit(0).explain(db).await.unwrap();
    assert_eq!((none.commands.len(), none.to_string().as_str()), (0, "no commands"));
    let (explanation, seen) = observe(Order::find_all().explain(db)).await;
    assert_eq!((explanation.unwrap().commands.len(), seen.commands), (1, 2));
    assert_eq!(seen.call_sites[0].operation, "explain");
}

#[tokio::test]
async fn what_the_query_needs_is_in_the_explained_command() {
    let test = database().await;
    let db = test.db();
    shop(db, 5).await;
    let query = Order::find(Order::TOTAL.eq(1)).order_by(Order::TOTAL.desc()).skip(1).limit(2);
    let explanation = query.explain(db).await.unwrap();
    let [command] = &explanation.commands[..] else { panic!("{explanation}") };
    assert_eq!((command.error.as_deref(), command.returned), (None, Some(2)), "{explanation}");
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["commands"][0]["reads"][0]["access"], "collection_scan", "{json}");
    assert_eq!(json["commands"][0]["shards"]["targets"], "unsharded");
}
