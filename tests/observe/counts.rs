//! The numbers, against the log of the driver.

use std::time::Duration;

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Result, Seen, observe};
use earnorm_testkit::TestDb;
use earnorm_tests::{STRATEGIES, database};
use futures_util::StreamExt;
use futures_util::future::join_all;

use crate::models::{Account, Category, Club, Customer, Member, Order, OrderLine, Product, Shop, Tag, Ticket, shop};

/// Runs a call, and compares what was seen with what the driver sent.
async fn same_as_log<T>(test: &TestDb, name: &str, call: impl Future<Output = Result<T>>) -> Seen {
    let ((result, seen), sent) = test.log().record(observe(call)).await;
    result.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(seen.commands, sent.len() as u64, "{name}: seen {seen}, sent:\n{sent}");
    let of_calls: u64 = seen.call_sites.iter().map(|site| site.commands).sum();
    assert_eq!(of_calls, seen.commands, "{name}: each command belongs to a call: {seen}");
    assert!(
        seen.call_sites.iter().all(|site| site.file == file!()),
        "{name}: the lines are those of this file: {seen}"
    );
    seen
}

#[tokio::test]
async fn a_query_is_counted_at_its_line() {
    let test = database().await;
    shop(test.db(), 3).await;
    let line = line!() + 1;
    let (orders, seen) = observe(Order::find_all().with(Order::CUSTOMER).all(test.db())).await;
    assert_eq!(orders.unwrap().len(), 6);
    assert_eq!((seen.commands, seen.documents), (2, 9));
    assert!(seen.bytes > 9 * 20 && seen.time > Duration::ZERO);
    let [site] = &seen.call_sites[..] else { panic!("{seen}") };
    assert_eq!((site.file, site.line), (file!(), line));
    assert_eq!((site.model, site.relation, site.operation), ("Order", None, "all"));
    assert_eq!((site.calls, site.commands, site.documents, site.bytes), (1, 2, 9, seen.bytes));
    assert!(site.time > Duration::ZERO && site.time <= seen.time);
}

#[tokio::test]
async fn replies_have_the_size_that_the_driver_received() {
    let test = database().await;
    shop(test.db(), 50).await;
    let ((_, seen), sent) = test.log().record(observe(Order::find_all().all(test.db()))).await;
    assert_eq!((seen.documents, seen.commands), (100, 1));
    let difference = seen.bytes.abs_diff(sent.reply_bytes() as u64);
    assert!(difference < 500, "{} and {}", seen.bytes, sent.reply_bytes());
}

#[tokio::test]
async fn reads_of_every_kind_are_counted_like_the_driver_counts_them() {
    let test = database().await;
    let db = test.db();
    let Shop { customers, orders, tickets, tags, products, categories, .. } = shop(db, 3).await;
    let (one, order) = (&customers[0], &orders[0]);
    macro_rules! check {
        ($($call:expr;)*) => { $( same_as_log(&test, stringify!($call), $call).await; )* };
    }
    check! {
        Customer::get(db, one.id);
        Customer::get_many(db, [one.id, customers[1].id]);
        Customer::find_all().first(db);
        Customer::find(Customer::ID.eq(one.id)).one(db);
        Customer::find_all().count(db);
        Customer::find_all().exists(db);
        Customer::find_all().page(db, 1, 2);
        Customer::find(Customer::ORDERS.filter(Order::TOTAL.gt(1)).any()).all(db);
        one.account().get(db);
        one.account().require(db);
        one.account().exists(db);
        one.orders().all(db);
        one.orders().filter(Order::TOTAL.gt(1)).first(db);
        one.orders().limit(1).one(db);
        one.orders().count(db);
        one.orders().page(db, 1, 1);
        one.orders().with(Order::CUSTOMER).all(db);
        one.clubs().all(db);
        one.clubs().links(db);
        one.clubs().count(db);
        one.tags().all(db);
        tags[0].customers().all(db);
        products[0].orders().all(db);
        order.customer().get(db);
        order.lines[0].product().require(db);
        tickets[0].subject().get(db);
        tickets[0].subject().require(db);
        tickets[0].subject().exists(db);
        categories[0].descendants().tree(db);
        Customer::ORDERS.load(db, &customers);
        Customer::ORDERS.limit(1).batch_load(db, &customers);
        Customer::ORDERS.count_by(db, &customers);
        Customer::CLUBS.load(db, &customers);
        Customer::TAGS.load(db, &customers);
        Ticket::SUBJECT.load(db, &tickets);
        Customer::find_all().plan_delete(db);
        earnorm::integrity::scan(db);
        earnorm::check_indexes(db);
        earnorm::ensure_indexes(db);
        earnorm::sync_indexes(db, earnorm::Drop::Nothing);
    }
    for strategy in STRATEGIES {
        let query =
            Customer::find_all().strategy(strategy).with(Customer::ORDERS.with(Order::LINES.with(OrderLine::PRODUCT)));
        same_as_log(&test, "a graph", query.with(Customer::CLUBS).with(Customer::TAGS.count()).all(db)).await;
    }
}

