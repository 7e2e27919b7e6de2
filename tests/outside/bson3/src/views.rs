//! Views, aggregates, a loader, a graph and the counts of `observe`.

use earnorm::prelude::*;
use earnorm::{Loader, graph};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Essay, fk = writer_id)]
struct Writer {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    biography: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Essay {
    #[serde(rename = "_id")]
    id: ObjectId,
    words: i64,
    #[relation(many_to_one, target = Writer)]
    writer_id: ObjectId,
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = Writer)]
struct WriterName {
    name: String,
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = Essay)]
struct Words {
    words: i64,
}

#[tokio::test]
async fn views_aggregates_loaders_and_graphs_work() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let db = test.db();
    let writer = Writer { id: ObjectId::new(), name: "Ada".into(), biography: "long".into() };
    let essays = [10, 20].map(|words| Essay { id: ObjectId::new(), words, writer_id: ObjectId::new() });
    let inserted = graph(writer).with(Writer::ESSAYS, essays).insert(db).await.unwrap();
    assert_eq!(inserted.related(Writer::ESSAYS).len(), 2);
    for strategy in [Strategy::Batch, Strategy::Lookup] {
        let query = Writer::find_all().view::<WriterName>().strategy(strategy);
        let query = query.with(Writer::ESSAYS.order_by(Essay::WORDS.desc()).view::<Words>());
        let (found, seen) = earnorm::observe(query.one(db)).await;
        let found = found.unwrap();
        assert_eq!(found.name, "Ada");
        assert_eq!(found.related(Writer::ESSAYS), [Words { words: 20 }, Words { words: 10 }]);
        assert_eq!(seen.commands, if strategy == Strategy::Batch { 2 } else { 1 });
    }
    let (writer, _) = inserted.into_parts();
    assert_eq!(writer.essays().sum(db, Essay::WORDS).await.unwrap(), 30);
    assert_eq!(writer.essays().max(db, Essay::WORDS).await.unwrap(), Some(20));
    let popular = Writer::find(Writer::ESSAYS.count().gt(1)).count(db).await.unwrap();
    assert_eq!(popular, 1);
    let groups = Essay::find_all().group_by(Essay::WRITER_ID).count(db).await.unwrap();
    assert_eq!(groups[&writer.id], 2);
    let loader = Loader::new(db);
    assert_eq!(loader.all(writer.essays()).await.unwrap().len(), 2);
    assert_eq!(loader.find::<Writer>(writer.id).await.unwrap().unwrap().name, "Ada");
}
