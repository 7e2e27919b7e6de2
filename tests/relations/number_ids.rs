//! Ids that differ in their last digits, and a number stored in several types.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{AnyValue, STRATEGIES, database, decimal};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Needle", fk = "gauge_id")]
#[relation(many_to_many, target = "Site", through = "Mount")]
#[relation(many_to_many, name = "near", target = "Site", ids = "near_ids")]
struct Gauge {
    #[serde(rename = "_id")]
    id: AnyValue,
    near_ids: Vec<AnyValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Needle {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Gauge")]
    gauge_id: AnyValue,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(many_to_many, name = "gauges", target = "Gauge", target_ids = "near_ids")]
struct Site {
    #[serde(rename = "_id")]
    id: AnyValue,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
struct Mount {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    gauge_id: Option<AnyValue>,
    site_id: Option<AnyValue>,
}

/// Replaces all documents. There is a gauge and a site for each id; each key is in every array and link, and in one
/// needle.
async fn store(db: &Database, ids: &[Bson], keys: &[Bson]) {
    for name in ["gauges", "needles", "sites", "mounts"] {
        db.collection::<Document>(name).delete_many(doc! {}).await.unwrap();
    }
    let gauges = ids.iter().map(|id| doc! { "_id": id, "near_ids": keys });
    db.collection::<Document>("gauges").insert_many(gauges).await.unwrap();
    db.collection::<Document>("sites").insert_many(ids.iter().map(|id| doc! { "_id": id })).await.unwrap();
    let needles = (0..).zip(keys).map(|(at, key)| doc! { "_id": at, "gauge_id": key });
    db.collection::<Document>("needles").insert_many(needles).await.unwrap();
    let mounts = ids.iter().flat_map(|id| keys.iter().map(move |key| doc! { "gauge_id": id, "site_id": key }));
    db.collection::<Document>("mounts").insert_many(mounts).await.unwrap();
}

/// Asserts that every way to read a gauge returns `sites` sites and `needles` needles.
async fn check(db: &Database, sites: u64, needles: u64) {
    let number = |n: u64| usize::try_from(n).unwrap();
    for gauge in Gauge::find_all().all(db).await.unwrap() {
        assert_eq!(gauge.sites().count(db).await.unwrap(), sites, "{gauge:?}");
        assert_eq!(gauge.near().count(db).await.unwrap(), sites, "{gauge:?}");
        assert_eq!(gauge.needles().count(db).await.unwrap(), needles, "{gauge:?}");
    }
    for strategy in STRATEGIES {
        let all = || Gauge::find_all().strategy(strategy);
        for row in all().with(Gauge::SITES).with(Gauge::NEAR).with(Gauge::NEEDLES).all(db).await.unwrap() {
            assert_eq!(row.related(Gauge::SITES).len(), number(sites), "{strategy:?}");
            assert_eq!(row.related(Gauge::NEAR).len(), number(sites), "{strategy:?}");
            assert_eq!(row.related(Gauge::NEEDLES).len(), number(needles), "{strategy:?}");
        }
        let counted = all().with(Gauge::SITES.count()).with(Gauge::NEAR.count()).with(Gauge::NEEDLES.count());
        for row in counted.all(db).await.unwrap() {
            let counts = (row.count(Gauge::SITES), row.count(Gauge::NEAR), row.count(Gauge::NEEDLES));
            assert_eq!(counts, (sites, sites, needles), "{strategy:?}");
        }
        for row in all().with(Gauge::SITES.links()).all(db).await.unwrap() {
            assert_eq!(row.related(Gauge::SITES).len(), number(sites), "{strategy:?}");
        }
        for limit in 1..=4 {
            let limited = all().with(Gauge::SITES.limit(limit)).with(Gauge::NEAR.limit(limit));
            for row in limited.with(Gauge::NEEDLES.limit(limit)).all(db).await.unwrap() {
                assert_eq!(row.related(Gauge::SITES).len(), number(sites.min(limit)), "{strategy:?} {limit}");
                assert_eq!(row.related(Gauge::NEAR).len(), number(sites.min(limit)), "{strategy:?} {limit}");
                assert_eq!(row.related(Gauge::NEEDLES).len(), number(needles.min(limit)), "{strategy:?} {limit}");
            }
            for row in all().with(Gauge::SITES.limit(limit).links()).all(db).await.unwrap() {
                assert_eq!(row.related(Gauge::SITES).len(), number(sites.min(limit)), "{strategy:?} {limit}");
            }
        }
        let rows = Site::find_all().strategy(strategy).with(Site::GAUGES.limit(2)).all(db).await.unwrap();
        assert!(rows.iter().all(|row| row.related(Site::GAUGES).len() == number(sites.min(2))), "{strategy:?}");
        let needles = Needle::find_all().strategy(strategy).with(Needle::GAUGE).all(db).await.unwrap();
        assert!(needles.iter().all(|row| row.related(Needle::GAUGE).is_some()), "{strategy:?}");
    }
    assert!(earnorm::integrity::scan(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn doubles_that_differ_in_their_last_digit_are_different_ids() {
    let test = database().await;
    let db = test.db();
    let pairs: [[Bson; 2]; 3] = [
        [1_234_567_890_123_456.0.into(), 1_234_567_890_123_457.0.into()],
        [0.3.into(), 0.300_000_000_000_000_04.into()],
        [2_f64.powi(53).into(), ((1_i64 << 53) + 1).into()],
    ];
    for ids in &pairs {
        store(db, ids, ids).await;
        check(db, 2, 1).await;
    }
}

#[tokio::test]
async fn a_number_in_several_types_is_the_same_id() {
    let test = database().await;
    let db = test.db();
    let same: [Vec<Bson>; 4] = [
        vec![(1_i64 << 53).into(), 2_f64.powi(53).into(), decimal("9007199254740992")],
        vec![1_234_567_890_123_456_i64.into(), 1_234_567_890_123_456.0.into(), decimal("1234567890123456.00")],
        vec![1.into(), 1_i64.into(), 1.0.into(), decimal("1.0")],
        vec![0.5.into(), decimal("0.5"), decimal("0.50")],
    ];
    for keys in &same {
        for id in keys {
            store(db, std::slice::from_ref(id), keys).await;
            check(db, 1, keys.len() as u64).await;
        }
    }
}
