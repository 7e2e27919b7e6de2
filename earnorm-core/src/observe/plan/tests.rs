//! Replies in the forms of MongoDB 6 to 8, without the parts that aren't read.

use mongodb::bson::{Document, doc};

use super::super::access::{Access, Shards};
use super::super::explain::ExplainedCommand;
use super::Found;

fn index(collection: &str, index: &str) -> Access {
    Access::Index { collection: collection.to_owned(), index: index.to_owned() }
}

fn scan(collection: &str) -> Access {
    Access::CollectionScan { collection: collection.to_owned() }
}

fn stats(returned: i32, keys: i32, documents: i32) -> Document {
    doc! { "executionSuccess": true, "nReturned": returned, "totalKeysExamined": keys, "totalDocsExamined": documents, "executionStages": {} }
}

fn found(reads: &[Access], returned: u64, keys: u64, documents: u64, shards: Shards) -> Found {
    Found {
        reads: reads.to_vec(),
        keys_examined: Some(keys),
        documents_examined: Some(documents),
        returned: Some(returned),
        shards,
    }
}

#[test]
fn a_find_of_the_classic_engine() {
    let plan = doc! { "stage": "FETCH", "filter": {}, "inputStage": { "stage": "IXSCAN", "keyPattern": { "age": 1 }, "indexName": "age_1" } };
    let reply = doc! { "explainVersion": "1", "queryPlanner": { "winningPlan": plan, "rejectedPlans": [{ "stage": "COLLSCAN" }] }, "executionStats": stats(3, 4, 4) };
    assert_eq!(Found::of("users", &reply), found(&[index("users", "age_1")], 3, 4, 4, Shards::Unsharded));
    let reply = doc! { "queryPlanner": { "winningPlan": { "stage": "COLLSCAN", "direction": "forward" } }, "executionStats": stats(1, 0, 50) };
    assert_eq!(Found::of("users", &reply), found(&[scan("users")], 1, 0, 50, Shards::Unsharded));
}

#[test]
fn a_find_of_the_slot_based_engine() {
    let plan = doc! { "stage": "FETCH", "planNodeId": 2, "inputStage": { "stage": "IXSCAN", "planNodeId": 1, "indexName": "age_1" } };
    let winning = doc! { "isCached": false, "queryPlan": plan, "slotBasedPlan": { "slots": "..", "stages": ".." } };
    let reply =
        doc! { "explainVersion": "2", "queryPlanner": { "winningPlan": winning }, "executionStats": stats(3, 3, 3) };
    assert_eq!(Found::of("users", &reply), found(&[index("users", "age_1")], 3, 3, 3, Shards::Unsharded));
}

#[test]
fn plans_by_id_and_of_missing_collections() {
    let of = |plan: Document| Found::of("users", &doc! { "queryPlanner": { "winningPlan": plan } }).reads;
    assert_eq!(of(doc! { "stage": "IDHACK" }), [index("users", "_id_")]);
    assert_eq!(of(doc! { "stage": "EXPRESS_IXSCAN", "indexName": "_id_" }), [index("users", "_id_")]);
    assert_eq!(of(doc! { "stage": "EXPRESS_CLUSTERED_IXSCAN" }), [index("users", "_id_")]);
    assert_eq!(of(doc! { "stage": "EOF" }), [Access::Nothing { collection: "users".to_owned() }]);
    let branches = [doc! { "stage": "IXSCAN", "indexName": "a_1" }, doc! { "stage": "IXSCAN", "indexName": "b_1" }];
    let or = doc! { "stage": "SUBPLAN", "inputStage": { "stage": "FETCH", "inputStage": { "stage": "OR", "inputStages": branches.to_vec() } } };
    assert_eq!(of(or), [index("users", "a_1"), index("users", "b_1")]);
}

#[test]
fn a_pipeline_whose_lookup_runs_outside_of_the_engine() {
    let cursor =
        doc! { "queryPlanner": { "winningPlan": { "stage": "COLLSCAN" } }, "executionStats": stats(10, 0, 10) };
    let lookup = |used: &[&str], scans: i64| {
        doc! {
            "$lookup": { "from": "posts", "as": "posts", "localField": "_id", "foreignField": "author_id", "pipeline": [] },
            "totalDocsExamined": 40_i64, "totalKeysExamined": 30_i64, "collectionScans": scans, "indexesUsed": used.to_vec(),
            "nReturned": 9_i64, "executionTimeMillisEstimate": 1_i64,
        }
    };
    let reply = |lookup: Document| doc! { "stages": [{ "$cursor": cursor.clone(), "nReturned": 10_i64 }, lookup, { "$project": {}, "nReturned": 8_i64 }] };
    let used = Found::of("users", &reply(lookup(&["author_id_1"], 0)));
    assert_eq!(used, found(&[scan("users"), index("posts", "author_id_1")], 8, 30, 50, Shards::Unsharded));
    let scanned = Found::of("users", &reply(lookup(&[], 10)));
    assert_eq!(scanned.reads, [scan("users"), scan("posts")]);
    let other =
        doc! { "$lookup": { "from": { "db": "a", "coll": "posts" } }, "collectionScans": 1_i64, "indexesUsed": [] };
    assert_eq!(Found::of("users", &reply(other)).reads, [scan("users"), scan("posts")]);
}

