//! Models with declared indexes, and what a server lists of them.

use earnorm::integrity::IndexSpec;
use earnorm::mongodb::bson::{DateTime, Document};
use earnorm::mongodb::{Database, IndexModel};
use earnorm::prelude::*;
use futures_util::TryStreamExt;

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[index(email, unique)]
#[index(country, -created)]
#[index(country)]
#[index(token, unique, partial = doc! { "active": true })]
#[index(expires, expire_after = 60 * 60)]
#[index(nick, sparse, name = "by_nick")]
#[index(name, collation = doc! { "locale": "en", "strength": 2 })]
#[index(score, hidden)]
pub(crate) struct User {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[serde(rename = "mail")]
    pub(crate) email: String,
    pub(crate) country: String,
    pub(crate) created: i64,
    pub(crate) token: i32,
    pub(crate) active: bool,
    pub(crate) expires: DateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nick: Option<String>,
    pub(crate) name: String,
    pub(crate) score: i32,
}

pub(crate) fn user(id: i32) -> User {
    User {
        id,
        email: format!("{id}@example.com"),
        country: "it".into(),
        created: 1,
        token: id,
        active: true,
        expires: DateTime::now(),
        nick: None,
        name: format!("User {id}"),
        score: 1,
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, Embedded)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Size {
    pub(crate) net_weight: i32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Embedded)]
pub(crate) struct Line {
    #[serde(rename = "code")]
    pub(crate) sku: String,
    #[model(embedded)]
    #[serde(rename = "dim")]
    pub(crate) size: Option<Size>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Embedded)]
pub(crate) struct Address {
    #[serde(rename = "town")]
    pub(crate) city: String,
}

/// The key of a relation has the same field as one index, and begins another one.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[index(lines.sku, unique)]
#[index("lines.size.net_weight")]
#[index(address.city, -NUMBER)]
#[index(customer_id, -number)]
pub(crate) struct Order {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) number: i32,
    #[model(embedded)]
    #[serde(rename = "items")]
    pub(crate) lines: Vec<Line>,
    #[model(embedded)]
    #[serde(flatten)]
    pub(crate) address: Address,
    #[relation(many_to_one, target = Customer)]
    pub(crate) customer_id: i32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_one, target = Badge, fk = customer_id)]
pub(crate) struct Customer {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

/// The relation needs the same unique index.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[index(customer_id, unique, name = "one_badge")]
pub(crate) struct Badge {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(one_to_one, target = Customer)]
    pub(crate) customer_id: i32,
}

/// The specifications that the server stores, without that of `_id`, by their names.
pub(crate) async fn stored(db: &Database, collection: &str) -> Vec<(String, Document)> {
    let reply = db.run_command(doc! { "listIndexes": collection }).await;
    let Ok(reply) = reply else { return Vec::new() };
    let batch = reply.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    let mut found: Vec<_> = batch
        .iter()
        .map(|index| index.as_document().unwrap().clone())
        .map(|index| (index.get_str("name").unwrap().to_owned(), index))
        .filter(|(name, _)| name != "_id_")
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

pub(crate) async fn names(db: &Database, collection: &str) -> Vec<String> {
    stored(db, collection).await.into_iter().map(|(name, _)| name).collect()
}

/// Makes an index with the driver.
pub(crate) async fn make(db: &Database, collection: &str, keys: Document, options: Document) {
    let mut index = doc! { "key": keys };
    index.extend(options);
    db.run_command(doc! { "createIndexes": collection, "indexes": [index] }).await.unwrap();
}

pub(crate) fn names_of<'a>(specs: impl IntoIterator<Item = &'a IndexSpec>) -> Vec<&'a str> {
    let mut names: Vec<_> = specs.into_iter().map(|spec| spec.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// What the driver reads of an index.
pub(crate) async fn read(db: &Database, collection: &str, name: &str) -> IndexModel {
    let all: Vec<IndexModel> =
        db.collection::<Document>(collection).list_indexes().await.unwrap().try_collect().await.unwrap();
    let has_name = |index: &IndexModel| index.options.as_ref().and_then(|o| o.name.as_deref()) == Some(name);
    all.into_iter().find(has_name).unwrap()
}
