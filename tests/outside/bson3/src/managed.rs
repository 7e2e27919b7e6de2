//! Times, versions, counters, bulk writes, and deletes that can be restored.

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm::{Deletion, Error, integrity, restore};
use earnorm_testkit::TestDb;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Chapter, fk = novel_id, cascade_delete, counter = chapter_count, touch = touched)]
struct Novel {
    #[serde(rename = "_id")]
    id: i32,
    #[model(created_at)]
    created: Option<DateTime>,
    #[model(updated_at)]
    updated: DateTime,
    #[model(version)]
    rev: i32,
    chapter_count: i64,
    touched: Option<DateTime>,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Chapter {
    #[serde(rename = "_id")]
    id: i32,
    novel_id: i32,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

fn chapter(id: i32) -> Chapter {
    Chapter { id, novel_id: 1, deleted: None }
}

#[tokio::test]
async fn managed_fields_work() {
    let test = TestDb::new().await.unwrap();
    let db = test.db();
    let updated = DateTime::MIN;
    let novel = Novel { id: 1, created: None, updated, rev: 0, chapter_count: 0, touched: None, deleted: None };
    let mut novel = novel.insert(db).await.unwrap();
    assert!(novel.created == Some(novel.updated) && novel.updated > updated && novel.rev == 1);
    let mut other = Novel::get(db, 1).await.unwrap().unwrap();
    assert_eq!(other, novel);
    novel.save(db).await.unwrap();
    assert!(matches!(other.save(db).await, Err(Error::Stale { model: "Novel", .. })));
    chapter(1).insert(db).await.unwrap();
    Chapter::bulk(db).insert(chapter(2)).insert(chapter(3)).delete(1).run().await.unwrap();
    novel = Novel::get(db, 1).await.unwrap().unwrap();
    assert_eq!((novel.chapter_count, novel.rev, novel.touched.is_some()), (2, 2, true));
    let report = novel.delete_if_current(db).await.unwrap();
    assert_eq!(Chapter::find_all().count(db).await.unwrap(), 0);
    assert_eq!(restore(db, report.deletion()).await.unwrap().restored(), 3);
    assert_eq!(Novel::get(db, 1).await.unwrap().map(|novel| novel.chapter_count), Some(2));
    assert_eq!(Chapter::deleted().purge(db).await.unwrap().deleted(), 1);
    assert!(integrity::scan(db).await.unwrap().is_empty());
}
