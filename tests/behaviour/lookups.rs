//! Lookups by unique indexes: `User::by_email(..)`.

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{count, database, document};
use futures_util::future::join_all;

mod models {
    use earnorm::prelude::*;
    use earnorm::{HookContext, Hooks, Result};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "accounts_by_key")]
    #[index(email, unique)]
    #[index(country, -number, unique)]
    #[index(nick, unique, collation = doc! { "locale": "en", "strength": 2 }, lookup = "by_name")]
    #[index(token, unique, sparse)]
    #[index(code, unique, lookup = false)]
    pub(super) struct Account {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[serde(rename = "mail")]
        pub(super) email: String,
        pub(super) country: String,
        pub(super) number: i64,
        pub(super) nick: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub(super) token: Option<String>,
        pub(super) code: i32,
    }

    /// Ids that the server knows only after the insert, and a hook.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(hooks, collection = "tags_by_key")]
    #[index(text, unique)]
    pub(super) struct Tag {
        #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
        pub(super) id: Option<ObjectId>,
        pub(super) text: String,
        #[serde(default)]
        pub(super) saved: i32,
    }

    impl Hooks for Tag {
        async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
            self.saved += 1;
            Ok(())
        }
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "dog")]
    #[model(collection = "animals_by_key")]
    #[index(chip, unique)]
    pub(super) struct Dog {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) chip: i32,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "cat")]
    #[model(collection = "animals_by_key")]
    #[index(chip, unique)]
    pub(super) struct Cat {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) chip: i32,
    }
}
use models::{Account, Cat, Dog, Tag};

fn account(id: i32) -> Account {
    Account {
        id,
        email: format!("{id}@example.org"),
        country: "at".into(),
        number: i64::from(id),
        nick: format!("Nick{id}"),
        token: None,
        code: id,
    }
}

async fn accounts(db: &Database) {
    Account::ensure_indexes(db).await.unwrap();
    Account::insert_many(db, &[account(1), account(2)]).await.unwrap();
}

#[tokio::test]
async fn a_document_is_found_by_the_values_of_a_unique_index() {
    let test = database().await;
    let db = test.db();
    accounts(db).await;
    let found = assert_commands!(test, 1, { Account::by_email("2@example.org").get(db).await.unwrap() });
    assert_eq!(found, Some(account(2)));
    assert_eq!(Account::by_email("none").get(db).await.unwrap(), None);
    assert_eq!(Account::by_country_and_number("at", 1).require(db).await.unwrap(), account(1));
    let missing = Account::by_country_and_number("de", 1).require(db).await;
    assert!(matches!(missing, Err(Error::NotFound { model: "Account" })));
    assert!(assert_commands!(test, 1, { Account::by_email(String::from("1@example.org")).exists(db).await.unwrap() }));
    assert!(!Account::by_email("none").exists(db).await.unwrap());
    // the collation of the index applies
    assert_eq!(Account::by_name("NICK2").require(db).await.unwrap(), account(2));
    assert!(Account::by_name("nick1").exists(db).await.unwrap());
}

#[tokio::test]
async fn a_lookup_inside_a_transaction_sees_its_writes() {
    let test = database().await;
    let db = test.db();
    accounts(db).await;
    let found = earnorm::transaction(db, async |tx| {
        let made = Account::by_email("3@example.org").get_or_insert(tx, || account(3)).await?;
        let found = Account::by_email("3@example.org").require(tx).await?;
        assert_eq!(made, found);
        Err::<(), _>(Error::other("rolled back"))
    });
    assert!(found.await.is_err());
    assert!(!Account::by_email("3@example.org").exists(db).await.unwrap());
}

#[tokio::test]
async fn get_or_insert_inserts_only_what_is_missing() {
    let test = database().await;
    let db = test.db();
    accounts(db).await;
    let found = assert_commands!(test, 1, {
        Account::by_email("1@example.org").get_or_insert(db, || unreachable!("it exists")).await.unwrap()
    });
    assert_eq!(found, account(1));
    let made = assert_commands!(test, 2, {
        Account::by_email("3@example.org").get_or_insert(db, || account(3)).await.unwrap()
    });
    assert_eq!((made, count::<Account>(db).await), (account(3), 3));
    let other = Account::by_email("4@example.org").get_or_insert(db, || account(5)).await.unwrap_err();
    assert_eq!(
        other.to_string(),
        "`Account`: the document is looked up by `mail` \"4@example.org\", but has another value; give it the same"
    );
    // another unique index refuses it
    let taken = || Account { code: 1, ..account(6) };
    let refused = Account::by_email("6@example.org").get_or_insert(db, taken).await.unwrap_err();
    assert!(matches!(refused, Error::Duplicate { .. }), "{refused}");
    assert_eq!(count::<Account>(db).await, 3);
}

