use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Filter, Query};
use earnorm_tests::database;

use super::{Film, films, found};

#[tokio::test]
async fn filters_combine_by_and_or_and_not() {
    let test = database().await;
    films(&test).await;
    let rome = || Film::STUDIO.at("city").eq("Rome");
    let good = || Film::RATING.gte(8.0);
    assert_eq!(found(&test, rome() & good()).await, [1]);
    assert_eq!(found(&test, rome() | good()).await, [1, 2, 3]);
    assert_eq!(found(&test, !rome() & good()).await, [2]);
    assert_eq!(found(&test, !(rome() | good())).await, [4]);
    assert_eq!(found(&test, !(rome() & good())).await, [2, 3, 4]);
    assert_eq!(found(&test, !!rome()).await, [1, 3]);
    assert_eq!(found(&test, (rome() & good()) | Film::ID.eq(4)).await, [1, 4]);
    assert_eq!(found(&test, rome() & (good() | Film::ID.eq(3))).await, [1, 3]);
    assert_eq!(found(&test, (rome() | good()) & (Film::ID.ne(1) | Film::ID.gt(5))).await, [2, 3]);
    assert_eq!(found(&test, !(!rome() & !good()) & !Film::ID.eq(2)).await, [1, 3]);
}

#[tokio::test]
async fn filters_on_one_field_do_not_replace_each_other() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::ID.gt(1) & Film::ID.lt(4)).await, [2, 3]);
    assert_eq!(found(&test, Film::ID.gt(1) & Film::ID.lt(4) & Film::ID.ne(2)).await, [3]);
    assert_eq!(found(&test, Film::ID.lt(2) | Film::ID.gt(3) | Film::ID.eq(2)).await, [1, 2, 4]);
    assert_eq!(found(&test, Film::TAGS.contains("slow") & Film::TAGS.contains("fight")).await, [3]);
    assert!(found(&test, Film::ID.eq(1) & Film::ID.eq(2)).await.is_empty());
    let query = Film::find(Film::ID.gt(1)).filter(Film::ID.lt(4)).filter(Film::ID.ne(3));
    let films = query.all(test.db()).await.unwrap();
    assert_eq!(films.iter().map(|film| film.id).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn documents_combine_with_typed_filters() {
    let test = database().await;
    films(&test).await;
    let either = doc! { "$or": [{ "_id": 1 }, { "_id": 4 }] };
    let other = doc! { "$or": [{ "_id": 4 }, { "_id": 2 }] };
    let filter = Film::ID.gt(0) & either.clone() & other.clone();
    assert_eq!(found(&test, filter).await, [4]);
    assert_eq!(found(&test, Film::ID.eq(2) | either.clone()).await, [1, 2, 4]);
    let filter: Filter<Film> = either.into();
    assert_eq!(found(&test, filter & doc! { "_id": { "$lt": 4 } }).await, [1]);
    assert_eq!(found(&test, !Filter::<Film>::from(other)).await, [1, 3]);
    // a document with more than the list of `$and` is not flattened
    let both = Filter::<Film>::from(doc! { "$and": [{ "_id": { "$gt": 1 } }], "tags": "slow" });
    assert_eq!(found(&test, both & doc! { "$and": [{ "_id": { "$lt": 4 } }] }).await, [3]);
}

#[tokio::test]
async fn the_empty_filter_matches_everything() {
    let test = database().await;
    films(&test).await;
    let none = Filter::<Film>::default;
    assert_eq!(found(&test, none()).await, [1, 2, 3, 4]);
    assert_eq!(found(&test, none() & Film::ID.eq(2)).await, [2]);
    assert_eq!(found(&test, Film::ID.eq(2) & none()).await, [2]);
    assert_eq!(found(&test, none() | Film::ID.eq(2)).await, [1, 2, 3, 4]);
    assert_eq!(found(&test, Film::ID.eq(2) | none()).await, [1, 2, 3, 4]);
    assert!(found(&test, !none()).await.is_empty());
}

#[test]
fn a_filter_displays_the_document_it_sends() {
    let show = |filter: Filter<Film>| filter.to_string();
    assert_eq!(show(Film::TITLE.eq("Matrix")), r#"{ "title": "Matrix" }"#);
    assert_eq!(
        show(Film::YEAR.gte(1990) & Film::TAGS.contains("space")),
        r#"{ "year": { "$gte": 1990 }, "tags": "space" }"#
    );
    assert_eq!(
        show(Film::ID.gt(1) & Film::ID.lt(4)),
        r#"{ "$and": [{ "_id": { "$gt": 1 } }, { "_id": { "$lt": 4 } }] }"#
    );
    assert_eq!(
        show(Film::ID.eq(1) | Film::ID.eq(2) | Film::ID.eq(3)),
        r#"{ "$or": [{ "_id": 1 }, { "_id": 2 }, { "_id": 3 }] }"#
    );
    assert_eq!(show(!Film::ID.eq(1)), r#"{ "$nor": [{ "_id": 1 }] }"#);
    let filter = Film::ID.eq(1);
    assert_eq!(format!("{filter:?}"), r#"Filter({ "_id": 1 })"#);
    assert_eq!(show(filter.clone()), show(filter));
}

/// Folding a long list of conditions takes linear time, and the result has a constant depth.
#[tokio::test]
async fn long_lists_of_conditions_fold_to_flat_lists() {
    const MANY: i32 = 20_000;
    let parts = |filter: &Document, operator: &str| filter.get_array(operator).unwrap().len();
    let each = |n: i32| (0..n).map(|id| Film::ID.ne(id));
    let either = Film::find(each(MANY).reduce(|a, b| a | b).unwrap()).to_query().unwrap().filter;
    assert_eq!((either.len(), parts(&either, "$or")), (1, 20_000));
    let all = Film::find(each(MANY).reduce(|a, b| a & b).unwrap()).to_query().unwrap().filter;
    assert_eq!((all.len(), parts(&all, "$and")), (2, 19_999));
    let query = each(MANY).fold(Film::find_all(), Query::filter).to_query().unwrap();
    assert_eq!(query.filter.len(), 2);
    let fields = (0..MANY).map(|n| Filter::<Film>::from(doc! { format!("f{n}"): n })).reduce(|a, b| a & b).unwrap();
    assert_eq!(Film::find(fields).to_query().unwrap().filter.len(), 20_000);

    // a server limits the depth of documents
    let test = database().await;
    films(&test).await;
    let all = each(1_000).reduce(|a, b| a & b & doc! { "x": { "$ne": 1 } }).unwrap();
    assert!(found(&test, all).await.is_empty());
}
