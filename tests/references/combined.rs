//! References together with guards, checked writes, hooks, orphan removal, streams and transactions. A desk and a shelf have
//! equal ids throughout.

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::{STRATEGIES, count, database, document, documents};

use crate::models::insert_all;

mod models {
    use earnorm::prelude::*;
    use earnorm::{Error, Result};

    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
    #[serde(tag = "kind", content = "of")]
    pub(super) enum Owner {
        Desk(i32),
        Shelf(i32),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(guard = "rev")]
    #[relation(one_to_many, target = Thing, fk = owner, orphan_removal)]
    pub(super) struct Desk {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) rev: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(guard = "rev")]
    #[relation(one_to_many, target = Thing, fk = owner, on_delete = "set_null")]
    pub(super) struct Shelf {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        pub(super) rev: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Label {
        #[relation(many_to_one)]
        pub(super) of: Owner,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(hooks, check_references)]
    pub(super) struct Thing {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[relation(many_to_one)]
        pub(super) owner: Option<Owner>,
        #[model(embedded)]
        pub(super) labels: Vec<Label>,
    }

    /// What the hook of a thing writes.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Deletion {
        #[serde(rename = "_id")]
        pub(super) id: i32,
    }

    impl Hooks for Thing {
        async fn before_delete(&self, cx: &HookContext<'_>) -> Result<()> {
            if self.id == 13 {
                return Err(Error::other("kept"));
            }
            Deletion { id: self.id }.insert(cx).await.map(drop)
        }
    }
}
use models::{Deletion, Desk, Label, Owner, OwnerDocument, Shelf, Thing};

fn desk(id: i32) -> Desk {
    Desk { id, rev: 0 }
}

fn shelf(id: i32) -> Shelf {
    Shelf { id, rev: 0 }
}

fn thing(id: i32, owner: impl Into<Option<Owner>>) -> Thing {
    Thing { id, owner: owner.into(), labels: vec![Label { of: Owner::Desk(1) }, Label { of: Owner::Shelf(1) }] }
}

/// Desk 1 and shelf 1, with things 1 and 2, and 3 and 4.
async fn office(db: &Database) {
    insert_all(db, vec![desk(1)]).await;
    insert_all(db, vec![shelf(1)]).await;
    let owners = [Owner::Desk(1), Owner::Desk(1), Owner::Shelf(1), Owner::Shelf(1)];
    insert_all(db, (1..).zip(owners).map(|(id, owner)| thing(id, owner)).collect()).await;
}

async fn ids(db: &Database) -> Vec<i32> {
    documents(db, "things").await.iter().map(|thing| thing.get_i32("_id").unwrap()).collect()
}

#[tokio::test]
async fn orphans_are_removed_by_the_model_that_owns_them() {
    let test = database().await;
    let db = test.db();
    office(db).await;
    let of = async |id| Thing::get(db, id).await.unwrap().unwrap();
    // a desk deletes what leaves it, a shelf doesn't
    assert!(of(3).await.owner().clear(db).await.unwrap());
    assert_eq!(of(3).await.owner, None);
    assert!(of(1).await.owner().clear(db).await.unwrap());
    assert_eq!(ids(db).await, [2, 3, 4]);
    assert!(shelf(1).things().remove(db, &of(4).await).await.unwrap());
    assert!(!shelf(1).things().remove(db, &of(2).await).await.unwrap());
    assert!(desk(1).things().remove(db, &of(2).await).await.unwrap());
    assert_eq!(ids(db).await, [3, 4]);
    // it belongs to a shelf by now, so the desk that it is known to have is no reason to delete it
    let stale = Thing { owner: Some(Owner::Desk(1)), ..of(4).await };
    of(4).await.owner().set(db, &shelf(1)).await.unwrap();
    assert!(!stale.owner().clear(db).await.unwrap());
    assert_eq!(of(4).await.owner, Some(Owner::Shelf(1)));
}

