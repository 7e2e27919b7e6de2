use earnorm_tests::database;

use super::{Film, films, found};

#[tokio::test]
async fn comparison_operators() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::TITLE.eq("Matrix")).await, [2]);
    assert_eq!(found(&test, Film::TITLE.ne("Matrix")).await, [1, 3, 4]);
    assert_eq!(found(&test, Film::RATING.gt(8.0)).await, [1]);
    assert_eq!(found(&test, Film::RATING.gte(8.0)).await, [1, 2]);
    assert_eq!(found(&test, Film::RATING.lt(6.5)).await, [4]);
    assert_eq!(found(&test, Film::RATING.lte(6.5)).await, [3, 4]);
    assert_eq!(found(&test, Film::ID.gt(3)).await, [4]);
}

#[tokio::test]
async fn comparisons_ignore_nulls_and_missing_fields() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::YEAR.lt(3_000)).await, [1, 2]);
    assert_eq!(found(&test, Film::YEAR.gte(0)).await, [1, 2]);
    assert_eq!(found(&test, Film::YEAR.ne(1999)).await, [1, 3, 4]);
}

#[tokio::test]
async fn null_matches_nulls_and_missing_fields() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::YEAR.is_null()).await, [3, 4]);
    assert_eq!(found(&test, Film::YEAR.eq(None)).await, [3, 4]);
    assert_eq!(found(&test, Film::YEAR.ne(None)).await, [1, 2]);
    assert_eq!(found(&test, !Film::YEAR.is_null()).await, [1, 2]);
    assert_eq!(found(&test, Film::YEAR.exists()).await, [1, 2, 3]);
    assert_eq!(found(&test, !Film::YEAR.exists()).await, [4]);
    assert_eq!(found(&test, Film::YEAR.exists() & Film::YEAR.is_null()).await, [3]);
}

#[tokio::test]
async fn is_in_and_not_in() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::ID.is_in([4, 1, 9])).await, [1, 4]);
    assert_eq!(found(&test, Film::ID.not_in([4, 1, 9])).await, [2, 3]);
    assert_eq!(found(&test, Film::TITLE.is_in(["Matrix", "Unknown"])).await, [2, 4]);
    assert_eq!(found(&test, Film::YEAR.is_in([1968, 1999])).await, [1, 2]);
    assert_eq!(found(&test, Film::YEAR.is_in([Some(1968), None])).await, [1, 3, 4]);
    assert_eq!(found(&test, Film::YEAR.not_in([1968])).await, [2, 3, 4]);
    assert!(found(&test, Film::ID.is_in(Vec::<i32>::new())).await.is_empty());
    assert_eq!(found(&test, Film::ID.not_in(Vec::<i32>::new())).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn regular_expressions() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::TITLE.regex("^Od")).await, [1]);
    assert_eq!(found(&test, Film::TITLE.regex("(?i)^od")).await, [1, 3]);
    assert_eq!(found(&test, !Film::TITLE.regex("(?i)^od")).await, [2, 4]);
    assert_eq!(found(&test, Film::TAGS.regex("^f")).await, [2, 3]);
    assert_eq!(found(&test, Film::TITLE.regex(String::from("x$"))).await, [2]);
}

#[tokio::test]
async fn array_operators() {
    let test = database().await;
    films(&test).await;
    assert_eq!(found(&test, Film::TAGS.contains("space")).await, [1, 3]);
    assert_eq!(found(&test, Film::TAGS.contains(String::from("fight"))).await, [2, 3]);
    assert_eq!(found(&test, Film::TAGS.contains_all(["slow", "space"])).await, [1, 3]);
    assert_eq!(found(&test, Film::TAGS.contains_all(["slow", "fight"])).await, [3]);
    assert_eq!(found(&test, Film::TAGS.len(2)).await, [1]);
    assert_eq!(found(&test, Film::TAGS.len(0)).await, [4]);
    assert_eq!(found(&test, !Film::TAGS.contains("space")).await, [2, 4]);
    assert_eq!(found(&test, Film::SCORES.contains(2)).await, [3, 4]);
    assert_eq!(found(&test, Film::SCORES.contains_all([0, 1])).await, [3, 4]);
    assert_eq!(found(&test, Film::SCORES.len(4)).await, [4]);
    assert_eq!(found(&test, Film::SCORES.is_null()).await, [2]);
    let exact = vec!["space".to_owned(), "slow".to_owned()];
    assert_eq!(found(&test, Film::TAGS.eq(&exact)).await, [1]);
    assert_eq!(found(&test, Film::TAGS.ne(exact)).await, [2, 3, 4]);
}