#[tokio::test]
async fn of_fifty_concurrent_calls_one_inserts() {
    let test = database().await;
    let db = test.db();
    Tag::ensure_indexes(db).await.unwrap();
    let new = || Tag { id: None, text: "rust".into(), saved: 0 };
    let all = join_all((0..50).map(|_| Tag::by_text("rust").get_or_insert(db, new))).await;
    let ids: std::collections::HashSet<_> = all.into_iter().map(|tag| tag.unwrap().id).collect();
    assert_eq!((ids.len(), count::<Tag>(db).await), (1, 1));
    let upserts =
        join_all((0..50).map(|_| Tag::by_text("async").upsert(db, Tag { text: "async".into(), ..new() }))).await;
    let ids: std::collections::HashSet<_> = upserts.into_iter().map(|tag| tag.unwrap().id).collect();
    assert_eq!((ids.len(), count::<Tag>(db).await), (1, 2));
}

#[tokio::test]
async fn an_upsert_keeps_the_id_of_the_stored_document() {
    let test = database().await;
    let db = test.db();
    accounts(db).await;
    let changed = Account { id: 77, code: 9, ..account(2) };
    let stored =
        assert_commands!(test, 2, { Account::by_email("2@example.org").upsert(db, changed.clone()).await.unwrap() });
    assert_eq!(stored, Account { id: 2, ..changed });
    assert_eq!(document(db, "accounts_by_key", 2).await.get_i32("code"), Ok(9));
    let new = assert_commands!(test, 2, { Account::by_email("3@example.org").upsert(db, account(3)).await.unwrap() });
    assert_eq!((new, count::<Account>(db).await), (account(3), 3));
    let mismatch = Account::by_email("3@example.org").upsert(db, account(4)).await;
    assert!(matches!(mismatch, Err(Error::Invalid { .. })));
    // the id belongs to another document, which is not replaced
    let taken = Account { id: 1, ..account(8) };
    let refused = Account::by_email("8@example.org").upsert(db, taken).await.unwrap_err();
    assert!(matches!(refused, Error::Duplicate { .. }), "{refused}");
    assert_eq!(Account::get(db, 1).await.unwrap(), Some(account(1)));
    // hooks run, and a new id is set
    let tag = Tag::by_text("db").upsert(db, Tag { id: None, text: "db".into(), saved: 0 }).await.unwrap();
    assert!(tag.id.is_some());
    let again = Tag::by_text("db").upsert(db, Tag { id: None, text: "db".into(), saved: 5 }).await.unwrap();
    assert_eq!((again.id, tag.saved, again.saved), (tag.id, 1, 6));
    // texts that the collation takes for equal
    let renamed = Account::by_name("NICK1").upsert(db, Account { nick: "nick1".into(), ..account(1) }).await.unwrap();
    assert_eq!(renamed.nick, "nick1");
}

#[tokio::test]
async fn a_document_is_updated_and_deleted_by_its_key() {
    let test = database().await;
    let db = test.db();
    accounts(db).await;
    let updated = assert_commands!(test, 1, {
        Account::by_email("1@example.org").update(db, Account::NUMBER.inc(10)).await.unwrap()
    });
    assert_eq!(updated.number, 11);
    let updated =
        assert_commands!(test, 2, { Account::by_name("NICK1").update(db, Account::NUMBER.inc(1)).await.unwrap() });
    assert_eq!(updated.number, 12);
    let missing = Account::by_email("none").update(db, Account::NUMBER.inc(1)).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })));
    let report = Account::by_email("1@example.org").delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 account deleted");
    assert_eq!(Account::by_email("1@example.org").delete(db).await.unwrap().deleted(), 0);
    assert_eq!(Account::by_name("NICK2").delete(db).await.unwrap().deleted(), 1);
    assert_eq!(count::<Account>(db).await, 0);
}

#[tokio::test]
async fn a_lookup_finds_documents_of_its_kind_only() {
    let test = TestDb::new().await.unwrap();
    let db = test.db();
    Dog::ensure_indexes(db).await.unwrap();
    Cat::ensure_indexes(db).await.unwrap();
    let dog = Dog::by_chip(7).get_or_insert(db, || Dog { id: 1, chip: 7 }).await.unwrap();
    assert_eq!(Cat::by_chip(7).get(db).await.unwrap(), None);
    let cat = Cat::by_chip(7).upsert(db, Cat { id: 2, chip: 7 }).await.unwrap();
    assert_eq!(Dog::by_chip(7).require(db).await.unwrap(), dog);
    assert_eq!(Cat::by_chip(7).delete(db).await.unwrap().deleted(), 1);
    assert!(Dog::by_chip(7).exists(db).await.unwrap());
    assert_eq!(cat.id, 2);
}