#[tokio::test]
async fn checked_writes_ask_the_model_of_the_tag() {
    let test = database().await;
    let db = test.db();
    office(db).await;
    insert_all(db, vec![desk(9)]).await;
    let revs = async || {
        let rev = async |collection| document(db, collection, 1).await.get_i64("rev").unwrap();
        (rev("desks").await, rev("shelves").await)
    };
    // each checked write increments the guard of what it refers to
    let before = revs().await;
    let mut labelled = thing(10, Owner::Shelf(1));
    labelled.labels = vec![];
    labelled.insert(db).await.unwrap();
    assert_eq!(revs().await, (before.0, before.1 + 1));
    Thing::get(db, 10).await.unwrap().unwrap().owner().set(db, &desk(1)).await.unwrap();
    assert_eq!(revs().await, (before.0 + 1, before.1 + 1));
    let refused = thing(11, Owner::Shelf(9)).insert(db).await;
    assert!(matches!(refused, Err(Error::MissingReference { field: "owner.of", .. })), "{refused:?}");
    let refused = Thing::get(db, 10).await.unwrap().unwrap().owner().set(db, &shelf(9)).await;
    assert!(matches!(refused, Err(Error::MissingReference { field: "owner.of", .. })), "{refused:?}");
    assert_eq!(Thing::get(db, 10).await.unwrap().unwrap().owner, Some(Owner::Desk(1)));
    let refused = Thing { labels: vec![Label { of: Owner::Shelf(9) }], ..thing(12, None) }.insert(db).await;
    assert!(matches!(refused, Err(Error::MissingReference { field: "labels.of.of", .. })), "{refused:?}");
}

#[tokio::test]
async fn hooks_run_for_what_a_reference_cascades_to() {
    let test = database().await;
    let db = test.db();
    office(db).await;
    let plan = Desk::find_all().plan_delete(db).await.unwrap();
    plan.execute_in_batches(db, |_| {}).await.unwrap();
    assert_eq!(ids(db).await, [3, 4]);
    assert_eq!(Deletion::get_many(db, [1, 2, 3, 4]).await.unwrap(), [Deletion { id: 1 }, Deletion { id: 2 }]);
    // a hook that fails stops the delete
    insert_all(db, vec![desk(2)]).await;
    Thing { labels: vec![], ..thing(13, Owner::Desk(2)) }.insert(db).await.unwrap();
    let failed = desk(2).delete(db).await;
    assert!(matches!(failed, Err(Error::Hook { .. })), "{failed:?}");
    assert_eq!((count::<Desk>(db).await, ids(db).await), (1, vec![3, 4, 13]));
}

#[tokio::test]
async fn a_transaction_that_fails_changes_no_reference() {
    let test = database().await;
    let db = test.db();
    office(db).await;
    let before = documents(db, "things").await;
    let failed: earnorm::Result<()> = earnorm::transaction(db, async |tx| {
        let first = Thing::find(Thing::OWNER.is(&Owner::Desk(1))).first(tx).await?.unwrap();
        first.owner().set(tx, &shelf(1)).await?;
        assert_eq!(shelf(1).things().count(tx).await?, 3);
        desk(1).things().clear(tx).await?;
        Err(Error::other("changed my mind"))
    })
    .await;
    assert!(failed.is_err());
    assert_eq!(documents(db, "things").await, before);
}

#[tokio::test]
async fn a_stream_in_a_transaction_loads_references_of_elements() {
    let test = database().await;
    let db = test.db();
    office(db).await;
    for strategy in STRATEGIES {
        let shown = earnorm::transaction(db, async |tx| {
            let query = Thing::find(Thing::OWNER.of(Owner::DESK).any())
                .with(Thing::LABELS.with(Label::OF))
                .with(Thing::OWNER)
                .order_by(Thing::ID.asc())
                .strategy(strategy);
            let (mut rows, mut shown) = (query.stream(tx), Vec::new());
            while let Some(row) = rows.next().await {
                let row = row?;
                let of = |document| match document {
                    Some(OwnerDocument::Desk(_)) => "desk",
                    Some(OwnerDocument::Shelf(_)) => "shelf",
                    None => "nothing",
                };
                let owner: Option<OwnerDocument<&Desk, &Shelf>> = row.related(Thing::OWNER);
                let labels = row.related(Thing::LABELS).iter().map(|label| of(label.related(Label::OF)));
                shown.push((row.id, of(owner), labels.collect::<Vec<_>>()));
            }
            Ok::<_, Error>(shown)
        })
        .await
        .unwrap();
        assert_eq!(shown, [(1, "desk", vec!["desk", "shelf"]), (2, "desk", vec!["desk", "shelf"])]);
    }
}

#[tokio::test]
async fn a_server_without_transactions_deletes_by_references() {
    let (test, _proxy) = TestDb::standalone().await.unwrap();
    let db = test.db();
    office(db).await;
    let report = desk(1).delete(db).await.unwrap();
    assert_eq!((report.to_string(), report.in_transaction()), ("1 desk, 2 things deleted".to_owned(), false));
    assert_eq!(shelf(1).delete(db).await.unwrap().to_string(), "1 shelf deleted; 2 things unlinked");
    assert_eq!(document(db, "things", 3).await.get("owner"), Some(&earnorm::mongodb::bson::Bson::Null));
}
