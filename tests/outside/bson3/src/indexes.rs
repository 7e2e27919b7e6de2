//! Declared indexes with their options, and a lookup by a unique one.

use earnorm::Error;
use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[index(email, unique)]
#[index(name, collation = doc! { "locale": "en", "strength": 2 })]
#[index(email, -name, partial = doc! { "name": { "$exists": true } })]
struct Account {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    name: String,
}

#[tokio::test]
async fn indexes_and_lookups_work() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let db = test.db();
    assert_eq!(Account::ensure_indexes(db).await.unwrap().made.len(), 3);
    assert_eq!(Account::ensure_indexes(db).await.unwrap().made.len(), 0);
    let account = |name: &str| Account { id: ObjectId::new(), email: "a@example.org".into(), name: name.into() };
    let made = Account::by_email("a@example.org").get_or_insert(db, || account("Ada")).await.unwrap();
    assert_eq!(Account::by_email("a@example.org").get_or_insert(db, || account("Eve")).await.unwrap(), made);
    assert!(matches!(account("Eve").insert(db).await, Err(Error::Duplicate { .. })));
    let changed = Account::by_email("a@example.org").upsert(db, account("Eve")).await.unwrap();
    assert_eq!((changed.id, changed.name.as_str()), (made.id, "Eve"));
}
