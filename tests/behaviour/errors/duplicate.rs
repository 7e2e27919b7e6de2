use earnorm::Error;
use earnorm::mongodb::IndexModel;
use earnorm::mongodb::options::IndexOptions;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;

use crate::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Account {
    #[serde(rename = "_id")]
    id: i32,
    email: String,
    nick: String,
}

fn account(id: i32, email: &str) -> Account {
    Account { id, email: email.to_owned(), nick: format!("nick {id}") }
}

/// `a@x` and `b@x`, and no address twice.
async fn accounts(test: &TestDb, index: &str) {
    let options = IndexOptions::builder().unique(true).name(index.to_owned()).build();
    let unique = IndexModel::builder().keys(doc! { "email": 1 }).options(options).build();
    Account::collection(test.db()).create_index(unique).await.unwrap();
    Account::insert_many(test.db(), &[account(1, "a@x"), account(2, "b@x")]).await.unwrap();
}

#[track_caller]
fn duplicate<T: std::fmt::Debug>(outcome: earnorm::Result<T>, expected: &str) {
    match outcome.unwrap_err() {
        Error::Duplicate { model, index } => {
            assert_eq!((model, index.as_str()), ("Account", expected));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_write_names_the_index_that_refused_it() {
    let test = database().await;
    let db = test.db();
    accounts(&test, "email_once").await;
    duplicate(account(1, "c@x").insert(db).await, "_id_");
    duplicate(account(3, "a@x").insert(db).await, "email_once");
    let many = [account(3, "c@x"), account(4, "a@x"), account(5, "d@x")];
    duplicate(Account::insert_many(db, &many).await, "email_once");
    assert_eq!(Account::find_all().count(db).await.unwrap(), 3, "the first of them is in");

    let mut second = Account::get(db, 2).await.unwrap().unwrap();
    duplicate(second.update(db, Account::EMAIL.set("a@x")).await, "email_once");
    assert_eq!(second.email, "b@x");
    duplicate(Account::update_by_id(db, 2, Account::EMAIL.set("a@x")).await, "email_once");
    let several = Account::find(Account::ID.gt(1)).update(db, Account::EMAIL.set("a@x"));
    duplicate(several.await, "email_once");
    "a@x".clone_into(&mut second.email);
    duplicate(second.save(db).await, "email_once");
    duplicate(account(9, "a@x").save(db).await, "email_once");
    assert_eq!(Account::get(db, 2).await.unwrap().unwrap().email, "b@x");
}

#[tokio::test]
async fn in_a_transaction_too() {
    let test = database().await;
    accounts(&test, "email_once").await;
    let outcome = earnorm::transaction(test.db(), async |tx| {
        account(3, "c@x").insert(tx).await?;
        account(4, "a@x").insert(tx).await
    })
    .await;
    duplicate(outcome, "email_once");
    assert_eq!(Account::find_all().count(test.db()).await.unwrap(), 2);
}

#[tokio::test]
async fn the_name_of_an_index_may_have_spaces() {
    let test = database().await;
    accounts(&test, "one address each").await;
    duplicate(account(3, "a@x").insert(test.db()).await, "one address each");
}
