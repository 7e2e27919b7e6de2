//! `batch_load_by_ids`: loads relations by the ids of documents. The results are compared with loads by documents.

use std::collections::HashMap;
use std::fmt::Debug;

use earnorm::prelude::*;
use earnorm::{Error, Shared};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

use crate::load_kinds::{Leaf, Root, forest};

/// All leaves, ordered by id.
async fn leaves(test: &TestDb) -> Vec<Leaf> {
    Leaf::find_all().order_by(Leaf::ID.asc()).all(test.db()).await.unwrap()
}

fn assert_same<V: Debug + PartialEq>(
    by_ids: &HashMap<i64, V>,
    of_documents: &HashMap<i64, V>,
    missing: &[i64],
    empty: Option<&V>,
) {
    for (id, value) in of_documents {
        assert_eq!(by_ids.get(id), Some(value), "{id}");
    }
    for id in missing {
        assert_eq!(by_ids.get(id), empty, "{id}");
    }
    assert_eq!(by_ids.len(), of_documents.len() + empty.map_or(0, |_| missing.len()));
}

#[tokio::test]
async fn every_kind_loads_the_same_by_ids_as_by_documents() {
    let test = database().await;
    let db = test.db();
    let (roots, leaves) = (forest(&test, 5).await, leaves(&test).await);
    let ids = [4, 3, 2, 1, 0, 77, 4];
    let by_ids = assert_commands!(test, 1, Root::LEAVES.batch_load_by_ids(db, ids).await.unwrap());
    assert_same(&by_ids, &Root::LEAVES.batch_load(db, &roots).await.unwrap(), &[77], Some(&vec![]));
    let by_ids = assert_commands!(test, 1, Root::FIRST_LEAF.batch_load_by_ids(db, ids.iter()).await.unwrap());
    assert_same(&by_ids, &Root::FIRST_LEAF.batch_load(db, &roots).await.unwrap(), &[77], Some(&None));
    let by_ids = assert_commands!(test, 2, Root::JOINED.batch_load_by_ids(db, ids).await.unwrap());
    assert_same(&by_ids, &Root::JOINED.batch_load(db, &roots).await.unwrap(), &[77], Some(&vec![]));
    let by_ids = assert_commands!(test, 1, Root::HOLDERS.batch_load_by_ids(db, ids).await.unwrap());
    assert_same(&by_ids, &Root::HOLDERS.batch_load(db, &roots).await.unwrap(), &[77], Some(&vec![]));
    // the keys are in the documents, which are read first; a missing document has no entry
    let by_ids = assert_commands!(test, 2, Root::LISTED.batch_load_by_ids(db, ids).await.unwrap());
    assert_same(&by_ids, &Root::LISTED.batch_load(db, &roots).await.unwrap(), &[77], None);
    let leaf_ids: Vec<i64> = (0..16).collect();
    let by_ids: HashMap<i64, Shared<Root>> =
        assert_commands!(test, 2, Leaf::ROOT.batch_load_by_ids(db, &leaf_ids).await.unwrap());
    assert_same(&by_ids, &Leaf::ROOT.batch_load(db, &leaves).await.unwrap(), &[15], None);
    let none: [i64; 0] = [];
    assert!(assert_commands!(test, 0, Root::LEAVES.batch_load_by_ids(db, none).await.unwrap()).is_empty());
    assert!(assert_commands!(test, 0, Leaf::ROOT.batch_load_by_ids(db, none).await.unwrap()).is_empty());
}

#[tokio::test]
async fn loads_by_ids_take_modifiers_includes_and_transactions() {
    let test = database().await;
    let db = test.db();
    let roots = forest(&test, 5).await;
    let modified = || Root::LEAVES.filter(Leaf::ID.gt(1)).order_by(Leaf::ID.desc()).limit(1).with(Leaf::ROOT);
    let by_ids = assert_commands!(test, 2, modified().batch_load_by_ids(db, 0..5).await.unwrap());
    assert_same(&by_ids, &modified().batch_load(db, &roots).await.unwrap(), &[], None);
    earnorm::transaction(db, async |tx| {
        Leaf { id: 50, rank: 0, root_id: 3, owner_id: None, root_ids: vec![] }.insert(tx).await?;
        let found = Root::LEAVES.batch_load_by_ids(tx, [3]).await?;
        assert!(found[&3].iter().any(|leaf| leaf.id == 50));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn loads_by_ids_send_one_command_per_thousand_ids() {
    let test = database().await;
    let leaves: Vec<Leaf> =
        (0..2_500).map(|id| Leaf { id, rank: 0, root_id: id, owner_id: None, root_ids: vec![] }).collect();
    Leaf::insert_many(test.db(), &leaves).await.unwrap();
    let found = assert_commands!(test, 3, Root::LEAVES.batch_load_by_ids(test.db(), 0..2_500).await.unwrap());
    assert!(found.len() == 2_500 && found.values().all(|leaves| leaves.len() == 1));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Note", fk = "draft_id")]
struct Draft {
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    id: Option<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Note {
    #[serde(rename = "_id")]
    id: i32,
    draft_id: ObjectId,
}

#[tokio::test]
async fn loading_by_a_missing_id_is_an_error() {
    let test = database().await;
    let draft = Draft { id: None }.insert(test.db()).await.unwrap();
    Note { id: 1, draft_id: draft.id.unwrap() }.insert(test.db()).await.unwrap();
    let found = Draft::NOTES.batch_load_by_ids(test.db(), [draft.id]).await.unwrap();
    assert_eq!(found[&draft.id].len(), 1);
    let none = assert_commands!(test, 0, Draft::NOTES.batch_load_by_ids(test.db(), [draft.id, None]).await);
    assert!(matches!(none, Err(Error::Unsaved { model: "Draft" })), "{none:?}");
}
