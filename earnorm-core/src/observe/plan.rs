//! Replies to `explain`.
//!
//! Their form depends on the version of the server, on its engine (`classic` or `SBE`), on whether a router sent the command
//! to shards, and on how much of a pipeline the engine runs. What isn't known here is left out.

use mongodb::bson::{Bson, Document};

use super::access::{Access, Shards};

/// What a reply says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) reads: Vec<Access>,
    pub(super) keys_examined: Option<u64>,
    pub(super) documents_examined: Option<u64>,
    pub(super) returned: Option<u64>,
    pub(super) shards: Shards,
}

impl Found {
    pub(super) fn of(collection: &str, reply: &Document) -> Self {
        let mut found = Self::default();
        let mut shards = Vec::new();
        found.reply(collection, reply, &mut shards);
        let is_known = reply.contains_key("queryPlanner") || reply.contains_key("stages");
        found.shards = match shards.len() {
            0 if is_known => Shards::Unsharded,
            0 => Shards::Unknown,
            1 => Shards::One(shards.remove(0)),
            _ => Shards::Several(shards),
        };
        found
    }

    /// The reply of a server, of a shard, or of the part of a pipeline that the engine runs.
    fn reply(&mut self, collection: &str, reply: &Document, shards: &mut Vec<String>) {
        // a pipeline that a router sent to shards
        if let Ok(of_shards) = reply.get_document("shards") {
            for (shard, reply) in of_shards {
                add_shard(shards, shard);
                if let Bson::Document(reply) = reply {
                    self.reply(collection, reply, &mut Vec::new());
                }
            }
        }
        for (number, stage) in documents(reply, "stages").enumerate() {
            self.stage(collection, stage, number == 0, shards);
        }
        if let Ok(planner) = reply.get_document("queryPlanner")
            && let Ok(plan) = planner.get_document("winningPlan")
        {
            self.plan(collection, plan, shards);
        }
        if let Ok(stats) = reply.get_document("executionStats") {
            self.numbers(stats);
            self.returned = sum(self.returned, number(stats, "nReturned"));
        }
    }

    /// A stage of a pipeline that the engine doesn't run as a part of the query.
    fn stage(&mut self, collection: &str, stage: &Document, is_first: bool, shards: &mut Vec<String>) {
        if let Ok(cursor) = stage.get_document("$cursor") {
            return self.reply(collection, cursor, shards);
        }
        if let Some(joined) = ["$lookup", "$graphLookup"].iter().find_map(|name| stage.get_document(name).ok())
            && let Some(from) = name_of(joined.get("from"))
        {
            self.numbers(stage);
            let scans = number(stage, "collectionScans").unwrap_or_default();
            if scans > 0 {
                self.read(Access::CollectionScan { collection: from.to_owned() });
            }
            for index in stage.get_array("indexesUsed").into_iter().flatten().filter_map(Bson::as_str) {
                self.read(Access::Index { collection: from.to_owned(), index: index.to_owned() });
            }
        }
        if let Ok(union) = stage.get_document("$unionWith") {
            let from = name_of(union.get("coll")).unwrap_or(collection);
            for (number, stage) in documents(union, "pipeline").enumerate() {
                self.stage(from, stage, number == 0, &mut Vec::new());
            }
        }
        // the last stage counts
        self.returned = match number(stage, "nReturned") {
            None if is_first => self.returned,
            number => number,
        };
    }

    /// A node of the plan of a query.
    fn plan(&mut self, collection: &str, plan: &Document, shards: &mut Vec<String>) {
        // SBE
        if let Ok(plan) = plan.get_document("queryPlan") {
            return self.plan(collection, plan, shards);
        }
        for shard in documents(plan, "shards") {
            if let Ok(name) = shard.get_str("shardName") {
                add_shard(shards, name);
            }
            if let Ok(plan) = shard.get_document("winningPlan") {
                self.plan(collection, plan, &mut Vec::new());
            }
        }
        let index = plan.get_str("indexName").ok();
        let collection_of_node = || collection.to_owned();
        match plan.get_str("stage").unwrap_or_default() {
            "COLLSCAN" => self.read(Access::CollectionScan { collection: collection_of_node() }),
            "EOF" => self.read(Access::Nothing { collection: collection_of_node() }),
            "IDHACK" | "CLUSTERED_IXSCAN" | "EXPRESS_CLUSTERED_IXSCAN" => {
                self.read(Access::Index {
                    collection: collection_of_node(),
                    index: index.unwrap_or("_id_").to_owned(),
                });
            }
            "EQ_LOOKUP" | "EQ_LOOKUP_UNWIND" => self.equality_join(plan),
            // IXSCAN, EXPRESS_IXSCAN, DISTINCT_SCAN, COUNT_SCAN, TEXT_MATCH, GEO_NEAR_2DSPHERE, ..
            _ => {
                if let Some(index) = index {
                    self.read(Access::Index { collection: collection_of_node(), index: index.to_owned() });
                }
            }
        }
        for input in ["inputStage", "outerStage", "innerStage", "thenStage", "elseStage"] {
            if let Ok(input) = plan.get_document(input) {
                self.plan(collection, input, shards);
            }
        }
        for input in documents(plan, "inputStages") {
            self.plan(collection, input, shards);
        }
    }

    /// A `$lookup` that SBE runs.
    fn equality_join(&mut self, plan: &Document) {
        let Ok(namespace) = plan.get_str("foreignCollection") else { return };
        let collection = namespace.split_once('.').map_or(namespace, |(_, name)| name).to_owned();
        let access = match (plan.get_str("strategy"), plan.get_str("indexName")) {
            (_, Ok(index)) => Access::Index { collection, index: index.to_owned() },
            (Ok("NonExistentForeignCollection"), _) => Access::Nothing { collection },
            (Ok("NestedLoopJoin" | "HashJoin"), _) => Access::CollectionScan { collection },
            _ => return,
        };
        self.read(access);
    }

    /// Each once: shards, and branches of an `$or`, often read in the same way.
    fn read(&mut self, access: Access) {
        if !self.reads.contains(&access) {
            self.reads.push(access);
        }
    }

    fn numbers(&mut self, stats: &Document) {
        self.keys_examined = sum(self.keys_examined, number(stats, "totalKeysExamined"));
        self.documents_examined = sum(self.documents_examined, number(stats, "totalDocsExamined"));
    }
}

fn add_shard(shards: &mut Vec<String>, name: &str) {
    if !shards.iter().any(|shard| shard == name) {
        shards.push(name.to_owned());
    }
}

/// The documents in an array.
fn documents<'d>(document: &'d Document, name: &str) -> impl Iterator<Item = &'d Document> {
    document.get_array(name).into_iter().flatten().filter_map(Bson::as_document)
}

/// The name of a collection, which can be in a document with that of the database.
fn name_of(collection: Option<&Bson>) -> Option<&str> {
    match collection? {
        Bson::String(name) => Some(name),
        Bson::Document(namespace) => namespace.get_str("coll").ok(),
        _ => None,
    }
}

fn sum(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

fn number(document: &Document, name: &str) -> Option<u64> {
    match document.get(name)? {
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Int64(number) => u64::try_from(*number).ok(),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count is a whole number")]
        Bson::Double(number) if *number >= 0.0 => Some(*number as u64),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
