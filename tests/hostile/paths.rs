//! A path from a user names exactly one place.

use std::collections::BTreeMap;

use earnorm::prelude::*;
use earnorm::{Error, Update};
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Cart {
    #[serde(rename = "_id")]
    id: i64,
    prices: Vec<i64>,
    names: BTreeMap<String, i64>,
}

#[tokio::test]
async fn names_that_select_array_elements_are_refused() {
    let test = database().await;
    let db = test.db();
    let cart = Cart { id: 1, prices: vec![1, 2, 3], names: BTreeMap::new() }.insert(db).await.unwrap();
    for name in ["$[]", "$", "$[x]", "0.$[]", "a.$", "$set"] {
        let updates: [Update<Cart>; 4] = [
            Cart::PRICES.at(name).set(0),
            Cart::PRICES.at(name).inc(1),
            Cart::NAMES.at("a").at(name).unset(),
            Cart::NAMES.at(name).push(1),
        ];
        for update in updates {
            let error = assert_commands!(test, 0, { Cart::update_by_id(db, 1, update).await.unwrap_err() });
            assert!(matches!(error, Error::Encode { model: "Cart", .. }), "{error:?}");
            assert!(error.to_string().contains("begins with a dollar sign"), "{error}");
        }
    }
    assert_eq!(Cart::get(db, 1).await.unwrap().unwrap(), cart);
    Cart::update_by_id(db, 1, (Cart::PRICES.at(1).set(9), Cart::NAMES.at("a$b").set(1))).await.unwrap();
    let cart = Cart::get(db, 1).await.unwrap().unwrap();
    assert_eq!((cart.prices, cart.names), (vec![1, 9, 3], [("a$b".to_owned(), 1)].into()));
}
