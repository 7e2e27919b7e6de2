//! Fields that serde doesn't write or doesn't read. Calls that copy a value or read it back keep them.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Result};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{database, unique_index, write_conflict};

/// Not `Clone`, although each of its fields is.
#[derive(Serialize, Deserialize, Model)]
#[model(hooks)]
struct Account {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(skip)]
    password: String,
    hash: String,
    inner: Inner,
    #[serde(flatten)]
    flattened: Flattened,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Inner {
    #[serde(skip_serializing, default)]
    secret: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Flattened {
    #[serde(skip)]
    pin: String,
    #[serde(default, skip_serializing_if = "String::is_empty", serialize_with = "masked")]
    card: String,
}

fn masked<S: serde::Serializer>(_: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("****")
}

impl Hooks for Account {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        self.hash = format!(
            "#{}{}{}{}{}",
            self.hash, self.password, self.inner.secret, self.flattened.pin, self.flattened.card
        );
        Ok(())
    }
}

fn account(id: i32, password: &str) -> Account {
    let inner = Inner { secret: "s".to_owned() };
    let flattened = Flattened { pin: "p".to_owned(), card: "c".to_owned() };
    Account { id, password: password.to_owned(), hash: String::new(), inner, flattened }
}

#[tokio::test]
async fn hooks_of_insert_many_see_unstored_fields_of_a_model_without_clone() {
    let test = database().await;
    Account::insert_many(test.db(), &[account(1, "one"), account(2, "two")]).await.unwrap();
    let stored = Account::find_all().order_by(Account::ID.asc()).all(test.db()).await.unwrap();
    assert_eq!(stored.iter().map(|account| &*account.hash).collect::<Vec<_>>(), ["#onespc", "#twospc"]);
}

#[tokio::test]
async fn a_failed_save_restores_a_document_without_clone() {
    let test = database().await;
    account(1, "one").insert(test.db()).await.unwrap();
    let mut other = account(2, "two");
    Account::collection(test.db()).create_index(unique_index(doc! { "inner": 1 }, None)).await.unwrap();
    assert!(matches!(other.save(test.db()).await, Err(Error::Duplicate { .. })));
    assert_eq!((&*other.hash, &*other.password, &*other.inner.secret), ("", "two", "s"));
}

#[tokio::test]
async fn hooks_of_a_retried_transaction_see_the_original_document() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    proxy.only(["insert"]);
    (1..=3).for_each(|n| proxy.refuse(n, write_conflict()));
    let account = account(1, "one").insert(test.db()).await.unwrap();
    assert!(proxy.seen() > 3, "the transaction was retried");
    assert_eq!(account.hash, "#onespc");
}

/// Has no `Clone`.
struct Key(String);

#[derive(Serialize, Deserialize, Model)]
#[model(hooks)]
struct Vault {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(skip)]
    key: Option<Box<Key>>,
    opened: String,
}

impl Hooks for Vault {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        self.opened = self.key.as_ref().map_or_else(String::new, |key| key.0.clone());
        Ok(())
    }
}

fn vault(id: i32) -> Vault {
    Vault { id, key: Some(Box::new(Key("k".to_owned()))), opened: String::new() }
}

#[tokio::test]
async fn insert_many_of_documents_that_cannot_be_copied_is_an_error() {
    let test = database().await;
    let outcome = assert_commands!(test, 0, { Vault::insert_many(test.db(), &[vault(1), vault(2)]).await });
    let Err(Error::Invalid { model: "Vault", reason, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        reason,
        "`insert_many` runs hooks on copies, but `Vault` can't be copied; derive `Clone` for it, or insert the documents one by one"
    );
    assert!(matches!(Vault::insert_many_checked(test.db(), &[vault(1)]).await, Err(Error::Invalid { .. })));
    assert_eq!(vault(1).insert(test.db()).await.unwrap().opened, "k");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Draft {
    #[serde(rename = "_id")]
    id: i32,
    title: String,
    #[serde(skip)]
    cursor: u32,
    #[serde(skip_deserializing)]
    written: u32,
    /// Another program writes this field. This one only reads it.
    #[serde(skip_serializing, default, rename = "viewCount")]
    views: u32,
}

#[tokio::test]
async fn update_keeps_unstored_fields() {
    let test = database().await;
    let db = test.db();
    let mut draft = Draft { id: 1, title: "a".into(), cursor: 7, written: 8, views: 9 }.insert(db).await.unwrap();
    assert_commands!(test, 1, { draft.update(db, Draft::TITLE.set("b")).await.unwrap() });
    assert_eq!(draft, Draft { id: 1, title: "b".into(), cursor: 7, written: 8, views: 9 });
    // a stored value replaces the one in memory
    draft.update(db, doc! { "$set": { "viewCount": 10 } }).await.unwrap();
    assert_eq!(draft, Draft { id: 1, title: "b".into(), cursor: 7, written: 8, views: 10 });
}

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Reader", through = "Loan")]
#[relation(many_to_many, name = "fans", target = "Reader", target_ids = "shelf_ids")]
#[relation(one_to_many, name = "owners", target = "Reader", fk = "shelf_id")]
struct Shelf {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Model)]
struct Reader {
    #[serde(rename = "_id")]
    id: i32,
    shelf_ids: Vec<i32>,
    shelf_id: Option<i32>,
    #[serde(skip)]
    token: u32,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Model)]
struct Loan {
    #[serde(rename = "_id")]
    id: i32,
    shelf_id: i32,
    reader_id: i32,
    #[serde(skip)]
    token: u32,
}

#[tokio::test]
async fn writes_of_handles_return_unstored_fields() {
    let test = database().await;
    let db = test.db();
    let shelf = Shelf { id: 1 }.insert(db).await.unwrap();
    let reader = |id| Reader { id, shelf_ids: vec![], shelf_id: None, token: 5 };
    let fan = shelf.fans().create(db, reader(1)).await.unwrap();
    assert_eq!((fan.token, fan.shelf_ids), (5, vec![1]));
    assert_eq!(shelf.owners().create(db, reader(2)).await.unwrap().token, 5);
    assert_eq!(shelf.readers().create(db, reader(3)).await.unwrap().token, 5);
    for (token, id) in [(5, 10), (6, 11)] {
        let link = Loan { id, shelf_id: 0, reader_id: 1, token };
        let link = shelf.readers().add_link(db, link).await.unwrap();
        assert_eq!(link, Loan { id: 10, shelf_id: 1, reader_id: 1, token });
    }
    let stored: Document = db.collection("loans").find_one(doc! { "_id": 10 }).await.unwrap().unwrap();
    assert_eq!(stored, doc! { "_id": 10, "shelf_id": 1, "reader_id": 1 });
}
