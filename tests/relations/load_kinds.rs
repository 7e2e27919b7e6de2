//! Every kind of relation, loaded for many documents and compared with handles.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Leaf", fk = "root_id")]
#[relation(one_to_many, name = "best", target = "Leaf", fk = "root_id", filter = doc! { "rank": { "$gte": 2 } }, order_by = [("rank", -1)], limit = 2)]
#[relation(one_to_one, name = "first_leaf", target = "Leaf", fk = "owner_id")]
#[relation(many_to_many, name = "joined", target = "Leaf", through = "Edge")]
#[relation(many_to_many, name = "listed", target = "Leaf", ids = "leaf_ids")]
#[relation(many_to_many, name = "holders", target = "Leaf", target_ids = "root_ids")]
pub(crate) struct Root {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) leaf_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Leaf {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) rank: i64,
    #[relation(many_to_one, target = "Root")]
    pub(crate) root_id: i64,
    pub(crate) owner_id: Option<i64>,
    pub(crate) root_ids: Vec<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Edge {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) root_id: i64,
    pub(crate) leaf_id: i64,
}

/// `roots` roots with three leaves each, and links. Some roots have no links, some ids are repeated or missing.
pub(crate) async fn forest(test: &TestDb, roots: i64) -> Vec<Root> {
    let db = test.db();
    let all: Vec<Root> = (0..roots)
        .map(|id| Root { id, leaf_ids: if id % 5 == 0 { vec![] } else { vec![id * 3 % 7, id, 1_000_000, id, 3] } })
        .collect();
    Root::insert_many(db, &all).await.unwrap();
    let leaves: Vec<Leaf> = (0..roots * 3)
        .map(|id| Leaf {
            id,
            rank: id * 7 % 11,
            root_id: id * id % (roots + 3),
            owner_id: (id % 4 == 0).then_some(id % roots),
            root_ids: vec![id % roots, (id + 1) % roots, id % roots, -1],
        })
        .collect();
    Leaf::insert_many(db, &leaves).await.unwrap();
    let edges: Vec<Edge> =
        (0..roots * 4).map(|id| Edge { id, root_id: id % (roots - 1), leaf_id: id * 5 % (roots * 4) }).collect();
    // every link twice; the second ones come after all others
    let again = edges.iter().map(|edge| Edge { id: edge.id + roots * 4, ..edge.clone() });
    let edges: Vec<Edge> = edges.iter().cloned().chain(again).collect();
    Edge::insert_many(db, &edges).await.unwrap();
    all
}

async fn compare_with_handles(db: &Database, roots: &[Root]) {
    let by_rank = || (Leaf::RANK.desc(), Leaf::ID.asc());
    let all_but_some = || Leaf::ID.not_in([3, 9, 27]);
    macro_rules! check {
        ($constant:ident, $lazy:ident) => {{
            let plain = Root::$constant.order_by(Leaf::ID.asc()).load(db, roots).await.unwrap();
            let modified = Root::$constant.filter(all_but_some()).order_by(by_rank()).skip(1).limit(2);
            let modified = modified.load(db, roots).await.unwrap();
            let counts = Root::$constant.count_by(db, roots).await.unwrap();
            for (index, root) in roots.iter().enumerate() {
                let lazy = || root.$lazy();
                assert_eq!(
                    plain[index],
                    lazy().order_by(Leaf::ID.asc()).all(db).await.unwrap(),
                    "{} {}",
                    stringify!($lazy),
                    root.id
                );
                let one = lazy().filter(all_but_some()).order_by(by_rank()).skip(1).limit(2).all(db).await.unwrap();
                assert_eq!(modified[index], one, "{} of {} with modifiers", stringify!($lazy), root.id);
                assert_eq!(counts[&root.id], lazy().count(db).await.unwrap(), "{} of {}", stringify!($lazy), root.id);
            }
        }};
    }
    check!(LEAVES, leaves);
    check!(BEST, best);
    check!(JOINED, joined);
    check!(LISTED, listed);
    check!(HOLDERS, holders);
    let listed = Root::LISTED.load(db, roots).await.unwrap();
    let best = Root::BEST.load(db, roots).await.unwrap();
    let first = Root::FIRST_LEAF.load(db, roots).await.unwrap();
    for (index, root) in roots.iter().enumerate() {
        assert_eq!(listed[index], root.listed().all(db).await.unwrap(), "in array order");
        assert_eq!(best[index], root.best().all(db).await.unwrap(), "with the relation's order and limit");
        assert_eq!(first[index], root.first_leaf().get(db).await.unwrap());
    }
}

#[tokio::test]
async fn every_kind_loads_the_same_as_handles() {
    let test = database().await;
    let roots = forest(&test, 40).await;
    compare_with_handles(test.db(), &roots).await;
    compare_with_handles(test.db(), &roots[7..8]).await;
    let leaves = Leaf::find_all().with(Leaf::ROOT).all(test.db()).await.unwrap();
    for leaf in &leaves {
        assert_eq!(leaf.related(Leaf::ROOT).cloned(), leaf.root().get(test.db()).await.unwrap());
    }
}

