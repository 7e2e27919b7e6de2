//! Errors of one caller, and of all callers of a command.

use earnorm::prelude::*;
use earnorm::{Error, Loader};
use earnorm_testkit::{FaultProxy, LocalServer, assert_commands};
use earnorm_tests::{clients, database};
use futures_util::future::{join, join_all};

use crate::models::{Author, Book, insert_broken_book, library};

/// Decoding it panics.
#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[relation(one_to_many, name = "explosives", target = Explosive, fk = box_id)]
struct Explosive {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Explosive, name = "holder")]
    box_id: Option<i32>,
}

impl<'de> Deserialize<'de> for Explosive {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("boom")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Child, fk = parent_id)]
struct Parent {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Child {
    #[serde(rename = "_id")]
    id: ObjectId,
    parent_id: ObjectId,
}

#[tokio::test]
async fn an_error_reaches_every_caller_as_its_variant() {
    let test = database().await;
    let (authors, _) = library(test.db(), 3).await;
    insert_broken_book(test.db(), 500, 1).await;
    let loader = Loader::new(test.db());
    let outcomes = assert_commands!(test, 1, join_all(authors.iter().map(|author| loader.all(author.books()))).await);
    assert_eq!(outcomes.len(), 3);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        let Error::Decode { model, field, id, source } = &error else { panic!("{error}") };
        assert_eq!((*model, field.as_str(), id.as_i32()), ("Book", "sold", Some(500)));
        assert!(error.to_string().contains("invalid type: string"), "{error}");
        assert!(source.source().is_some());
    }
    // it isn't kept
    Book::collection(test.db()).delete_one(doc! { "_id": 500 }).await.unwrap();
    assert_eq!(loader.all(authors[1].books()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_error_of_the_driver_is_one_for_every_caller() {
    let test = database().await;
    let (authors, _) = library(test.db(), 2).await;
    let loader = Loader::new(test.db());
    let broken = |author| loader.all(Author::books(author).filter(doc! { "$nonsense": 1 }));
    for outcome in join_all(authors.iter().map(broken)).await {
        assert!(matches!(outcome, Err(Error::Driver(_))));
    }
}

#[tokio::test]
async fn a_mistake_of_one_caller_is_its_own() {
    let test = database().await;
    let saved = Parent { id: None }.insert(test.db()).await.unwrap();
    let loader = Loader::new(test.db());
    let unsaved = Parent { id: None };
    let (unsaved, saved) =
        assert_commands!(test, 1, join(loader.all(unsaved.children()), loader.all(saved.children())).await);
    assert!(matches!(unsaved, Err(Error::Unsaved { model: "Parent" })));
    assert!(saved.unwrap().is_empty());
}

#[tokio::test]
async fn a_panic_is_an_error_of_every_caller() {
    let test = database().await;
    let explosives = [Explosive { id: 1, box_id: None }, Explosive { id: 2, box_id: Some(1) }];
    Explosive::insert_many(test.db(), &explosives).await.unwrap();
    let loader = Loader::new(test.db());
    let tasks = explosives.clone().map(|explosive| {
        let loader = loader.clone();
        tokio::spawn(async move { loader.all(explosive.explosives()).await })
    });
    for task in tasks {
        let error = task.await.unwrap().unwrap_err();
        assert!(error.to_string().contains("panicked: boom"), "{error}");
    }
    // the loader works on
    assert_eq!(loader.count(explosives[0].explosives()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_cut_connection_fails_all_callers() {
    let test = database().await;
    let (authors, _) = library(test.db(), 3).await;
    let proxy = FaultProxy::start(LocalServer::shared().await.unwrap().uri()).await.unwrap();
    let (faulty, _) = clients(&test, &proxy, "retryReads=false&serverSelectionTimeoutMS=20000").await;
    Author::find_all().count(&faulty).await.unwrap();
    let loader = Loader::new(&faulty);
    proxy.cut_before(1);
    for outcome in join_all(authors.iter().map(|author| loader.all(author.books()))).await {
        assert!(matches!(outcome, Err(Error::Driver(_))));
    }
    proxy.heal();
    assert_eq!(loader.all(authors[0].books()).await.unwrap().len(), 3);
}
