//! A tree deleted by EarnORM and by hand, each time on fresh data: `cargo xtask bench delete`.

use std::time::{Duration, Instant};

use earnorm::prelude::*;
use earnorm_benches::{Outcome, Table};
use earnorm_testkit::{CommandLog, LocalServer, TestDb};
use futures_util::TryStreamExt;
use mongodb::bson::Document;
use mongodb::options::ClientOptions;
use mongodb::{Client, ClientSession, Database};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Order, fk = shop_id, cascade_delete)]
struct Shop {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Line, fk = order_id, cascade_delete)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    shop_id: ObjectId,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Line {
    #[serde(rename = "_id")]
    id: ObjectId,
    order_id: ObjectId,
    pieces: i32,
}

const SHOPS: usize = 1_000;
const ORDERS: usize = 20;
const LINES: usize = 10;
const TURNS: usize = 5;

/// Who deletes.
#[derive(Debug, Clone, Copy)]
enum Who {
    Ours,
    ByHand,
    InATransaction,
}

const ALL: [Who; 3] = [Who::Ours, Who::ByHand, Who::InATransaction];

#[tokio::main]
async fn main() -> Outcome {
    let test = TestDb::with_options(|options| options.command_event_handler = None).await?;
    if std::env::args().nth(1).as_deref() == Some("plan") {
        return plan(test.db()).await;
    }
    let mut times: [Vec<Duration>; 3] = Default::default();
    let mut peaks = [0; 3];
    let mut deleted = [0; 3];
    for turn in 0..TURNS {
        // each comes first in turn
        for place in 0..ALL.len() {
            let index = (turn + place) % ALL.len();
            fill(test.db()).await?;
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            let start = Instant::now();
            deleted[index] = delete(test.db(), ALL[index]).await?;
            times[index].push(start.elapsed());
            peaks[index] = peaks[index].max(MEMORY.peak_usage().saturating_sub(before));
            eprint!(".");
        }
    }
    eprintln!();
    let mut table = Table::new(["", "documents", "time", "ratio", "commands", "peak"]);
    let by_hand = median(&mut times[1]);
    for (index, who) in ALL.into_iter().enumerate() {
        let time = median(&mut times[index]);
        fill(test.db()).await?;
        table.row([
            format!("{who:?}"),
            deleted[index].to_string(),
            format!("{:.0} ms", time.as_secs_f64() * 1_000.0),
            format!("{:.2}", time.as_secs_f64() / by_hand.as_secs_f64()),
            commands(test.name(), who).await?.to_string(),
            format!("{} KiB", peaks[index] / 1_024),
        ]);
    }
    println!("{table}");
    println!("medians of {TURNS} turns, each on fresh data; goal: at most 1.15 of the time by hand");
    println!("ours finds everything before the first write, and is in a transaction");
    let ids = (SHOPS + SHOPS * ORDERS) * size_of::<mongodb::bson::Bson>();
    println!("the ids of shops and orders alone, as values: {} KiB", ids / 1_024);
    plan(test.db()).await
}

/// How many documents a large plan reaches.
const PLANNED: usize = 1_000_000;

/// The memory of a plan that holds many ids.
async fn plan(db: &Database) -> Outcome {
    db.drop().await?;
    earnorm::ensure_indexes(db).await?;
    let shop = Shop { id: ObjectId::new(), name: "large".to_owned() }.insert(db).await?;
    let order = || Order { id: ObjectId::new(), shop_id: shop.id };
    for start in (0..PLANNED).step_by(50_000) {
        let orders: Vec<Order> = (start..PLANNED).take(50_000).map(|_| order()).collect();
        Order::insert_many(db, &orders).await?;
    }
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = Instant::now();
    let plan = shop.plan_delete(db).await?;
    let (time, peak) = (start.elapsed(), MEMORY.peak_usage().saturating_sub(before));
    let held = MEMORY.current_usage().saturating_sub(before);
    let (held, peak) = (held >> 20, peak >> 20);
    println!("a plan of {} documents: {held} MiB, at its peak {peak} MiB, {:.1} s", plan.deleted(), time.as_secs_f64());
    Ok(())
}

