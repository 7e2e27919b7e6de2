use earnorm::prelude::*;
use earnorm_tests::database;

use super::{Film, Studio, films, found, one};

#[tokio::test]
async fn every_filter_works_on_a_path() {
    let test = database().await;
    films(&test).await;
    let city = || Film::STUDIO.at("city");
    let floors = || Film::STUDIO.at("floors");
    let halls = || Film::STUDIO.at("halls");
    let owner = || Film::STUDIO.at("owner");
    assert_eq!(found(&test, city().eq("Rome")).await, [1, 3]);
    assert_eq!(found(&test, city().ne("Rome")).await, [2, 4]);
    assert_eq!(found(&test, floors().gt(3)).await, [4]);
    assert_eq!(found(&test, floors().gte(3)).await, [3, 4]);
    assert_eq!(found(&test, floors().lt(2)).await, [1]);
    assert_eq!(found(&test, floors().lte(2)).await, [1, 2]);
    assert_eq!(found(&test, floors().is_in([2, 3])).await, [2, 3]);
    assert_eq!(found(&test, floors().not_in([2, 3])).await, [1, 4]);
    assert_eq!(found(&test, city().is_in(vec!["Paris", "Berlin"])).await, [2, 4]);
    assert_eq!(found(&test, owner().is_null()).await, [2, 3, 4]);
    assert_eq!(found(&test, owner().eq(None::<String>)).await, [2, 3, 4]);
    assert_eq!(found(&test, owner().exists()).await, [1, 2, 3, 4]);
    assert!(found(&test, Film::STUDIO.at("nothing").exists()).await.is_empty());
    assert_eq!(found(&test, city().regex("^(R|P)")).await, [1, 2, 3]);
    assert_eq!(found(&test, halls().contains("SPACE")).await, [1, 3]);
    assert_eq!(found(&test, halls().contains_all(["SPACE", "FIGHT"])).await, [3]);
    assert_eq!(found(&test, halls().len(2)).await, [1]);
}

#[tokio::test]
async fn paths_have_any_depth_and_array_indexes() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::TAGS.at(0).eq("space")).await, [1, 3]);
    assert_eq!(found(&test, Film::STUDIO.at("halls").at(1).eq("SLOW")).await, [1]);
    let path = Film::STUDIO.at("halls").at(1);
    assert_eq!(path.name(), "studio.halls.1");
    assert_eq!(format!("{:?}", path.clone()), r#"Path("studio.halls.1")"#);
}

#[tokio::test]
async fn a_sub_document_is_compared_as_a_whole() {
    let test = database().await;
    films(&test).await;
    let studio = one(&test, 2).await.studio;
    assert_eq!(found(&test, Film::STUDIO.eq(&studio)).await, [2]);
    assert_eq!(found(&test, Film::STUDIO.ne(&studio)).await, [1, 3, 4]);
    let other = Studio { floors: 9, ..studio.clone() };
    assert!(found(&test, Film::STUDIO.eq(other)).await.is_empty());
    assert_eq!(found(&test, Film::STUDIO.is_in([&studio])).await, [2]);
}

#[tokio::test]
async fn every_update_works_on_a_path() {
    let test = database().await;
    let db = test.db();
    films(&test).await;
    let mut film = one(&test, 1).await;
    let halls = || Film::STUDIO.at("halls");
    film.update(db, (Film::STUDIO.at("city").set("Oslo"), Film::STUDIO.at("floors").inc(5))).await.unwrap();
    assert_eq!((film.studio.city.as_str(), film.studio.floors), ("Oslo", 6));
    film.update(db, halls().push("NEW")).await.unwrap();
    film.update(db, halls().add_to_set("NEW")).await.unwrap();
    assert_eq!(film.studio.halls, ["SPACE", "SLOW", "NEW"]);
    film.update(db, halls().pull("SLOW")).await.unwrap();
    assert_eq!(film.studio.halls, ["SPACE", "NEW"]);
    film.update(db, Film::STUDIO.at("owner").unset()).await.unwrap();
    assert_eq!(film.studio.owner, None);
    assert_eq!(found(&test, !Film::STUDIO.at("owner").exists()).await, [1]);
    assert_eq!(one(&test, 1).await, film);
}
