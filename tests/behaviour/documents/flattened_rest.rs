//! Fields that the struct doesn't have, kept in a flattened `rest: Document`.

use earnorm::mongodb::bson::{Bson, Document, doc};
use earnorm::prelude::*;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "sheets")]
struct Sheet {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(flatten)]
    rest: Document,
}

#[tokio::test]
async fn rest_keeps_values_of_every_type() {
    let test = database().await;
    let raw = test.db().collection::<Document>("sheets");
    let now = earnorm::mongodb::bson::DateTime::now();
    let stored =
        doc! { "_id": 1, "id": ObjectId::new(), "at": now, "long": 5_i64, "list": [1, { "a": null }], "none": null };
    raw.insert_one(&stored).await.unwrap();
    let mut sheet = Sheet::get(test.db(), 1).await.unwrap().unwrap();
    sheet.save(test.db()).await.unwrap();
    assert_eq!(raw.find_one(doc! {}).await.unwrap(), Some(stored));
}

/// A sub-document that looks like extended JSON is read as the value it represents.
#[tokio::test]
async fn rest_reads_extended_json_as_the_value_it_represents() {
    let test = database().await;
    let raw = test.db().collection::<Document>("sheets");
    let id = ObjectId::new();
    raw.insert_one(doc! { "_id": 1, "link": { "$oid": id.to_hex() } }).await.unwrap();
    let mut sheet = Sheet::get(test.db(), 1).await.unwrap().unwrap();
    assert_eq!(sheet.rest.get("link"), Some(&Bson::ObjectId(id)));
    sheet.save(test.db()).await.unwrap();
    assert_eq!(raw.find_one(doc! {}).await.unwrap(), Some(doc! { "_id": 1, "link": id }));
}