async fn fill(db: &Database) -> Outcome {
    db.drop().await?;
    earnorm::ensure_indexes(db).await?;
    let shops: Vec<Shop> = (0..SHOPS).map(|n| Shop { id: ObjectId::new(), name: format!("shop {n}") }).collect();
    Shop::insert_many(db, &shops).await?;
    for shops in shops.chunks(50) {
        let order = |shop: &Shop| Order { id: ObjectId::new(), shop_id: shop.id };
        let orders: Vec<Order> = shops.iter().flat_map(|shop| (0..ORDERS).map(move |_| order(shop))).collect();
        Order::insert_many(db, &orders).await?;
        let line = |order: &Order, pieces| Line { id: ObjectId::new(), order_id: order.id, pieces };
        let lines: Vec<Line> = orders.iter().flat_map(|order| (1..).take(LINES).map(move |n| line(order, n))).collect();
        Line::insert_many(db, &lines).await?;
    }
    Ok(())
}

/// The same deletes with a client that records what it sends.
async fn commands(name: &str, who: Who) -> Outcome<usize> {
    let log = CommandLog::new();
    let mut options = ClientOptions::parse(LocalServer::shared().await?.uri()).await?;
    log.attach(&mut options);
    let db = Client::with_options(options)?.database(name);
    let before = log.mark();
    delete(&db, who).await?;
    Ok(log.since(before).len())
}

async fn delete(db: &Database, who: Who) -> Outcome<u64> {
    match who {
        Who::Ours => Ok(Shop::find_all().delete(db).await?.deleted()),
        Who::ByHand => by_hand(db, None).await,
        Who::InATransaction => {
            let mut session = db.client().start_session().await?;
            session.start_transaction().await?;
            let deleted = by_hand(db, Some(&mut session)).await?;
            session.commit_transaction().await?;
            Ok(deleted)
        }
    }
}

/// A thousand keys a command, children first, and no look at what would stand in the way.
async fn by_hand(db: &Database, mut session: Option<&mut ClientSession>) -> Outcome<u64> {
    let shops = ids(db, "shops", doc! {}, session.as_deref_mut()).await?;
    let mut orders = Vec::new();
    for shops in shops.chunks(1_000) {
        orders.extend(ids(db, "orders", doc! { "shop_id": { "$in": shops } }, session.as_deref_mut()).await?);
    }
    let mut deleted = 0;
    for orders in orders.chunks(1_000) {
        deleted += remove(db, "lines", doc! { "order_id": { "$in": orders } }, session.as_deref_mut()).await?;
    }
    for shops in shops.chunks(1_000) {
        deleted += remove(db, "orders", doc! { "shop_id": { "$in": shops } }, session.as_deref_mut()).await?;
    }
    for shops in shops.chunks(1_000) {
        deleted += remove(db, "shops", doc! { "_id": { "$in": shops } }, session.as_deref_mut()).await?;
    }
    Ok(deleted)
}

async fn ids(
    db: &Database,
    collection: &str,
    filter: Document,
    session: Option<&mut ClientSession>,
) -> Outcome<Vec<ObjectId>> {
    let found = db.collection::<Document>(collection);
    let action = found.find(filter).projection(doc! { "_id": 1 }).batch_size(1 << 30);
    let documents: Vec<Document> = match session {
        None => action.await?.try_collect().await?,
        Some(session) => {
            let mut cursor = action.session(&mut *session).await?;
            cursor.stream(session).try_collect().await?
        }
    };
    Ok(documents.iter().map(|document| document.get_object_id("_id")).collect::<Result<_, _>>()?)
}

async fn remove(
    db: &Database,
    collection: &str,
    filter: Document,
    session: Option<&mut ClientSession>,
) -> Outcome<u64> {
    let collection = db.collection::<Document>(collection);
    let action = collection.delete_many(filter);
    let result = match session {
        None => action.await?,
        Some(session) => action.session(session).await?,
    };
    Ok(result.deleted_count)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
