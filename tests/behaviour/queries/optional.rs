//! Filters, orders and updates with parts that may be missing, like those of a web request.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Filter, Sort, Update};
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use super::{Film, films, found, one};

#[tokio::test]
async fn a_missing_filter_matches_everything() {
    let test = database().await;
    films(&test).await;
    let db = test.db();
    let search = async |title: Option<&str>, least: Option<f64>| {
        let query = Film::find(title.map(|title| Film::TITLE.contains_text(title)))
            .filter(least.map(|least| Film::RATING.gte(least)))
            .order_by(Film::ID.asc());
        query.all(db).await.unwrap().iter().map(|film| film.id).collect::<Vec<_>>()
    };
    let all = found(&test, Filter::default()).await;
    assert_eq!(search(None, None).await, all);
    let first = one(&test, 1).await;
    assert_eq!(search(Some(&first.title), None).await, [1]);
    assert_eq!(search(Some(&first.title), Some(first.rating + 1.0)).await, Vec::<i32>::new());
    let none: Option<Filter<Film>> = None;
    assert_eq!((Film::ID.eq(1) & none).to_string(), Film::ID.eq(1).to_string());
    assert_eq!(Film::find(None::<Document>).count(db).await.unwrap(), all.len() as u64);
    assert_eq!(Film::find(None::<Filter<Film>>).count(db).await.unwrap(), all.len() as u64);
}

#[tokio::test]
async fn a_missing_order_does_not_sort() {
    let test = database().await;
    films(&test).await;
    let sorted = async |order: Option<Sort<Film>>| {
        let found = Film::find_all().order_by(order).all(test.db()).await.unwrap();
        found.iter().map(|film| film.id).collect::<Vec<_>>()
    };
    let mut plain = sorted(None).await;
    plain.sort_unstable();
    plain.reverse();
    assert_eq!(sorted(Some(Film::ID.desc())).await, plain);
}

#[derive(Default)]
struct Changes {
    title: Option<String>,
    year: Option<u32>,
    rating: Option<f64>,
}

impl Changes {
    fn tuple(&self) -> Update<Film> {
        let Self { title, year, rating } = self;
        (
            title.as_ref().map(|title| Film::TITLE.set(title)),
            year.map(|year| Film::YEAR.set(year)),
            rating.map(|rating| Film::RATING.inc(rating)),
        )
            .into()
    }

    fn list(&self) -> Update<Film> {
        let title = self.title.iter().map(|title| Film::TITLE.set(title));
        let year = self.year.iter().map(|year| Film::YEAR.set(*year));
        title.chain(year).chain(self.rating.map(|rating| Film::RATING.inc(rating))).collect::<Vec<_>>().into()
    }

    fn chain(&self) -> Update<Film> {
        let Self { title, year, rating } = self;
        Update::default()
            .and(title.as_deref().map(|title| Film::TITLE.set(title)))
            .and(year.map(|year| Film::YEAR.set(year)))
            .and(rating.map(|rating| Film::RATING.inc(rating)))
    }
}

#[tokio::test]
async fn an_update_has_only_the_given_fields() {
    let changes = [
        (Changes::default(), "{}"),
        (Changes { year: Some(3), ..Changes::default() }, r#"{ "$set": { "year": 3 } }"#),
        (
            Changes { title: Some("x".to_owned()), year: Some(3), rating: Some(1.5) },
            r#"{ "$set": { "title": "x", "year": 3 }, "$inc": { "rating": 1.5 } }"#,
        ),
    ];
    for (changes, expected) in &changes {
        for update in [changes.tuple(), changes.list(), changes.chain()] {
            assert_eq!(update.to_string().replace("{  }", "{}"), *expected);
        }
    }
}

/// An update without changes still finds its documents.
#[tokio::test]
async fn an_update_without_changes_succeeds() {
    let test = database().await;
    films(&test).await;
    let db = test.db();
    let before = one(&test, 1).await;
    let mut film = Film { title: "stale".to_owned(), ..before.clone() };
    assert_commands!(test, 1, film.update(db, Changes::default().tuple()).await.unwrap());
    assert_eq!(film, before);
    assert_eq!(assert_commands!(test, 1, Film::update_by_id(db, 1, Update::default()).await.unwrap()), before);
    let all = found(&test, Filter::default()).await.len() as u64;
    assert_eq!(assert_commands!(test, 1, Film::find_all().update(db, None::<Update<Film>>).await.unwrap()), all);
    assert_eq!(one(&test, 1).await, before);
    let gone = Film::update_by_id(db, 99, Update::default()).await;
    assert!(matches!(gone, Err(Error::NotFound { model: "Film" })), "{gone:?}");
}

#[tokio::test]
async fn updating_a_field_twice_is_an_error() {
    let test = database().await;
    let db = test.db();
    films(&test).await;
    let twice: [Update<Film>; 3] = [
        vec![Film::YEAR.set(1), Film::YEAR.set(2)].into(),
        Update::default().and(Film::YEAR.set(1)).and(Some(Film::YEAR.set(2))),
        (Some(Film::YEAR.set(1)), None::<Update<Film>>, Film::YEAR.set(2)).into(),
    ];
    for update in twice {
        let error = assert_commands!(test, 0, Film::update_by_id(db, 1, update).await.unwrap_err());
        assert!(error.to_string().contains("changes `year` twice"), "{error}");
    }
}
