//! Unique indexes of one kind.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, check_indexes};
use earnorm_tests::database;
use futures_util::TryStreamExt;

use crate::models::{Car, Lease, License, Truck, car, insert_all, lease, license, truck};

#[tokio::test]
async fn a_unique_index_of_a_kind_is_partial() {
    let test = database().await;
    let db = test.db();
    earnorm::ensure_indexes(db).await.unwrap();
    assert!(check_indexes(db).await.unwrap().missing.is_empty());
    let indexes: Vec<_> =
        db.collection::<Document>("vehicles").list_indexes().await.unwrap().try_collect().await.unwrap();
    let partial: Vec<_> = indexes
        .into_iter()
        .filter_map(|index| index.options?.partial_filter_expression)
        .map(|partial| partial.get_str("kind").unwrap().to_owned())
        .collect();
    assert_eq!(partial.len(), 2);
    assert!(partial.contains(&"car".to_owned()) && partial.contains(&"truck".to_owned()));

    let plated = |id| Car { plate_id: Some(1), ..car(id, 1) };
    plated(1).insert(db).await.unwrap();
    // a truck may have the same plate, but no second car and no second truck
    Truck { plate_id: Some(1), ..truck(2, 1) }.insert(db).await.unwrap();
    let second = plated(3).insert(db).await;
    let Err(Error::Duplicate { index, .. }) = &second else { panic!("{second:?}") };
    assert!(format!("{index:?}").contains("kind_car"), "{index:?}");
    let second = Truck { plate_id: Some(1), ..truck(4, 1) }.insert(db).await;
    assert!(matches!(second, Err(Error::Duplicate { .. })), "{second:?}");
    // cars without a plate
    insert_all(db, vec![car(5, 1), car(7, 1)]).await;
}

#[tokio::test]
async fn the_pair_of_a_join_model_is_unique_in_its_kind() {
    let test = database().await;
    let db = test.db();
    License::ensure_indexes(db).await.unwrap();
    earnorm::ensure_indexes(db).await.unwrap();
    license(1, 1).insert(db).await.unwrap();
    lease(1, 1).insert(db).await.unwrap();
    lease(1, 1).insert(db).await.unwrap();
    let second = license(1, 1).insert(db).await;
    assert!(matches!(second, Err(Error::Duplicate { .. })), "{second:?}");
    assert_eq!(Lease::find_all().count(db).await.unwrap(), 2);
}
