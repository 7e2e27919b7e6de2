//! Handles that are awaited in a loop.

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Seen, observe};
use earnorm_tests::database;
use futures_util::future::join_all;

use crate::models::{Customer, Order, Shop, shop};

/// The handles and includes that were found.
fn found(seen: &Seen) -> Vec<(String, String)> {
    seen.n_plus_one().iter().map(|found| (found.handle.clone(), found.include.clone())).collect()
}

/// Fails if a handle of several calls is reported.
async fn nothing(calls: impl Future<Output = ()>) {
    let ((), seen) = observe(calls).await;
    assert!(seen.commands > 1 && seen.n_plus_one().is_empty(), "{seen}");
}

/// The line of the call in [`orders_of`].
const HELPER: u32 = line!() + 3;

async fn orders_of(db: &Database, customer: &Customer) -> u64 {
    customer.orders().count(db).await.unwrap()
}

#[tokio::test]
async fn a_loop_over_a_handle_is_reported_with_its_line_and_the_include() {
    let test = database().await;
    let db = test.db();
    let orders = shop(db, 25).await.orders;
    let line = line!() + 3;
    let ((), seen) = observe(async {
        for order in orders {
            order.customer().get(db).await.unwrap();
        }
    })
    .await;
    let [found] = seen.n_plus_one() else { panic!("{seen}") };
    assert_eq!((found.file, found.line, found.awaited, found.commands), (file!(), line, 50, 50));
    assert_eq!((found.handle.as_str(), found.include.as_str()), ("order.customer()", ".with(Order::CUSTOMER)"));
    assert_eq!(
        found.to_string(),
        format!(
            "{}:{line}: `order.customer()` was awaited 50 times; add `.with(Order::CUSTOMER)` to the query that reads \
             the orders",
            file!()
        )
    );
}

#[tokio::test]
async fn the_line_is_that_of_the_user_in_helpers_and_in_joins() {
    let test = database().await;
    let db = test.db();
    let Shop { orders, customers, .. } = shop(db, 3).await;
    let line = line!() + 2;
    let ((), seen) = observe(async {
        join_all(orders.iter().map(|order| order.customer().require(db))).await;
    })
    .await;
    assert_eq!(seen.n_plus_one()[0].line, line);
    let ((), seen) = observe(async {
        for customer in &customers {
            orders_of(db, customer).await;
        }
    })
    .await;
    assert_eq!(seen.n_plus_one()[0].line, HELPER, "the helper that awaits the handle");
}

#[tokio::test]
async fn every_kind_of_handle_is_found_with_the_include_for_the_call() {
    let test = database().await;
    let db = test.db();
    let Shop { customers, orders, tickets, tags, products, categories, .. } = shop(db, 3).await;
    macro_rules! check {
        ($($list:expr, |$one:ident| $call:expr, $handle:literal, $include:literal;)*) => { $(
            let ((), seen) = observe(async {
                for $one in $list {
                    let _ = $call.await.unwrap();
                }
            })
            .await;
            assert_eq!(found(&seen), [($handle.to_owned(), $include.to_owned())], "{seen}");
        )* };
    }
    check! {
        &customers, |one| one.orders().all(db), "customer.orders()", ".with(Customer::ORDERS)";
        &customers, |one| one.orders().limit(1).all(db), "customer.orders()", ".with(Customer::ORDERS)";
        &customers, |one| one.orders().count(db), "customer.orders()", ".with(Customer::ORDERS.count())";
        &customers, |one| one.orders().exists(db), "customer.orders()", ".with(Customer::ORDERS.count())";
        &customers, |one| one.orders().first(db), "customer.orders()", ".with(Customer::ORDERS.limit(1))";
        &customers, |one| one.orders().page(db, 1, 5), "customer.orders()", ".with(Customer::ORDERS)";
        &customers, |one| one.orders().stream(db), "customer.orders()", ".with(Customer::ORDERS)";
        &customers, |one| one.orders().with(Order::CUSTOMER).all(db), "customer.orders()", ".with(Customer::ORDERS)";
        &customers, |one| one.account().get(db), "customer.account()", ".with(Customer::ACCOUNT)";
        &customers, |one| one.account().require(db), "customer.account()", ".with(Customer::ACCOUNT)";
        &customers, |one| one.account().exists(db), "customer.account()", ".with(Customer::ACCOUNT)";
        &customers, |one| one.clubs().all(db), "customer.clubs()", ".with(Customer::CLUBS)";
        &customers, |one| one.clubs().links(db), "customer.clubs()", ".with(Customer::CLUBS.links())";
        &customers, |one| one.tags().all(db), "customer.tags()", ".with(Customer::TAGS)";
        &tags, |one| one.customers().all(db), "tag.customers()", ".with(Tag::CUSTOMERS)";
        &products, |one| one.orders().all(db), "product.orders()", ".with(Product::ORDERS)";
        &tickets, |one| one.subject().get(db), "ticket.subject()", ".with(Ticket::SUBJECT)";
        &orders[0].lines, |one| one.product().get(db), "order_line.product()", ".with(OrderLine::PRODUCT)";
        &categories, |one| one.parent().get(db), "category.parent()", ".with(Category::PARENT)";
        &categories, |one| one.descendants().tree(db), "Category::CHILDREN.recursive().of(&category)", ".with(Category::CHILDREN.recursive())";
    }
}

#[tokio::test]
async fn what_an_include_would_not_help_is_not_reported() {
    let test = database().await;
    let db = test.db();
    let Shop { customers, orders, .. } = shop(db, 3).await;
    nothing(async {
        for _ in 0..3 {
            customers[0].orders().count(db).await.unwrap();
        }
    })
    .await;
    nothing(async {
        // a copy of the same document
        for customer in [customers[0].clone(), customers[0].clone()] {
            customer.orders().count(db).await.unwrap();
        }
    })
    .await;
    nothing(async {
        customers[0].orders().count(db).await.unwrap();
        customers[1].orders().count(db).await.unwrap();
    })
    .await;
    nothing(async {
        for customer in &customers {
            customer.orders().update_all(db, Order::TOTAL.set(1)).await.unwrap();
            customer.orders().delete_all(db).await.unwrap();
        }
    })
    .await;
    nothing(async {
        for order in &orders {
            Customer::get(db, order.customer_id).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn documents_with_the_same_parent_are_different_documents() {
    let test = database().await;
    let db = test.db();
    let orders = shop(db, 1).await.orders;
    let ((), seen) = observe(async {
        for order in orders {
            order.customer().get(db).await.unwrap();
        }
    })
    .await;
    assert_eq!(seen.n_plus_one()[0].parents, 2, "two orders of one customer");
}

#[tokio::test]
async fn handles_in_a_transaction_are_found() {
    let test = database().await;
    let orders = shop(test.db(), 2).await.orders;
    let (result, seen) = observe(earnorm::transaction(test.db(), async |tx| {
        for order in &orders {
            order.customer().get(tx).await?;
        }
        Ok(())
    }))
    .await;
    result.unwrap();
    assert_eq!(found(&seen), [("order.customer()".to_owned(), ".with(Order::CUSTOMER)".to_owned())]);
}
