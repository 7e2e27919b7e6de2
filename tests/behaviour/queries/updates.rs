use earnorm::prelude::*;
use earnorm::{Error, Update};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

use super::{Film, films, found, one};

/// Updates the first film and returns it.
async fn updated(test: &TestDb, update: impl Into<Update<Film>>) -> Film {
    Film::update_by_id(test.db(), 1, update).await.unwrap();
    one(test, 1).await
}

#[tokio::test]
async fn set_and_unset() {
    let test = database().await;
    films(&test).await;
    assert_eq!(updated(&test, Film::TITLE.set("2001")).await.title, "2001");
    assert_eq!(updated(&test, Film::YEAR.set(2001)).await.year, Some(2001));
    assert_eq!(updated(&test, Film::YEAR.set(None)).await.year, None);
    assert_eq!(found(&test, Film::YEAR.exists()).await, [1, 2, 3]);
    updated(&test, Film::YEAR.unset()).await;
    assert_eq!(found(&test, Film::YEAR.exists()).await, [2, 3]);
    assert_eq!(updated(&test, Film::SCORES.set(vec![4, 5])).await.scores, Some(vec![4, 5]));
}

#[tokio::test]
async fn numeric_operators() {
    let test = database().await;
    films(&test).await;
    assert_eq!(updated(&test, Film::YEAR.inc(2)).await.year, Some(1970));
    assert_eq!(updated(&test, Film::YEAR.inc(-1_i64)).await.year, Some(1969));
    assert_eq!(updated(&test, Film::YEAR.mul(2)).await.year, Some(3938));
    let close = |film: &Film, to: f64| (film.rating - to).abs() < 1e-9;
    assert!(close(&updated(&test, Film::RATING.inc(0.25)).await, 8.75));
    assert!(close(&updated(&test, Film::RATING.mul(2)).await, 17.5));
    assert!(close(&updated(&test, Film::RATING.max(3.0)).await, 17.5));
    assert!(close(&updated(&test, Film::RATING.min(3.0)).await, 3.0));
    assert!(close(&updated(&test, Film::RATING.max(4.0)).await, 4.0));
    assert_eq!(updated(&test, Film::YEAR.min(10)).await.year, Some(10));
    // a missing field counts as 0
    Film::update_by_id(test.db(), 4, Film::YEAR.inc(5)).await.unwrap();
    assert_eq!(one(&test, 4).await.year, Some(5));
}

#[tokio::test]
async fn array_operators() {
    let test = database().await;
    films(&test).await;
    assert_eq!(updated(&test, Film::TAGS.push("slow")).await.tags, ["space", "slow", "slow"]);
    assert_eq!(updated(&test, Film::TAGS.add_to_set("slow")).await.tags.len(), 3);
    assert_eq!(updated(&test, Film::TAGS.add_to_set("new")).await.tags.len(), 4);
    assert_eq!(updated(&test, Film::TAGS.pull("slow")).await.tags, ["space", "new"]);
    assert_eq!(updated(&test, Film::TAGS.pull("nothing")).await.tags, ["space", "new"]);
    assert_eq!(updated(&test, Film::SCORES.push(9)).await.scores, Some(vec![0, 9]));
}

#[tokio::test]
async fn tuples_are_one_update() {
    let test = database().await;
    films(&test).await;
    let nested = (
        (Film::TITLE.set("2001"), Film::YEAR.inc(1)),
        Film::TAGS.push("new"),
        (Film::RATING.max(9.0), Film::STUDIO.at("city").set("Oslo"), doc! { "$inc": { "studio.floors": 2_i64 } }),
    );
    Film::update_by_id(test.db(), 1, nested).await.unwrap();
    let film = one(&test, 1).await;
    assert_eq!((film.title.as_str(), film.year), ("2001", Some(1969)));
    assert_eq!(film.tags.last().map(String::as_str), Some("new"));
    assert!(film.rating > 8.9);
    assert_eq!((film.studio.city.as_str(), film.studio.floors), ("Oslo", 3));
}

#[tokio::test]
async fn updating_a_field_twice_is_an_error_and_sends_nothing() {
    let test = database().await;
    let db = test.db();
    films(&test).await;
    let updates: [Update<Film>; 3] = [
        (Film::TITLE.set("a"), Film::TITLE.set("b")).into(),
        (Film::TITLE.set("a"), (Film::YEAR.inc(1), doc! { "$set": { "title": "b" } })).into(),
        (doc! { "$set": { "title": "a" } }, Film::TITLE.set("b")).into(),
    ];
    for update in updates {
        let error = assert_commands!(test, 0, { Film::update_by_id(db, 1, update.clone()).await.unwrap_err() });
        assert!(matches!(error, Error::Encode { model: "Film", .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("`title` twice with `$set`"), "{message}");
        let error = Film::find_all().update(db, update).await.unwrap_err();
        assert!(matches!(error, Error::Encode { .. }), "{error:?}");
    }
    // two operators on one field are left to the server
    let both = (Film::YEAR.set(1), Film::YEAR.inc(1));
    let error = Film::update_by_id(db, 1, both).await.unwrap_err();
    assert!(matches!(error, Error::Driver(_)), "{error:?}");
    assert_eq!(one(&test, 1).await.title, "Odyssey");
}

#[tokio::test]
async fn a_document_without_operators_is_not_an_update() {
    let test = database().await;
    films(&test).await;
    for invalid in [doc! { "title": "x" }, doc! {}] {
        let error = Film::update_by_id(test.db(), 1, invalid).await.unwrap_err();
        assert!(matches!(error, Error::Driver(_)), "{error:?}");
    }
    assert_eq!(one(&test, 1).await, super::film(1, "Odyssey", Some(1968), 8.5, &["space", "slow"]));
}

#[test]
fn an_update_displays_the_document_it_sends() {
    let update: Update<Film> = (Film::TITLE.set("2001"), Film::YEAR.inc(1), Film::SCORES.unset()).into();
    let shown = r#"{ "$set": { "title": "2001" }, "$inc": { "year": 1 }, "$unset": { "scores": "" } }"#;
    assert_eq!(update.to_string(), shown);
    assert_eq!(format!("{:?}", update.clone()), format!("Update({shown})"));
}
