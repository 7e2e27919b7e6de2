//! Deep and wide trees.

use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{STRATEGIES, clients, database, insert_documents};

use crate::models::{Category, category, insert_categories_of};

/// Deeper than a `$graphLookup` follows on some servers, and than a stack would allow.
#[tokio::test]
async fn a_chain_of_ten_thousand_documents_is_one_tree() {
    let test = database().await;
    let db = test.db();
    let chain: Vec<_> = (0..10_000).map(|id| (id, (id > 0).then_some(id - 1))).collect();
    insert_categories_of(db, &chain).await;
    Category::ensure_indexes(db).await.unwrap();
    let (first, last) = (category(db, 0).await, category(db, 9_999).await);

    let down = assert_commands!(test, 100, { first.descendants().tree(db).await.unwrap() });
    assert_eq!((down.len(), down.iter().next_back().unwrap().depth()), (9_999, 9_999));
    assert!(
        down.iter().zip(1..).all(|(node, id)| node.id == id && node.parent().is_none_or(|above| above.id == id - 1))
    );
    assert_eq!(serde_json::to_string(&down).unwrap().matches("depth").count(), 9_999);
    let up = assert_commands!(test, 99, { last.ancestors().tree(db).await.unwrap() });
    assert_eq!((up.len(), up.iter().next_back().unwrap().id), (9_999, 0));

    let by_levels =
        assert_commands!(test, 10_000, { first.descendants().strategy(Strategy::Batch).tree(db).await.unwrap() });
    assert_eq!(by_levels, down);
    for strategy in STRATEGIES {
        let part = first.descendants().strategy(strategy).max_depth(250).tree(db).await.unwrap();
        assert_eq!(part.iter().next_back().map(|node| (node.id, node.depth())), Some((250, 250)));
    }
    assert_commands!(test, 3, { first.descendants().max_depth(250).tree(db).await.unwrap() });
    drop(down);
}

/// A cycle that is longer than one `$graphLookup` follows.
#[tokio::test]
async fn a_cycle_of_three_hundred_documents_ends() {
    let test = database().await;
    let db = test.db();
    let cycle: Vec<_> = (0..300).map(|id| (id, Some((id + 299) % 300))).collect();
    insert_categories_of(db, &cycle).await;
    let root = category(db, 7).await;
    for strategy in STRATEGIES {
        let tree = root.descendants().strategy(strategy).tree(db).await.unwrap();
        assert_eq!((tree.len(), tree.iter().next_back().unwrap().id), (299, 6), "{strategy:?}");
    }
}

#[tokio::test]
async fn many_roots_take_one_command_for_each_thousand() {
    let test = database().await;
    let db = test.db();
    // 1,500 trees of three documents, of which two roots share none
    let mut all = Vec::new();
    for root in 0..1_500 {
        all.extend([(root, None), (2_000 + root, Some(root)), (4_000 + root, Some(2_000 + root))]);
    }
    insert_categories_of(db, &all).await;
    Category::ensure_indexes(db).await.unwrap();
    let roots = Category::find(Category::PARENT_ID.is_null()).order_by(Category::ID.asc()).all(db).await.unwrap();
    let trees = assert_commands!(test, 2, { Category::CHILDREN.recursive().load(db, &roots).await.unwrap() });
    assert_eq!(trees.len(), 1_500);
    assert!(
        trees.iter().zip(0..).all(|(tree, root)| {
            tree.iter().map(|node| node.id).collect::<Vec<_>>() == [2_000 + root, 4_000 + root]
        })
    );
    // two for each of two levels, and two that find no more
    let levels = Category::CHILDREN.recursive().strategy(Strategy::Batch);
    assert_eq!(assert_commands!(test, 6, { levels.load(db, &roots).await.unwrap() }), trees);
}

/// More than a server puts into one document: 16 MiB.
#[tokio::test]
async fn a_tree_of_large_documents_is_sent_in_parts() {
    let test = database().await;
    let db = test.db();
    insert_categories_of(db, &[(0, None)]).await;
    for id in 1..=24 {
        let large = doc! { "_id": id, "rank": 0, "parent_id": 0, "text": "x".repeat(1 << 20) };
        insert_documents(db, "categories", [large]).await;
    }
    let root = category(db, 0).await;
    for strategy in STRATEGIES {
        assert_eq!(root.descendants().strategy(strategy).tree(db).await.unwrap().len(), 24, "{strategy:?}");
    }
}

/// `mongod` holds at most 100 MiB for a `$graphLookup`. The local server has no such limit.
#[tokio::test]
async fn a_search_that_the_server_cannot_hold_names_the_relation() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (faulty, db) = clients(&test, &proxy, "retryReads=false").await;
    insert_categories_of(&db, &[(1, None), (2, Some(1))]).await;
    let root = category(&db, 1).await;
    let reply: Document = doc! {
        "ok": 0, "code": 40_099, "codeName": "Location40099", "errmsg": "$graphLookup reached maximum memory consumption",
    };
    proxy.only(["aggregate"]);
    proxy.refuse(1, reply);
    let error = root.descendants().tree(&faulty).await.unwrap_err();
    let Error::TooLarge { model, relation } = &error else { panic!("{error}") };
    assert_eq!((*model, relation.as_str()), ("Category", "children"));
    assert!(error.to_string().ends_with("load it with `Strategy::Batch`"), "{error}");
    let tree = root.descendants().strategy(Strategy::Batch).tree(&faulty).await.unwrap();
    assert_eq!(tree.len(), 1);
}
