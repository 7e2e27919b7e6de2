use earnorm::prelude::*;
use earnorm::{Query, Sort};
use earnorm_tests::database;

use super::{Film, films};

#[tokio::test]
async fn an_order_is_a_key_tuple_list_document_or_path() {
    let test = database().await;
    let db = test.db();
    films(&test).await;
    let city = || Film::STUDIO.at("city");
    let cases: [(Sort<Film>, [i32; 4]); 10] = [
        (Film::RATING.asc(), [4, 3, 2, 1]),
        (Film::RATING.desc(), [1, 2, 3, 4]),
        ((city().asc(), Film::RATING.asc()).into(), [4, 2, 3, 1]),
        ((city().desc(), Film::ID.desc()).into(), [3, 1, 2, 4]),
        ([city().asc(), Film::ID.desc()].into(), [4, 2, 3, 1]),
        (vec![city().asc(), Film::ID.asc()].into(), [4, 2, 1, 3]),
        (doc! { "studio.city": -1, "rating": 1 }.into(), [3, 1, 2, 4]),
        ((doc! { "studio.city": 1 }, Film::ID.desc()).into(), [4, 2, 3, 1]),
        ([city().desc(), Film::RATING.asc()].into_iter().collect(), [3, 1, 2, 4]),
        // nulls and missing fields come first
        ((Film::YEAR.asc(), Film::ID.desc()).into(), [4, 3, 1, 2]),
    ];
    for (order, expected) in cases {
        let shown = format!("{order:?}");
        let films = Film::find_all().order_by(order).all(db).await.unwrap();
        let ids: Vec<_> = films.iter().map(|film| film.id).collect();
        assert_eq!(ids, expected, "{shown}");
    }
}

fn sort(query: &Query<Film>) -> String {
    query.to_query().unwrap().sort.to_string()
}

#[test]
fn a_second_order_sorts_ties_of_the_first() {
    let query = Film::find_all().order_by(Film::TITLE.desc()).order_by(Film::YEAR.asc());
    assert_eq!(sort(&query), r#"{ "title": -1, "year": 1, "_id": 1 }"#);
    let again = query.order_by((Film::TITLE.asc(), Film::ID.desc()));
    assert_eq!(
        sort(&again),
        r#"{ "title": -1, "year": 1, "_id": -1 }"#,
        "the first direction of a field wins, and a given order by `_id` is kept"
    );
}

#[test]
fn a_query_without_order_skip_or_limit_does_not_sort() {
    assert_eq!(sort(&Film::find_all()), "{}");
    assert_eq!(sort(&Film::find_all().limit(3)), r#"{ "_id": 1 }"#);
    assert_eq!(sort(&Film::find_all().skip(3)), r#"{ "_id": 1 }"#);
    assert_eq!(sort(&Film::find_all().order_by(Film::ID.desc())), r#"{ "_id": -1 }"#);
}
