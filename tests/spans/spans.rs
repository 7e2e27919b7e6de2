//! The spans of the feature `tracing`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::database;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::models::{Customer, Order, Shop, Tag, shop};

/// A span or an event with its fields as text.
#[derive(Debug, Clone, Default)]
struct Seen {
    name: &'static str,
    /// The innermost `earnorm.query` around it.
    within: Option<u64>,
    id: u64,
    fields: BTreeMap<&'static str, String>,
}

/// Keeps every span and event.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Seen>>>);

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let name = attributes.metadata().name();
        let mut seen = Seen { name, id: id.into_u64(), ..Seen::default() };
        attributes.record(&mut seen);
        self.0.lock().unwrap().push(seen);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        if let Some(seen) = self.0.lock().unwrap().iter_mut().rfind(|seen| seen.id == id.into_u64()) {
            values.record(seen);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let scope = context.event_scope(event);
        let within = scope.and_then(|scope| scope.into_iter().find(|span| span.name() == "earnorm.query"));
        let mut seen = Seen { name: "event", within: within.map(|span| span.id().into_u64()), ..Seen::default() };
        event.record(&mut seen);
        self.0.lock().unwrap().push(seen);
    }
}

impl Collector {
    /// What a future of this thread produces.
    async fn collect(run: impl Future<Output = ()>) -> Vec<Seen> {
        let collector = Self::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(collector.clone()));
        run.await;
        drop(guard);
        let seen = collector.0.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.name == "earnorm.query" || seen.fields.contains_key("command"))
            .cloned()
            .collect()
    }
}

impl Seen {
    fn fields(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

async fn spans_and_events(test: &TestDb) {
    let db = test.db();
    let Shop { orders, customers, .. } = shop(db, 2).await;
    let seen = Collector::collect(async {
        Order::find(Order::TOTAL.gt(1)).with(Order::CUSTOMER).all(db).await.unwrap();
        orders[0].customer().get(db).await.unwrap();
        let mut rows = customers[0].orders().stream(db);
        while let Some(row) = rows.next().await {
            row.unwrap();
        }
        drop(rows);
        Tag { id: ObjectId::new() }.insert(db).await.unwrap();
    })
    .await;
    let spans: Vec<_> = seen.iter().filter(|seen| seen.name == "earnorm.query").collect();
    let fields: Vec<_> = spans.iter().map(|span| span.fields()).collect();
    let expected: [&[(&str, &str)]; 4] = [
        &[("commands", "2"), ("documents", "4"), ("model", "Order"), ("operation", "all")],
        &[("commands", "1"), ("documents", "1"), ("model", "Order"), ("operation", "get"), ("relation", "customer")],
        &[
            ("commands", "1"),
            ("documents", "2"),
            ("model", "Customer"),
            ("operation", "stream"),
            ("relation", "orders"),
        ],
        &[("commands", "1"), ("documents", "1"), ("model", "Tag"), ("operation", "insert")],
    ];
    assert_eq!(fields, expected);
    let events: Vec<_> = seen.iter().filter(|seen| seen.name == "event").collect();
    let in_first: Vec<_> = events.iter().filter(|event| event.within == Some(spans[0].id)).collect();
    let collections: Vec<_> = in_first.iter().map(|event| event.fields()).collect();
    assert_eq!(
        collections,
        [[("collection", "orders"), ("command", "find")], [("collection", "customers"), ("command", "find")]],
        "events of the call are in its span, and have no values"
    );
    assert!(events.iter().all(|event| event.within.is_some() && !event.fields.contains_key("filter")), "{events:?}");
}

async fn values(test: &TestDb) {
    let db = test.db();
    let find = async || {
        let seen = Collector::collect(async {
            Customer::find(Customer::NAME.eq("Ada Lovelace")).all(db).await.unwrap();
        });
        format!("{:?}", seen.await)
    };
    let without = find().await;
    assert!(!without.contains("Lovelace"), "{without}");
    earnorm::trace_values(true);
    let with = find().await;
    earnorm::trace_values(false);
    assert!(with.contains("filter") && with.contains("Lovelace"), "{with}");
    assert!(!find().await.contains("Lovelace"));
}

/// One test, since `tracing` caches for the whole program whether somebody wants a span, and whether values are traced is set
/// for the whole program.
#[tokio::test]
async fn each_call_is_a_span_without_values_unless_they_are_wanted() {
    let test = database().await;
    spans_and_events(&test).await;
    values(&test).await;
    transactions(&test).await;
}

/// Events of others are in the span of the call that is polled.
async fn transactions(test: &TestDb) {
    let seen = Collector::collect(async {
        let failing = earnorm::transaction(test.db(), async |tx| {
            tracing::info!(command = "mine");
            Tag::find_all().all(tx).await.map(drop)
        });
        failing.await.unwrap();
    })
    .await;
    let mine: Vec<_> = seen.iter().filter(|seen| seen.fields.get("command").is_some_and(|it| it == "mine")).collect();
    assert_eq!((mine.len(), mine[0].within), (1, None), "the body of a transaction is not a part of a call");
    let operations: Vec<_> = seen.iter().filter_map(|seen| seen.fields.get("operation")).collect();
    assert_eq!(operations, ["all", "transaction"]);
}
