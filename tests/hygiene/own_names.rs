//! Methods and relations of a model that are named like methods of EarnORM.

use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "related", target = "Part", fk = "whole_id")]
struct Whole {
    #[serde(rename = "_id")]
    id: i32,
}

impl Whole {
    fn count(&self) -> i32 {
        self.id
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "count", target = "Piece", fk = "part_id")]
struct Part {
    #[serde(rename = "_id")]
    id: i32,
    whole_id: i32,
}

impl Part {
    fn related(&self, by: i32) -> i32 {
        self.id + by
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Piece {
    #[serde(rename = "_id")]
    id: i32,
    part_id: i32,
}

#[tokio::test]
async fn own_methods_and_relations_take_precedence() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let db = test.db();
    let whole = Whole { id: 1 }.insert(db).await.unwrap();
    let part = Part { id: 2, whole_id: 1 }.insert(db).await.unwrap();
    Piece { id: 3, part_id: 2 }.insert(db).await.unwrap();
    assert_eq!((whole.count(), part.related(5)), (1, 7));
    assert_eq!(whole.related().count(db).await.unwrap(), 1);
    assert_eq!(part.count().all(db).await.unwrap().len(), 1);
    // on a loaded document, EarnORM's methods win; dereferencing it gives access to the document's own
    let loaded =
        Whole::find_all().with(Whole::RELATED.with(Part::COUNT)).with(Whole::RELATED.count()).one(db).await.unwrap();
    let parts = loaded.related(Whole::RELATED);
    assert_eq!((loaded.count(Whole::RELATED), parts[0].related(Part::COUNT).len()), (1, 1));
    assert_eq!(((*loaded).count(), (*parts[0]).related(5)), (1, 7));
}
