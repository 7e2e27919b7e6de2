//! Options of the driver, and how a query is displayed.

use std::time::Duration;

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::mongodb::options::Hint;
use earnorm::prelude::*;
use earnorm::{Error, Query};
use earnorm_testkit::{Sent, TestDb, assert_commands};
use earnorm_tests::{case_insensitive, database};

use super::{Film, films};

fn with_options(query: Query<Film>) -> Query<Film> {
    query
        .collation(case_insensitive())
        .hint(Hint::Keys(doc! { "_id": 1 }))
        .comment("for the report")
        .max_time(Duration::from_secs(30))
}

fn assert_read_options(sent: &Sent) {
    let body = &sent[0].body;
    assert_eq!(body.get_document("collation").unwrap().get_str("locale").unwrap(), "en");
    assert_eq!(body.get_document("hint").unwrap(), &doc! { "_id": 1 });
    assert_eq!(body.get_str("comment").unwrap(), "for the report");
    let time = body.get("maxTimeMS").unwrap();
    assert_eq!(time.as_i64().or(time.as_i32().map(i64::from)), Some(30_000));
}

async fn query_with_options(test: &TestDb) -> Query<Film> {
    films(test).await;
    with_options(Film::find(Film::TITLE.eq("ODYSSEY")))
}

#[tokio::test]
async fn options_are_sent_with_every_read() {
    let test = database().await;
    let db = test.db();
    let query = query_with_options(&test).await;
    let (all, sent) = test.log().record(query.clone().all(db)).await;
    assert_read_options(&sent);
    assert_eq!(all.unwrap().len(), 1, "the collation ignores case");
    let (first, sent) = test.log().record(query.clone().first(db)).await;
    assert_read_options(&sent);
    assert_eq!(first.unwrap().unwrap().id, 1);
    let (count, sent) = test.log().record(query.clone().count(db)).await;
    assert_read_options(&sent);
    assert_eq!(count.unwrap(), 1);
    let (exists, sent) = test.log().record(query.clone().exists(db)).await;
    assert_read_options(&sent);
    assert!(exists.unwrap());
    let mut rows = query.clone().stream(db);
    let (row, sent) = test.log().record(rows.next()).await;
    assert_read_options(&sent);
    assert_eq!(row.unwrap().unwrap().id, 1);
    assert_eq!(Film::find(Film::TITLE.eq("ODYSSEY")).count(db).await.unwrap(), 0);
}

#[tokio::test]
async fn options_are_sent_with_every_write() {
    fn assert_write_options(statement: &Bson, sent: &Sent) {
        let statement = statement.as_document().unwrap();
        assert_eq!(statement.get_document("collation").unwrap().get_str("locale").unwrap(), "en");
        assert_eq!(statement.get_document("hint").unwrap(), &doc! { "_id": 1 });
        assert_eq!(sent[0].body.get_str("comment").unwrap(), "for the report");
    }
    let test = database().await;
    let db = test.db();
    let query = query_with_options(&test).await;
    let update = query.clone().update(db, Film::RATING.set(9.0));
    let (changed, sent) = test.log().record(update).await;
    assert_eq!(changed.unwrap(), 1);
    assert_write_options(&sent[0].body.get_array("updates").unwrap()[0], &sent);
    let (deleted, sent) = test.log().record(query.delete(db)).await;
    assert_eq!(deleted.unwrap().deleted(), 1);
    assert_write_options(&sent[0].body.get_array("deletes").unwrap()[0], &sent);
}

#[tokio::test]
async fn options_are_sent_with_the_read_of_a_write_with_a_limit() {
    let test = database().await;
    let db = test.db();
    let query = query_with_options(&test).await.limit(1);
    let (changed, sent) = test.log().record(query.update(db, Film::RATING.set(9.0))).await;
    assert_eq!(changed.unwrap(), 1);
    assert_eq!(sent.names(), ["find", "update"]);
    assert_read_options(&sent);
}

#[test]
fn a_query_displays_what_it_sends() {
    let query = Film::find(Film::YEAR.gte(1990)).order_by(Film::TITLE.asc()).skip(20).limit(10);
    let find = query.to_query().unwrap();
    assert_eq!(find.collection, "films");
    assert_eq!(find.filter, doc! { "year": { "$gte": 1990_i64 } });
    assert_eq!(find.sort, doc! { "title": 1, "_id": 1 });
    assert_eq!((find.skip, find.limit), (Some(20), Some(10)));
    let shown = r#"films.find({ "year": { "$gte": 1990 } }).sort({ "title": 1, "_id": 1 }).skip(20).limit(10)"#;
    assert_eq!(find.to_string(), shown);
    assert_eq!(format!("{query:?}"), format!("Query({shown})"));
    let nothing = Film::find_all().to_query().unwrap();
    assert_eq!((nothing.filter, nothing.sort), (Document::new(), Document::new()));
    assert_eq!((nothing.skip, nothing.limit), (None, None));
}

#[tokio::test]
async fn to_query_returns_what_is_sent() {
    let test = database().await;
    films(&test).await;
    let query = Film::find(Film::ID.gt(1) & Film::ID.lt(4)).order_by(Film::TITLE.asc()).limit(1);
    let find = query.to_query().unwrap();
    let (_, sent) = test.log().record(query.all(test.db())).await;
    let body = &sent[0].body;
    assert_eq!(body.get_str("find").unwrap(), find.collection);
    assert_eq!(body.get_document("filter").unwrap(), &find.filter);
    assert_eq!(body.get_document("sort").unwrap(), &find.sort);
    assert_eq!(body.get("limit").and_then(Bson::as_i64), Some(1));
}

#[tokio::test]
async fn a_cloned_query_is_independent() {
    let test = database().await;
    let db = test.db();
    films(&test).await;
    let rome = Film::find(Film::STUDIO.at("city").eq("Rome"));
    let good = rome.clone().filter(Film::RATING.gt(8.0));
    assert_eq!(rome.clone().count(db).await.unwrap(), 2);
    assert_eq!(good.count(db).await.unwrap(), 1);
    assert_eq!(rome.limit(1).count(db).await.unwrap(), 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Big {
    #[serde(rename = "_id")]
    id: u64,
    n: u64,
}

#[tokio::test]
async fn an_operand_out_of_range_is_an_error_when_the_query_runs() {
    let test = database().await;
    let refused = [
        Big::find(Big::N.eq(u64::MAX)),
        Big::find(Big::N.is_in([1, u64::MAX])),
        Big::find(Big::ID.eq(1) & !(Big::N.gt(u64::MAX) | Big::N.eq(1))),
        Big::find(Big::N.lt(u64::MAX)),
        Big::find_all().after(&Big { id: 1, n: u64::MAX }),
    ];
    for query in refused {
        let shown = format!("{query:?}");
        assert!(shown.contains("18446744073709551615"), "{shown}");
        assert!(matches!(query.to_query(), Err(Error::Encode { model: "Big", .. })));
        let error = assert_commands!(test, 0, query.count(test.db()).await.unwrap_err());
        assert!(matches!(error, Error::Encode { model: "Big", .. }), "{error:?}");
    }
}