#[tokio::test]
async fn writes_of_every_kind_are_counted_like_the_driver_counts_them() {
    let test = database().await;
    let db = test.db();
    let Shop { mut customers, orders, mut tickets, tags, clubs, .. } = shop(db, 4).await;
    let mut one = customers.remove(0);
    let ticket = tickets.remove(0);
    let new = |id: ObjectId| Order { id: ObjectId::new(), total: 9, customer_id: id, lines: Vec::new() };
    let child = |parent: Option<ObjectId>| Category { id: ObjectId::new(), parent_id: parent };
    let moved = child(None).insert(db).await.unwrap();
    let target = child(None).insert(db).await.unwrap();
    macro_rules! check {
        ($($call:expr;)*) => { $( same_as_log(&test, stringify!($call), $call).await; )* };
    }
    check! {
        new(one.id).insert(db);
        new(one.id).insert_checked(db);
        Order::insert_many(db, &[new(one.id), new(one.id)]);
        one.save(db);
        one.update(db, Customer::NAME.set("Grace"));
        Customer::update_by_id(db, one.id, Customer::NAME.set("Ada"));
        Customer::find_all().update(db, Customer::NAME.set("Eve"));
        one.orders().create(db, new(one.id));
        one.orders().add(db, new(one.id));
        one.orders().add_many(db, [new(one.id), new(one.id)]);
        one.orders().update_all(db, Order::TOTAL.inc(1));
        one.account().delete(db);
        one.account().create(db, Account { id: ObjectId::new(), owner_id: one.id });
        one.clubs().add(db, &clubs[1]);
        one.clubs().add_many(db, [&clubs[2], &clubs[3]]);
        one.clubs().add_link(db, Member { id: ObjectId::new(), customer_id: one.id, club_id: clubs[0].id });
        one.clubs().remove(db, &clubs[1]);
        one.clubs().set(db, [&clubs[3]]);
        one.clubs().create(db, Club { id: ObjectId::new() });
        one.clubs().clear(db);
        one.tags().add(db, &tags[1]);
        one.tags().set(db, [&tags[2]]);
        one.tags().remove(db, &tags[2]);
        one.tags().create(db, Tag { id: ObjectId::new() });
        one.tags().clear(db);
        tags[0].customers().add(db, &one);
        tags[0].customers().clear(db);
        orders[0].customer().set(db, &customers[0]);
        moved.parent().move_to(db, Some(&target));
        moved.parent().clear(db);
        ticket.subject().set(db, &one);
        Customer::bulk(db).insert(Customer { id: ObjectId::new(), name: "Bo".into(), tag_ids: Vec::new() }).delete(ObjectId::new()).run();
        one.orders().delete_all(db);
        one.delete(db);
        Customer::find_all().delete(db);
        Product::find_all().delete(db);
    }
}

#[tokio::test]
async fn documents_that_are_written_whole_count() {
    let test = database().await;
    let tags: Vec<Tag> = (0..10).map(|_| Tag { id: ObjectId::new() }).collect();
    let (result, seen) = observe(Tag::insert_many(test.db(), &tags)).await;
    result.unwrap();
    assert_eq!((seen.commands, seen.documents, seen.bytes), (1, 10, 10 * 22));
}

