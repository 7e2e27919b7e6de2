//! Views of a model with eager relations.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Book, fk = writer_id, lazy_load = false)]
struct Writer {
    #[serde(rename = "_id")]
    id: i32,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Book {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Writer, lazy_load = false)]
    writer_id: i32,
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = Writer)]
struct WriterName {
    name: String,
}

#[tokio::test]
async fn a_view_loads_only_what_its_query_asks_for() {
    let test = database().await;
    let db = test.db();
    Writer::insert_many(db, &[Writer { id: 1, name: "Ada".into() }]).await.unwrap();
    Book::insert_many(db, &[Book { id: 2, writer_id: 1 }]).await.unwrap();
    for strategy in STRATEGIES {
        let names = Writer::find_all().view::<WriterName>().strategy(strategy).all(db);
        let names: Vec<WriterName> = assert_commands!(test, 1, names.await).unwrap();
        assert_eq!(names, [WriterName { name: "Ada".into() }]);
        let query = Writer::find_all().with(Writer::BOOKS.with(Book::WRITER.view::<WriterName>()));
        let writers = query.view::<WriterName>().strategy(strategy).all(db).await.unwrap();
        let books = writers[0].related(Writer::BOOKS);
        assert_eq!(books[0].id, 2);
        assert_eq!(books[0].related(Book::WRITER).map(|writer| writer.name.as_str()), Some("Ada"));
    }
}
