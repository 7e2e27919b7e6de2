use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{database, unique_index};

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

/// Inserts `a@x` and `b@x`, with a unique index on the address.
async fn accounts(test: &TestDb, index: &'static str) {
    Account::collection(test.db()).create_index(unique_index(doc! { "email": 1 }, index)).await.unwrap();
    Account::insert_many(test.db(), &[account(1, "a@x"), account(2, "b@x")]).await.unwrap();
}

#[track_caller]
fn assert_duplicate<T: std::fmt::Debug>(outcome: earnorm::Result<T>, expected: &str) {
    match outcome.unwrap_err() {
        Error::Duplicate { model, index } => {
            assert_eq!((model, index.as_str()), ("Account", expected));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn duplicate_errors_of_all_writes_name_the_index() {
    let test = database().await;
    let db = test.db();
    accounts(&test, "email_once").await;
    assert_duplicate(account(1, "c@x").insert(db).await, "_id_");
    assert_duplicate(account(3, "a@x").insert(db).await, "email_once");
    let many = [account(3, "c@x"), account(4, "a@x"), account(5, "d@x")];
    assert_duplicate(Account::insert_many(db, &many).await, "email_once");
    assert_eq!(Account::find_all().count(db).await.unwrap(), 3, "the first of them is inserted");

    let mut second = Account::get(db, 2).await.unwrap().unwrap();
    assert_duplicate(second.update(db, Account::EMAIL.set("a@x")).await, "email_once");
    assert_eq!(second.email, "b@x");
    assert_duplicate(Account::update_by_id(db, 2, Account::EMAIL.set("a@x")).await, "email_once");
    let several = Account::find(Account::ID.gt(1)).update(db, Account::EMAIL.set("a@x"));
    assert_duplicate(several.await, "email_once");
    "a@x".clone_into(&mut second.email);
    assert_duplicate(second.save(db).await, "email_once");
    assert_duplicate(account(9, "a@x").save(db).await, "email_once");
    assert_eq!(Account::get(db, 2).await.unwrap().unwrap().email, "b@x");
}

#[tokio::test]
async fn duplicate_errors_in_a_transaction_name_the_index() {
    let test = database().await;
    accounts(&test, "email_once").await;
    let outcome = earnorm::transaction(test.db(), async |tx| {
        account(3, "c@x").insert(tx).await?;
        account(4, "a@x").insert(tx).await
    })
    .await;
    assert_duplicate(outcome, "email_once");
    assert_eq!(Account::find_all().count(test.db()).await.unwrap(), 2);
}

#[tokio::test]
async fn index_names_with_spaces_are_reported() {
    let test = database().await;
    accounts(&test, "one address each").await;
    assert_duplicate(account(3, "a@x").insert(test.db()).await, "one address each");
}
