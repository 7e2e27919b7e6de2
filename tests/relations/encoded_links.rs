//! Many-to-many through a join model whose keys have another encoder than the ids they refer to.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

/// Stores 3 as `"k3"`, which can't be read as a number.
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

macro_rules! suite {
    ($name:ident, [$($id:tt)*], [$($key:tt)*]) => {
        mod $name {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
            struct Parent {
                #[serde(rename = "_id")]
                $($id)*
                id: i64,
                rank: i64,
            }

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
            #[relation(many_to_many, target = "Parent", through = "Link", fk = "label_id")]
            struct Label {
                #[serde(rename = "_id")]
                id: i32,
            }

            #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
            struct Link {
                #[serde(rename = "_id")]
                id: Option<ObjectId>,
                $($key)*
                parent_id: i64,
                label_id: i32,
                #[serde(default)]
                weight: i64,
            }

            /// Label 1 has parents 1 to 4, of which 4 doesn't exist; label 2 has parent 2, with two links.
            async fn labels(db: &earnorm::mongodb::Database) -> Vec<Label> {
                let parents: Vec<_> = (1..=5).map(|id| Parent { id, rank: 10 - id }).collect();
                let labels: Vec<_> = (1..=3).map(|id| Label { id }).collect();
                Parent::insert_many(db, &parents).await.unwrap();
                Label::insert_many(db, &labels).await.unwrap();
                labels[0].parents().add_many(db, &parents[..4]).await.unwrap();
                Parent::find(Parent::ID.eq(4)).delete_plain(db).await;
                let twice = Link { parent_id: 2, label_id: 2, weight: 7, ..Link::default() };
                Link::insert_many(db, &[twice.clone(), Link { weight: 8, ..twice }]).await.unwrap();
                labels
            }

            /// A delete that keeps the links.
            trait DeletePlain {
                async fn delete_plain(self, db: &earnorm::mongodb::Database);
            }

            impl DeletePlain for earnorm::Query<Parent> {
                async fn delete_plain(self, db: &earnorm::mongodb::Database) {
                    let filter = self.to_query().unwrap().filter;
                    assert_eq!(Parent::collection(db).delete_many(filter).await.unwrap().deleted_count, 1);
                }
            }

            fn ids<'a>(parents: impl IntoIterator<Item = &'a Parent>) -> Vec<i64> {
                parents.into_iter().map(|parent| parent.id).collect()
            }

            #[tokio::test]
            async fn handles_find_encoded_keys() {
                let test = database().await;
                let (labels, db) = (labels(test.db()).await, test.db());
                let parents = || labels[0].parents().order_by(Parent::RANK.asc());
                assert_eq!(ids(&assert_commands!(test, 2, parents().all(db).await.unwrap())), [3, 2, 1]);
                assert_eq!(assert_commands!(test, 2, labels[0].parents().count(db).await.unwrap()), 3);
                assert_eq!(labels[1].parents().count(db).await.unwrap(), 1);
                assert_eq!(assert_commands!(test, 1, labels[2].parents().count(db).await.unwrap()), 0);
                assert_eq!(ids(&parents().skip(1).limit(1).all(db).await.unwrap()), [2]);
                assert_eq!(parents().first(db).await.unwrap().map(|parent| parent.id), Some(3));
                let page = parents().page(db, 2, 2).await.unwrap();
                assert_eq!((ids(&page.items), page.total), (vec![1], 3));
                let links = parents().limit(2).links(db).await.unwrap();
                assert_eq!(ids(links.iter().map(|linked| &linked.target)), [3, 2]);
                assert_eq!(labels[1].parents().update_all(db, Parent::RANK.set(0)).await.unwrap(), 1);
                assert_eq!(Parent::get(db, 2).await.unwrap().unwrap().rank, 0);
                assert_eq!(labels[1].parents().delete_all(db).await.unwrap().deleted_of::<Parent>(), 1);
                assert_eq!(ids(&parents().all(db).await.unwrap()), [3, 1]);
            }

            #[tokio::test]
            async fn includes_find_encoded_keys() {
                let test = database().await;
                let _ = labels(test.db()).await;
                let db = test.db();
                for strategy in STRATEGIES {
                    let all = || Label::find_all().order_by(Label::ID.asc()).strategy(strategy);
                    let ordered = || Label::PARENTS.order_by(Parent::RANK.asc());
                    let rows = assert_commands!(test, 3, all().with(ordered()).all(db).await.unwrap());
                    let each = rows.iter().map(|row| ids(row.related(Label::PARENTS))).collect::<Vec<_>>();
                    assert_eq!(each, [vec![3, 2, 1], vec![2], vec![]]);

                    let window = || ordered().skip(1).limit(1);
                    let rows = assert_commands!(test, 3, all().with(window()).all(db).await.unwrap());
                    let each = rows.iter().map(|row| ids(row.related(Label::PARENTS))).collect::<Vec<_>>();
                    assert_eq!(each, [vec![2], vec![], vec![]]);

                    let of_one = || Label::find(Label::ID.eq(1)).strategy(strategy).with(ordered().limit(2));
                    let rows = assert_commands!(test, 3, of_one().all(db).await.unwrap());
                    assert_eq!(ids(rows[0].related(Label::PARENTS)), [3, 2]);

                    let rows = assert_commands!(test, 3, all().with(ordered().limit(1).links()).all(db).await.unwrap());
                    let linked = rows.iter().flat_map(|row| row.related(Label::PARENTS));
                    let linked = linked.map(|linked| (linked.id, linked.link.parent_id, linked.link.weight));
                    assert_eq!(linked.collect::<Vec<_>>(), [(3, 3, 0), (2, 2, 7)]);

                    let counts = Label::PARENTS.filter(Parent::ID.ne(1)).count();
                    let rows = assert_commands!(test, 3, all().with(counts).all(db).await.unwrap());
                    let counts = rows.iter().map(|row| row.count(Label::PARENTS)).collect::<Vec<_>>();
                    assert_eq!(counts, [2, 1, 0]);
                }
            }
        }
    };
}
suite!(ids_coded, [#[serde(with = "coded")]], []);
suite!(keys_coded, [], [#[serde(with = "coded")]]);
suite!(both_coded, [#[serde(with = "coded")]], [#[serde(with = "coded")]]);
