//! An array stored in a field for a single key refers to nothing.

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{AnyValue, STRATEGIES, database, insert_documents};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Branch", fk = "stem_id", cascade_delete)]
#[relation(many_to_many, target = "Bird", through = "Nest")]
struct Stem {
    #[serde(rename = "_id")]
    id: AnyValue,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Blossom", fk = "branch_id", on_delete = "set_null")]
struct Branch {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Stem")]
    stem_id: AnyValue,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Blossom {
    #[serde(rename = "_id")]
    id: i32,
    branch_id: Option<i32>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Bird {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
struct Nest {
    #[serde(rename = "_id")]
    id: Option<i32>,
    stem_id: Option<AnyValue>,
    bird_id: Option<i32>,
}

async fn store(db: &earnorm::mongodb::Database) {
    insert_documents(db, "stems", vec![doc! { "_id": 1 }, doc! { "_id": "a" }]).await;
    let array = Bson::Array(vec![1.into(), "a".into()]);
    insert_documents(
        db,
        "branches",
        vec![doc! { "_id": 1, "stem_id": 1 }, doc! { "_id": 2, "stem_id": array.clone() }],
    )
    .await;
    insert_documents(db, "blossoms", vec![doc! { "_id": 1, "branch_id": 1 }, doc! { "_id": 2, "branch_id": [1, 2] }])
        .await;
    insert_documents(db, "birds", vec![doc! { "_id": 1 }]).await;
    insert_documents(
        db,
        "nests",
        vec![
            doc! { "_id": 1, "stem_id": 1, "bird_id": 1 },
            doc! { "_id": 2, "stem_id": array, "bird_id": 1 },
            doc! { "_id": 3, "stem_id": "a", "bird_id": [1] },
        ],
    )
    .await;
}

#[tokio::test]
async fn an_array_as_a_key_refers_to_nothing() {
    let test = database().await;
    let db = test.db();
    store(db).await;
    for branch in Branch::find_all().order_by(Branch::ID.asc()).all(db).await.unwrap() {
        assert_eq!(branch.stem().get(db).await.unwrap().is_some(), branch.id == 1);
    }
    for strategy in STRATEGIES {
        let rows = Branch::find_all().strategy(strategy).with(Branch::STEM).all(db).await.unwrap();
        assert!(rows.iter().all(|row| row.related(Branch::STEM).is_some() == (row.id == 1)), "{strategy:?}");
        let rows = Branch::find_all().strategy(strategy).with(Branch::STEM.count()).all(db).await.unwrap();
        assert!(rows.iter().all(|row| row.count(Branch::STEM) == u64::from(row.id == 1)), "{strategy:?}");
    }
    assert_eq!(Branch::find(Branch::STEM.any()).count(db).await.unwrap(), 1);
    assert_eq!(Branch::find(Branch::STEM.none()).count(db).await.unwrap(), 1);
    let broken = earnorm::integrity::scan(db).await.unwrap();
    assert_eq!(broken.len(), 4, "{broken}");
}

#[tokio::test]
async fn deletes_do_not_follow_an_array_as_a_key() {
    let test = database().await;
    let db = test.db();
    store(db).await;
    let stem = Stem::get(db, AnyValue::from(1)).await.unwrap().unwrap();
    let plan = stem.plan_delete(db).await.unwrap();
    let report = plan.execute(db).await.unwrap();
    assert_eq!(report.deleted(), 2, "{report}");
    let left = async |name: &str| {
        let ids = db.collection::<Document>(name).distinct("_id", doc! {}).await.unwrap();
        ids.iter().filter_map(Bson::as_i32).collect::<Vec<_>>()
    };
    assert_eq!(left("branches").await, [2]);
    assert_eq!(left("nests").await, [2, 3]);
    let blossom = db.collection::<Document>("blossoms").find_one(doc! { "_id": 2 }).await.unwrap().unwrap();
    assert_eq!(blossom.get("branch_id"), Some(&vec![1, 2].into()));
}
