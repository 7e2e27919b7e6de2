//! Views of models whose keys aren't stored like the ids that they refer to: only the model can convert them.

use earnorm::prelude::*;
use earnorm_tests::{STRATEGIES, database};

/// Stores 3 as `"k3"`.
mod coded {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(super) fn serialize<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("k{id}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        String::deserialize(deserializer)?.trim_start_matches('k').parse().map_err(de::Error::custom)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Leaf, fk = branch_id)]
#[relation(many_to_many, name = "friends", target = Leaf, through = Tie)]
struct Branch {
    #[serde(rename = "_id")]
    id: i64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Leaf {
    #[serde(rename = "_id", with = "coded")]
    id: i64,
    name: String,
    #[relation(many_to_one, target = Branch)]
    #[serde(with = "coded")]
    branch_id: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Tie {
    #[serde(rename = "_id")]
    id: i64,
    #[serde(with = "coded")]
    branch_id: i64,
    leaf_id: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Branch)]
struct BranchName {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Leaf)]
struct LeafName {
    name: String,
    #[serde(with = "coded")]
    branch_id: i64,
}

#[tokio::test]
async fn keys_with_encoders_are_found() {
    let test = database().await;
    let db = test.db();
    let branches: Vec<_> = (1..=3).map(|id| Branch { id, name: format!("branch {id}") }).collect();
    let leaves: Vec<_> = (1..=6).map(|id| Leaf { id, name: format!("leaf {id}"), branch_id: 1 + id % 2 }).collect();
    let ties: Vec<_> = (1..=4).map(|id| Tie { id, branch_id: 1 + id % 3, leaf_id: id }).collect();
    Branch::insert_many(db, &branches).await.unwrap();
    Leaf::insert_many(db, &leaves).await.unwrap();
    Tie::insert_many(db, &ties).await.unwrap();
    for strategy in STRATEGIES {
        let sorted = Branch::find_all().order_by(Branch::ID.asc()).strategy(strategy);
        let leaves = || Branch::LEAVES.order_by(Leaf::NAME.asc());
        let friends = || Branch::FRIENDS.order_by(Leaf::NAME.asc());
        let whole = sorted.clone().with(leaves().with(Leaf::BRANCH)).with(friends()).all(db).await.unwrap();
        let below = leaves().view::<LeafName>().with(Leaf::BRANCH.view::<BranchName>());
        let query = sorted.view::<BranchName>().with(below).with(friends().view::<LeafName>());
        let viewed = query.all(db).await.unwrap();
        assert_eq!(viewed.len(), 3);
        for (whole, viewed) in whole.iter().zip(&viewed) {
            assert_eq!(whole.name, viewed.name);
            let names = |leaves: &[LeafName]| leaves.iter().map(|leaf| leaf.name.clone()).collect::<Vec<_>>();
            let of: Vec<_> = whole.related(Branch::LEAVES).iter().map(|leaf| leaf.name.clone()).collect();
            let seen: Vec<_> = viewed.related(Branch::LEAVES).iter().map(|leaf| leaf.name.clone()).collect();
            assert_eq!(of, seen, "{strategy:?}");
            for leaf in viewed.related(Branch::LEAVES) {
                let branch = leaf.related(Leaf::BRANCH).unwrap();
                assert_eq!(branch.name, format!("branch {}", leaf.branch_id));
            }
            let of: Vec<_> = whole.related(Branch::FRIENDS).iter().map(|leaf| leaf.name.clone()).collect();
            assert_eq!(of, names(viewed.related(Branch::FRIENDS)), "{strategy:?}");
        }
    }
}
