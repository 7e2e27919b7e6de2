use std::time::Duration;

use earnorm::Error;
use earnorm::mongodb::bson::Bson;
use earnorm::mongodb::options::CollationStrength;
use earnorm::prelude::*;
use earnorm::schema::{IndexKey, IndexMetadata, IndexOrder};
use earnorm_tests::database;

use crate::models::{Order, User, names, read, stored, user};

fn fields(index: &IndexMetadata) -> Vec<(&'static str, IndexOrder)> {
    index.keys.iter().map(|IndexKey { field, order }| (*field, *order)).collect()
}

#[test]
fn the_metadata_has_the_declared_indexes() {
    let indexes = User::metadata().config.indexes;
    assert_eq!(indexes.len(), 8);
    assert_eq!(fields(&indexes[0]), [("mail", IndexOrder::Ascending)]);
    assert!(indexes[0].unique && indexes[0].partial.is_none());
    assert_eq!(fields(&indexes[1]), [("country", IndexOrder::Ascending), ("created", IndexOrder::Descending)]);
    assert_eq!(indexes[3].partial.map(|partial| partial()), Some(doc! { "active": true }));
    assert_eq!(indexes[4].expire_after, Some(3600));
    assert_eq!((indexes[5].name, indexes[5].sparse), (Some("by_nick"), true));
    assert_eq!(indexes[6].collation.map(|collation| collation()), Some(doc! { "locale": "en", "strength": 2 }));
    assert!(indexes[7].hidden);
}

#[test]
fn a_path_has_the_stored_names() {
    let fields: Vec<_> = Order::metadata().config.indexes.iter().map(|index| index.keys[0].field).collect();
    assert_eq!(fields, ["items.code", "items.dim.netWeight", "town", "customer_id"]);
}

#[tokio::test]
async fn indexes_are_stored_as_they_are_declared() {
    let test = database().await;
    let db = test.db();
    let report = User::ensure_indexes(db).await.unwrap();
    assert_eq!(report.made.len(), 7, "{report}");
    let expected = [
        "by_nick",
        // this one covers the index on `country`
        "country_1_created_-1",
        "expires_1",
        "mail_1",
        "name_1_en_2",
        "score_1",
        "token_1_unique_active_true",
    ];
    assert_eq!(names(db, "users").await, expected);
    let keys = |name| async move { read(db, "users", name).await.keys };
    assert_eq!(keys("country_1_created_-1").await, doc! { "country": 1, "created": -1 });
    let options = |name| async move { read(db, "users", name).await.options.unwrap() };
    assert_eq!(options("mail_1").await.unique, Some(true));
    assert_eq!(options("expires_1").await.expire_after, Some(Duration::from_secs(3600)));
    assert_eq!(options("by_nick").await.sparse, Some(true));
    assert_eq!(options("score_1").await.hidden, Some(true));
    let token = options("token_1_unique_active_true").await;
    assert_eq!((token.unique, token.partial_filter_expression), (Some(true), Some(doc! { "active": true })));
    let collation = options("name_1_en_2").await.collation.unwrap();
    assert_eq!(collation.locale, "en");
    assert!(matches!(collation.strength, Some(CollationStrength::Secondary)), "{collation:?}");
}

#[tokio::test]
async fn a_unique_index_refuses_a_second_document() {
    let test = database().await;
    let db = test.db();
    User::ensure_indexes(db).await.unwrap();
    user(1).insert(db).await.unwrap();
    let same_email = User { email: user(1).email, ..user(2) };
    let Err(Error::Duplicate { index, model }) = same_email.insert(db).await else { panic!("a duplicate") };
    assert_eq!((index.as_str(), model), ("mail_1", "User"));
    // only active tokens are unique
    let same_token = User { token: 1, ..user(2) };
    let Err(Error::Duplicate { index, .. }) = same_token.clone().insert(db).await else { panic!("a duplicate") };
    assert_eq!(index, "token_1_unique_active_true");
    User { active: false, ..same_token }.insert(db).await.unwrap();
}

#[tokio::test]
async fn a_path_leads_into_embedded_documents() {
    let test = database().await;
    let db = test.db();
    let report = Order::ensure_indexes(db).await.unwrap();
    assert_eq!(
        names(db, "orders").await,
        // the last of them serves the key of the relation
        ["customer_id_1_number_-1", "items.code_1", "items.dim.netWeight_1", "town_1_number_-1"],
        "{report}"
    );
    let orders = db.collection("orders");
    orders.insert_one(doc! { "_id": 1, "items": [{ "code": "a" }, { "code": "b" }] }).await.unwrap();
    orders.insert_one(doc! { "_id": 2, "items": [{ "code": "b" }] }).await.unwrap_err();
}

#[tokio::test]
async fn the_server_reads_with_a_declared_index() {
    let test = database().await;
    let db = test.db();
    User::ensure_indexes(db).await.unwrap();
    user(1).insert(db).await.unwrap();
    let find = User::find(User::COUNTRY.eq("it")).order_by(User::CREATED.desc()).to_query().unwrap();
    let command = doc! { "find": find.collection, "filter": find.filter, "sort": { "created": -1 } };
    let plan = db.run_command(doc! { "explain": command, "verbosity": "queryPlanner" }).await.unwrap();
    let plan = Bson::from(plan).to_string();
    assert!(plan.contains("country_1_created_-1"), "{plan}");
    assert_eq!(stored(db, "users").await.len(), 7);
}
