//! Keys in embedded documents of kinds.

use earnorm::integrity::{self, Repair};
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_tests::{STRATEGIES, database, documents};

use crate::models::insert_all;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Check {
    #[relation(many_to_one, target = Inspector, on_delete = "pull")]
    inspector_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Home {
    #[relation(many_to_one, target = Site, on_delete = "set_null")]
    site_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "machine", rename = "crane")]
#[model(collection = "machines")]
struct Crane {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(default)]
    height: i32,
    #[model(embedded)]
    checks: Vec<Check>,
    #[model(embedded)]
    home: Option<Home>,
}

/// The same fields, but no relations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "machine", rename = "digger")]
#[model(collection = "machines")]
struct Digger {
    #[serde(rename = "_id")]
    id: i32,
    height: i32,
    checks: Vec<earnorm::mongodb::bson::Document>,
    home: earnorm::mongodb::bson::Document,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Crane, target_ids = checks.inspector_id, back_populates = checks.inspector)]
struct Inspector {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Crane, fk = home.site_id)]
struct Site {
    #[serde(rename = "_id")]
    id: i32,
}

fn crane(id: i32) -> Crane {
    let checks = vec![Check { inspector_id: 1 }, Check { inspector_id: 2 }];
    Crane { id, height: 1, checks, home: Some(Home { site_id: Some(1) }) }
}

async fn yard(db: &Database) {
    insert_all(db, vec![Inspector { id: 1 }, Inspector { id: 2 }]).await;
    insert_all(db, vec![Site { id: 1 }]).await;
    insert_all(db, vec![crane(1), crane(3)]).await;
    let checks = vec![doc! { "inspector_id": 1 }, doc! { "inspector_id": 2 }, doc! { "inspector_id": 9 }];
    insert_all(db, vec![Digger { id: 2, height: 1, checks, home: doc! { "site_id": 1 } }]).await;
}

async fn diggers(db: &Database) -> Vec<Digger> {
    Digger::find_all().all(db).await.unwrap()
}

#[tokio::test]
async fn keys_in_elements_are_read_and_written_by_kind() {
    let test = database().await;
    let db = test.db();
    yard(db).await;
    let before = diggers(db).await;
    let (one, two, site) = (Inspector { id: 1 }, Inspector { id: 2 }, Site { id: 1 });
    for strategy in STRATEGIES {
        let query =
            Inspector::find_all().order_by(Inspector::ID.asc()).with(Inspector::CRANES).with(Inspector::CRANES.count());
        let inspectors = query.strategy(strategy).all(db).await.unwrap();
        assert_eq!((inspectors[0].related(Inspector::CRANES).len(), inspectors[0].count(Inspector::CRANES)), (2, 2));
        let sites = Site::find_all().with(Site::CRANES.limit(5)).strategy(strategy).all(db).await.unwrap();
        assert_eq!(sites[0].related(Site::CRANES).len(), 2);
        let cranes =
            Crane::find_all().with(Crane::CHECKS.with(Check::INSPECTOR)).strategy(strategy).all(db).await.unwrap();
        assert_eq!(cranes.len(), 2);
    }
    assert_eq!(Inspector::find(Inspector::CRANES.any()).count(db).await.unwrap(), 2);
    assert_eq!(
        Crane::find(Crane::CHECKS.any(Check::INSPECTOR_ID.eq(1))).update(db, Crane::HEIGHT.set(5)).await.unwrap(),
        2
    );
    assert_eq!(one.cranes().update_all(db, Crane::HEIGHT.set(6)).await.unwrap(), 2);
    assert!(!one.cranes().remove(db, &crane(2)).await.unwrap());
    assert!(one.cranes().remove(db, &crane(1)).await.unwrap());
    assert_eq!(one.cranes().clear(db).await.unwrap(), 1);
    assert_eq!(site.cranes().clear(db).await.unwrap(), 2);
    site.cranes().add(db, crane(1)).await.unwrap();
    two.cranes().filter(Crane::ID.eq(3)).delete_all(db).await.unwrap();
    // rules
    assert_eq!(two.delete(db).await.unwrap().to_string(), "1 inspector deleted; 1 crane (in `checks`) unlinked");
    assert_eq!(site.delete(db).await.unwrap().to_string(), "1 site deleted; 1 crane unlinked");
    assert_eq!(diggers(db).await, before);
}

#[tokio::test]
async fn keys_in_elements_are_scanned_and_repaired_by_kind() {
    let test = database().await;
    let db = test.db();
    yard(db).await;
    let before = diggers(db).await;
    assert!(integrity::scan(db).await.unwrap().is_empty());
    let mut broken = crane(5);
    broken.checks.push(Check { inspector_id: 9 });
    broken.insert(db).await.unwrap();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!((report.len(), report.entries()[0].holder.clone()), (1, 5.into()), "{report}");
    report.repair(db, Repair::Unlink).await.unwrap();
    assert_eq!(Crane::get(db, 5).await.unwrap(), Some(crane(5)));
    assert_eq!(diggers(db).await, before);
    assert_eq!(documents(db, "machines").await.len(), 4);
}
