//! Paging by key: the pages together are the whole result in its order.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Error, Query, Sort};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Cell {
    #[serde(rename = "_id")]
    id: i32,
    /// Missing in some documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<i64>,
    /// Null in some documents.
    tag: Option<String>,
    weight: f64,
    place: Place,
    words: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Place {
    city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor: Option<u8>,
}

/// 60 documents in no order, with many ties, nulls and missing fields.
async fn cells(test: &TestDb) {
    let cells: Vec<_> = (0..60)
        .map(|n: i32| n * 7 % 60)
        .map(|n| Cell {
            id: n,
            level: (n % 4 != 0).then(|| i64::from(n % 4)),
            tag: (n % 5 != 1).then(|| format!("tag {}", n % 5)),
            weight: f64::from(n % 3) / 2.0,
            place: Place {
                city: (n % 7 != 2).then(|| format!("city {}", n % 7)),
                floor: u8::try_from(n % 6).ok().filter(|floor| *floor != 5),
            },
            words: vec![format!("{}", n % 2)],
        })
        .collect();
    Cell::insert_many(test.db(), &cells).await.unwrap();
}

fn ids(cells: &[Cell]) -> Vec<i32> {
    cells.iter().map(|cell| cell.id).collect()
}

/// Reads all pages, each with one command.
async fn read_pages(test: &TestDb, query: impl Fn() -> Query<Cell>, size: u64) -> Vec<i32> {
    let mut all = Vec::new();
    let mut page = query().limit(size).all(test.db()).await.unwrap();
    while let Some(last) = page.last() {
        all.extend(ids(&page));
        assert!(all.len() <= 60, "a document is on two pages: {all:?}");
        let next = query().after(last).limit(size);
        page = assert_commands!(test, 1, next.all(test.db()).await.unwrap());
    }
    all
}

async fn assert_pages_are_complete(test: &TestDb, order: impl Into<Sort<Cell>>) {
    let order = order.into();
    let query = || Cell::find_all().order_by(order.clone());
    let whole = ids(&query().all(test.db()).await.unwrap());
    assert_eq!(whole.len(), 60);
    for size in [1, 7, 60] {
        assert_eq!(read_pages(test, query, size).await, whole, "{order:?}, page size {size}");
    }
}

#[tokio::test]
async fn pages_by_one_key_have_all_ties_and_missing_fields() {
    let test = database().await;
    cells(&test).await;
    assert_pages_are_complete(&test, Cell::LEVEL.asc()).await;
    assert_pages_are_complete(&test, Cell::LEVEL.desc()).await;
    assert_pages_are_complete(&test, Cell::TAG.asc()).await;
    assert_pages_are_complete(&test, Cell::TAG.desc()).await;
    assert_pages_are_complete(&test, Cell::WEIGHT.desc()).await;
}

#[tokio::test]
async fn pages_by_several_keys() {
    let test = database().await;
    cells(&test).await;
    assert_pages_are_complete(&test, (Cell::LEVEL.desc(), Cell::TAG.asc())).await;
    assert_pages_are_complete(&test, (Cell::TAG.asc(), Cell::LEVEL.desc(), Cell::WEIGHT.asc())).await;
    assert_pages_are_complete(&test, [Cell::TAG.desc(), Cell::LEVEL.desc(), Cell::ID.desc()]).await;
}

#[tokio::test]
async fn pages_by_a_dotted_path_and_by_a_sort_document() {
    let test = database().await;
    cells(&test).await;
    assert_pages_are_complete(&test, Cell::PLACE.at("city").asc()).await;
    assert_pages_are_complete(&test, (Cell::PLACE.at("floor").desc(), Cell::PLACE.at("city").desc())).await;
    assert_pages_are_complete(&test, doc! { "place.floor": 1, "tag": -1.0, "level": 1_i64 }).await;
}

#[tokio::test]
async fn pages_without_an_order_are_in_id_order() {
    let test = database().await;
    cells(&test).await;
    assert_eq!(read_pages(&test, Cell::find_all, 7).await, (0..60).collect::<Vec<_>>());
    assert_pages_are_complete(&test, Cell::ID.desc()).await;
}

#[tokio::test]
async fn pages_have_all_documents_with_nan() {
    let test = database().await;
    cells(&test).await;
    let nan = Cell::find(Cell::ID.lt(10)).update(test.db(), Cell::WEIGHT.set(f64::NAN));
    assert_eq!(nan.await.unwrap(), 10);
    assert_pages_are_complete(&test, Cell::WEIGHT.asc()).await;
    assert_pages_are_complete(&test, (Cell::WEIGHT.desc(), Cell::LEVEL.asc())).await;
}

#[tokio::test]
async fn pages_with_a_filter_on_the_sort_field() {
    let test = database().await;
    cells(&test).await;
    let query = || Cell::find(Cell::LEVEL.gte(2) | Cell::TAG.is_null()).order_by(Cell::LEVEL.asc());
    let whole = ids(&query().all(test.db()).await.unwrap());
    assert!(whole.len() > 20 && whole.len() < 60, "{whole:?}");
    assert_eq!(read_pages(&test, query, 4).await, whole);
}

#[tokio::test]
async fn documents_after_a_document_are_counted_streamed_and_updated() {
    let test = database().await;
    let db = test.db();
    cells(&test).await;
    let order = || Cell::find_all().order_by(Cell::LEVEL.desc());
    let whole = order().all(db).await.unwrap();
    let rest = || order().after(&whole[39]);
    assert_eq!(rest().count(db).await.unwrap(), 20);
    let mut rows = rest().stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap(), whole[40]);
    drop(rows);
    let changed = rest().update(db, Cell::TAG.set("after")).await.unwrap();
    assert_eq!(changed, 20);
    let after = Cell::find(Cell::TAG.eq("after")).order_by(Cell::LEVEL.desc());
    assert_eq!(ids(&after.all(db).await.unwrap()), ids(&whole[40..]));
    assert!(order().after(&whole[59]).all(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn orders_by_text_score_or_by_an_array_are_errors() {
    let test = database().await;
    cells(&test).await;
    let cell = Cell::find_all().first(test.db()).await.unwrap().unwrap();
    let refused: [(Sort<Cell>, &str); 2] =
        [(doc! { "level": { "$meta": "textScore" } }.into(), "level"), (Cell::WORDS.asc(), "words")];
    for (order, name) in refused {
        let query = Cell::find_all().order_by(order).after(&cell);
        let error = assert_commands!(test, 0, query.all(test.db()).await.unwrap_err());
        assert!(matches!(error, Error::Invalid { model: "Cell", .. }), "{error:?}");
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
}

#[tokio::test]
async fn the_condition_can_use_an_index_prefix() {
    let cell = Cell {
        id: 3,
        level: Some(2),
        tag: None,
        weight: 0.5,
        place: Place { city: None, floor: None },
        words: Vec::new(),
    };
    let find = Cell::find_all().order_by(Cell::LEVEL.asc()).after(&cell).to_query().unwrap();
    let expected: Document = doc! { "$or": [
        { "level": { "$gt": 2_i64 } },
        { "level": { "$eq": 2_i64 }, "_id": { "$gt": 3 } },
    ] };
    assert_eq!(find.filter, expected);
}