#[test]
fn a_pipeline_whose_lookup_the_slot_based_engine_runs() {
    let reply = |join: Document| {
        let mut plan = doc! { "stage": "EQ_LOOKUP", "foreignCollection": "shop.old.posts", "localField": "_id", "foreignField": "author_id", "asField": "posts", "inputStage": { "stage": "COLLSCAN" } };
        plan.extend(join);
        doc! { "explainVersion": "2", "queryPlanner": { "winningPlan": { "queryPlan": plan, "slotBasedPlan": {} } }, "executionStats": stats(5, 5, 10) }
    };
    let indexed = reply(doc! { "strategy": "IndexedLoopJoin", "indexName": "author_id_1" });
    let expected = found(&[index("old.posts", "author_id_1"), scan("users")], 5, 5, 10, Shards::Unsharded);
    assert_eq!(Found::of("users", &indexed), expected);
    for strategy in ["NestedLoopJoin", "HashJoin"] {
        let reads = Found::of("users", &reply(doc! { "strategy": strategy })).reads;
        assert_eq!(reads, [scan("old.posts"), scan("users")]);
    }
}

#[test]
fn a_find_through_a_router() {
    let shard = |name: &str| doc! { "shardName": name, "connectionString": "..", "winningPlan": { "stage": "FETCH", "inputStage": { "stage": "IXSCAN", "indexName": "age_1" } } };
    let reply = |stage: &str, shards: &[&str]| {
        let shards: Vec<Document> = shards.iter().map(|name| shard(name)).collect();
        doc! { "queryPlanner": { "winningPlan": { "stage": stage, "shards": shards } }, "executionStats": stats(6, 7, 6) }
    };
    let one = Found::of("users", &reply("SINGLE_SHARD", &["a"]));
    assert_eq!(one, found(&[index("users", "age_1")], 6, 7, 6, Shards::One("a".to_owned())));
    assert_eq!(one.shards.is_targeted(), Some(true));
    let several = Found::of("users", &reply("SHARD_MERGE", &["a", "b"]));
    assert_eq!(several.shards, Shards::Several(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!((several.shards.is_targeted(), several.reads), (Some(false), vec![index("users", "age_1")]));
}

#[test]
fn a_pipeline_through_a_router() {
    let pushed_down = doc! { "host": "..", "queryPlanner": { "winningPlan": { "queryPlan": { "stage": "COLLSCAN" } } }, "executionStats": stats(2, 0, 10) };
    let with_stages = doc! { "host": "..", "stages": [{ "$cursor": { "queryPlanner": { "winningPlan": { "stage": "COLLSCAN" } }, "executionStats": stats(3, 0, 20) } }] };
    let reply = doc! { "mergeType": "mongos", "splitPipeline": { "shardsPart": [], "mergerPart": [] }, "shards": { "a": pushed_down.clone(), "b": with_stages } };
    let shards = Shards::Several(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(Found::of("users", &reply), found(&[scan("users")], 5, 0, 30, shards));
    let reply = doc! { "splitPipeline": null, "shards": { "a": pushed_down } };
    assert_eq!(Found::of("users", &reply), found(&[scan("users")], 2, 0, 10, Shards::One("a".to_owned())));
}

#[test]
fn what_is_missing_is_unknown() {
    assert_eq!(Found::of("users", &doc! { "ok": 1 }), Found::default());
    let partial = doc! { "queryPlanner": { "winningPlan": { "stage": "SOMETHING_NEW" } }, "executionStats": { "nReturned": 2.0 } };
    let found = Found::of("users", &partial);
    assert_eq!((found.returned, found.documents_examined, found.reads.len()), (Some(2), None, 0));
    let strange = doc! { "queryPlanner": 3, "stages": [1, "a"], "shards": [], "executionStats": [] };
    assert_eq!(Found::of("users", &strange).reads, []);
}

#[test]
fn explanations_are_printed() {
    let plan = doc! { "queryPlanner": { "winningPlan": { "stage": "IXSCAN", "indexName": "age_1" } }, "executionStats": stats(3, 4, 4) };
    let explained = ExplainedCommand::new("find", "users", Ok(&plan));
    assert_eq!(explained.to_string(), "find users: index `age_1`; documents examined: 4, returned: 3");
    let unknown = ExplainedCommand::new("find", "users", Ok(&doc! {}));
    assert_eq!(
        unknown.to_string(),
        "find users: unknown access; documents examined: unknown, returned: unknown; shards: unknown"
    );
    let refused = ExplainedCommand::new("aggregate", "users", Err("no such command".to_owned()));
    assert_eq!(refused.to_string(), "aggregate users: unknown (no such command)");
}
