//! Error messages, and `Error` as a `std::error::Error`.

use std::error::Error as _;
use std::fmt;

use earnorm::Error;
use earnorm::mongodb::bson::Bson;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::blog::User;
use earnorm_tests::database;

#[test]
fn every_variant_has_a_message() {
    let id = ObjectId::parse_str("65a0c0ffee65a0c0ffee65a0").unwrap();
    let dangling = |id| Error::Dangling { model: "Post", field: "author_id", id: Box::new(id) };
    let cases = [
        (Error::NotFound { model: "User" }, "no `User` was found"),
        (Error::NotUnique { model: "User" }, "more than one `User` was found; expected exactly one"),
        (Error::Unsaved { model: "User" }, "this `User` has no id yet; insert or save it first"),
        (
            dangling(Bson::ObjectId(id)),
            "`Post::author_id` refers to ObjectId(\"65a0c0ffee65a0c0ffee65a0\"), which doesn't exist",
        ),
        (dangling(Bson::String("ada".to_owned())), "`Post::author_id` refers to \"ada\", which doesn't exist"),
        (
            Error::MissingReference { model: "Post", field: "author_id", id: Box::new(Bson::Int64(7)) },
            "`Post` was not written: its key `author_id` refers to 7, which doesn't exist",
        ),
        (
            Error::Duplicate { model: "User", index: "email_1".to_owned() },
            "another `User` has the same key in the unique index `email_1`",
        ),
        (
            Error::Decode {
                model: "User",
                field: "address.city".to_owned(),
                id: Box::new(Bson::Int32(7)),
                source: "invalid type: integer `1`, expected a string".into(),
            },
            "the `User` with `_id` 7 doesn't decode: `address.city`: invalid type: integer `1`, expected a string",
        ),
        (Error::other("out of stock"), "out of stock"),
    ];
    for (error, message) in cases {
        assert_eq!(error.to_string(), message);
    }
}

#[derive(Debug)]
struct OutOfStock {
    left: u32,
    source: std::io::Error,
}

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "only {} left", self.left)
    }
}

impl std::error::Error for OutOfStock {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[tokio::test]
async fn a_transaction_returns_the_error_of_its_body() {
    let test = database().await;
    let own = || OutOfStock { left: 3, source: std::io::Error::other("the shelf") };
    let outcome = earnorm::transaction(test.db(), async |tx| {
        User::new("Ada", 36).insert(tx).await?;
        Err::<(), _>(Error::other(own()))
    })
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "only 3 left");
    assert_eq!(error.source().unwrap().to_string(), "the shelf");
    let Error::Other(inner) = error else { panic!("{error:?}") };
    assert_eq!(inner.downcast::<OutOfStock>().unwrap().left, 3);
    assert_eq!(User::find_all().count(test.db()).await.unwrap(), 0);
}

#[test]
fn error_is_small_and_converts_to_a_boxed_error() {
    fn assert_error_bounds<E: std::error::Error + Send + Sync + 'static>(_: &E) {}
    fn boxed_error(error: Error) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err(error)?
    }
    let error = Error::NotFound { model: "User" };
    assert_error_bounds(&error);
    let boxed = boxed_error(error).unwrap_err();
    assert!(matches!(boxed.downcast_ref(), Some(Error::NotFound { model: "User" })));
    let size = size_of::<Error>();
    assert!(size <= 128, "clippy would tell users that it is large: {size} bytes");
}

#[tokio::test]
async fn sources_lead_to_the_cause() {
    let test = database().await;
    let raw = User::collection(test.db()).clone_with_type::<mongodb::bson::Document>();
    raw.insert_one(doc! { "_id": ObjectId::new(), "name": 7 }).await.unwrap();
    let error = User::find_all().first(test.db()).await.unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(source.contains("invalid type"), "{source}");
    assert!(error.to_string().ends_with(&source), "{error}");

    let refused = User::find(doc! { "name": { "$noSuchOperator": 1 } }).all(test.db()).await;
    let error = refused.unwrap_err();
    let Error::Driver(driver) = &error else { panic!("{error:?}") };
    assert_eq!(error.to_string(), driver.kind.to_string(), "the message without the reply's bytes");
    assert!(error.source().unwrap().is::<mongodb::error::Error>());
    let driver: Error = driver.clone().into();
    assert!(matches!(driver, Error::Driver(_)));
}

#[tokio::test]
async fn server_errors_have_the_message_without_the_reply_bytes() {
    let test = database().await;
    let error = User::find(doc! { "$nonsense": 1 }).all(test.db()).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("$nonsense"), "{message}");
    assert!(!message.contains("RawDocumentBuf"), "{message}");
}

#[tokio::test]
async fn a_transaction_on_a_standalone_server_is_a_no_transactions_error() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let write = earnorm::transaction(test.db(), async |tx| User::new("Ada", 36).insert(tx).await);
    let error = write.await.unwrap_err();
    assert!(matches!(error, Error::NoTransactions(_)), "{error:?}");
    assert!(error.to_string().contains("mongod --replSet"), "{error}");
    assert_eq!(User::find_all().count(test.db()).await.unwrap(), 0);
}