#[tokio::test]
async fn more_than_a_thousand_keys_load_the_same_with_more_commands() {
    let test = database().await;
    let db = test.db();
    let roots = forest(&test, 2_300).await;
    let leaves = assert_commands!(test, 3, { Root::LEAVES.load(db, &roots).await.unwrap() });
    let listed = Root::LISTED.order_by((Leaf::RANK.desc(), Leaf::ID.asc())).limit(3);
    let listed = assert_commands!(test, 2, { listed.load(db, &roots).await.unwrap() });
    let joined = Root::JOINED.order_by((Leaf::RANK.asc(), Leaf::ID.desc())).skip(1).load(db, &roots).await.unwrap();
    let holders = assert_commands!(test, 3, { Root::HOLDERS.order_by(Leaf::ID.asc()).load(db, &roots).await.unwrap() });
    for index in (0..roots.len()).step_by(97) {
        let root = &roots[index];
        assert_eq!(leaves[index].len(), root.leaves().all(db).await.unwrap().len());
        let lazy = root.listed().order_by((Leaf::RANK.desc(), Leaf::ID.asc())).limit(3);
        assert_eq!(listed[index], lazy.all(db).await.unwrap());
        let lazy = root.joined().order_by((Leaf::RANK.asc(), Leaf::ID.desc())).skip(1);
        assert_eq!(joined[index], lazy.all(db).await.unwrap());
        assert_eq!(holders[index], root.holders().order_by(Leaf::ID.asc()).all(db).await.unwrap());
    }
}

#[tokio::test]
async fn a_load_sends_each_key_once_and_no_command_without_keys() {
    let test = database().await;
    let db = test.db();
    let roots = forest(&test, 10).await;
    assert_commands!(test, 0, {
        assert!(Root::LEAVES.load(db, &roots[..0]).await.unwrap().is_empty());
        assert_eq!(Root::LISTED.load(db, &roots[..1]).await.unwrap(), [[]]);
        assert_eq!(Root::LEAVES.limit(0).load(db, &roots).await.unwrap(), vec![Vec::new(); 10]);
    });
    let twice = [roots[4].clone(), roots[4].clone()];
    let (loaded, sent) = test.log().record(async { Root::LEAVES.load(db, &twice).await.unwrap() }).await;
    assert_eq!(loaded[0], loaded[1]);
    let filter = sent[0].body.get_document("filter").unwrap();
    assert_eq!(filter, &doc! { "root_id": { "$eq": 4_i64 } });
}

#[tokio::test]
async fn includes_of_links_have_their_join_documents() {
    let test = database().await;
    let db = test.db();
    let roots = forest(&test, 20).await;
    let loaded = assert_commands!(test, 4, {
        let links = Root::JOINED.order_by(Leaf::ID.desc()).links().with(Leaf::ROOT);
        Root::find_all().with(links).order_by(Root::ID.asc()).all(db).await.unwrap()
    });
    for (root, plain) in loaded.iter().zip(&roots) {
        let lazy = plain.joined().order_by(Leaf::ID.desc()).links(db).await.unwrap();
        let eager = root.related(Root::JOINED);
        assert_eq!(eager.len(), lazy.len());
        for (eager, lazy) in eager.iter().zip(&lazy) {
            assert_eq!((eager.target.id, &eager.link), (lazy.target.id, &lazy.link));
            assert_eq!(
                eager.target.related(Leaf::ROOT).map(|r| r.id),
                roots.iter().find(|r| r.id == lazy.root_id).map(|r| r.id)
            );
        }
    }
}

#[tokio::test]
async fn includes_and_loads_in_a_transaction() {
    let test = database().await;
    let db = test.db();
    let roots = forest(&test, 12).await;
    let inside = earnorm::transaction(db, async |tx| {
        let loaded = Root::find_all()
            .with(Root::LEAVES)
            .with(Root::JOINED)
            .with(Root::LISTED.count())
            .order_by(Root::ID.asc())
            .all(tx)
            .await?;
        let again = Root::HOLDERS.load(tx, &loaded).await?;
        Ok((loaded, again))
    });
    let (loaded, holders) = inside.await.unwrap();
    assert_eq!(holders.len(), 12);
    for (loaded, root) in loaded.iter().zip(&roots) {
        assert_eq!(loaded.related(Root::LEAVES).len() as u64, root.leaves().count(db).await.unwrap());
        assert_eq!(loaded.related(Root::JOINED).len() as u64, root.joined().count(db).await.unwrap());
        assert_eq!(loaded.count(Root::LISTED), root.listed().count(db).await.unwrap());
    }
}

#[tokio::test]
async fn a_child_that_cannot_be_decoded_is_an_error_and_a_missing_collection_is_empty() {
    let test = database().await;
    let db = test.db();
    let root = Root { id: 1, leaf_ids: vec![] }.insert(db).await.unwrap();
    let empty = Root::find_all().with(Root::LEAVES).with(Root::JOINED).one(db).await.unwrap();
    assert!(empty.related(Root::LEAVES).is_empty() && empty.related(Root::JOINED).is_empty());
    let raw = db.collection::<Document>("leaves");
    raw.insert_one(doc! { "_id": 9_i64, "rank": "high", "root_id": 1_i32, "root_ids": [] }).await.unwrap();
    let error = Root::LEAVES.load(db, &[root]).await.unwrap_err();
    assert_eq!(error.to_string().split(": ").nth(1), Some("`rank`"), "{error}");
}