#[tokio::test]
async fn a_transaction_counts_its_commands_and_its_commit() {
    let test = database().await;
    let db = test.db();
    let add = async |db: &Database| {
        let line = line!() + 1;
        earnorm::transaction(db, async |tx| {
            Tag { id: ObjectId::new() }.insert(tx).await?;
            Tag::find_all().count(tx).await
        })
        .await
        .map(|count| (count, line))
    };
    let mut line = 0;
    let seen = same_as_log(&test, "a transaction", async { add(db).await.map(|(_, at)| line = at) }).await;
    assert_eq!(seen.commands, 3, "{seen}");
    let operations: Vec<_> = seen.call_sites.iter().map(|site| (site.operation, site.commands)).collect();
    assert_eq!(operations, [("insert", 1), ("count", 1), ("transaction", 1)], "{seen}");
    assert_eq!(seen.call_sites[2].line, line, "{seen}");

    let failing = earnorm::transaction(db, async |tx| {
        Tag { id: ObjectId::new() }.insert(tx).await?;
        Err::<(), _>(earnorm::Error::other("no"))
    });
    let seen = same_as_log(&test, "an abort", async { Ok(failing.await.unwrap_err()) }).await;
    assert_eq!(seen.commands, 2, "{seen}");
    let empty = earnorm::transaction(db, async |_| Ok(()));
    assert_eq!(same_as_log(&test, "an empty transaction", empty).await.commands, 0);
}

#[tokio::test]
async fn a_stream_counts_each_batch_at_the_line_that_opened_it() {
    let test = database().await;
    let tags: Vec<Tag> = (0..2_500).map(|_| Tag { id: ObjectId::new() }).collect();
    Tag::insert_many(test.db(), &tags).await.unwrap();
    let mut line = 0;
    let read = async {
        line = line!() + 1;
        let mut rows = Tag::find_all().stream(test.db());
        let mut count = 0;
        while let Some(row) = rows.next().await {
            row?;
            count += 1;
        }
        Ok(count)
    };
    let seen = same_as_log(&test, "a stream", read).await;
    assert_eq!((seen.commands, seen.documents), (3, 2_500));
    let [site] = &seen.call_sites[..] else { panic!("{seen}") };
    assert_eq!((site.line, site.operation, site.calls, site.commands), (line, "stream", 1, 3));
    let some = async { Tag::find_all().stream(test.db()).take(3).count().await };
    assert_eq!(observe(some).await.1.documents, 1_000, "a batch");
}

#[tokio::test]
async fn calls_count_for_each_observe_around_them() {
    let test = database().await;
    let db = test.db();
    let (inner, outer) = observe(async {
        Tag::find_all().all(db).await.unwrap();
        let ((), inner) = observe(async {
            Tag::find_all().count(db).await.unwrap();
        })
        .await;
        inner
    })
    .await;
    assert_eq!((inner.commands, outer.commands), (1, 2));
    assert_eq!(inner.call_sites[0].operation, "count");
    Tag::find_all().all(db).await.unwrap();
    assert_eq!(outer.commands, 2, "what comes later isn't seen");
}

#[tokio::test]
async fn concurrent_observes_do_not_mix() {
    let test = database().await;
    let db = test.db();
    let run = |times: u64| async move {
        let ((), seen) = observe(async {
            for _ in 0..times {
                Tag::find_all().count(db).await.unwrap();
            }
        })
        .await;
        (seen.commands, seen.call_sites[0].calls)
    };
    assert_eq!(join_all([1, 5, 3].map(run)).await, [(1, 1), (5, 5), (3, 3)]);
    let db = db.clone();
    let spawned = observe(async move { tokio::spawn(async move { Tag::find_all().count(&db).await.unwrap() }).await });
    assert_eq!(spawned.await.1.commands, 0, "a spawned task is not a part of the future");
}

#[tokio::test]
async fn a_failed_and_a_dropped_call_count() {
    let test = database().await;
    let db = test.db();
    let tag = Tag { id: ObjectId::new() }.insert(db).await.unwrap();
    let (result, seen) = observe(tag.insert(db)).await;
    result.unwrap_err();
    assert_eq!((seen.commands, seen.call_sites[0].calls), (1, 1));
    let ((), seen) = observe(async {
        let call = Tag::find_all().all(db);
        tokio::time::timeout(Duration::ZERO, call).await.unwrap_err();
    })
    .await;
    assert_eq!(seen.call_sites[0].calls, 1, "{seen}");
    let ((), seen) = observe(async { drop(Tag::find_all().all(db)) }).await;
    assert!(seen.call_sites.is_empty(), "a call that isn't awaited sends nothing");
}

#[tokio::test]
async fn a_future_that_was_made_before_is_counted_where_it_was_made() {
    let test = database().await;
    let (line, future) = (line!(), Tag::find_all().count(test.db()));
    let (_, seen) = observe(future).await;
    assert_eq!((seen.call_sites[0].line, seen.commands), (line, 1));
}
