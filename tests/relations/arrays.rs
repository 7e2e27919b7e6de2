//! Many-to-many by an array of ids, from both sides.

use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Member {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_many, target = "Club", back_populates = "members")]
    club_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Member", target_ids = "club_ids", back_populates = "clubs")]
struct Club {
    #[serde(rename = "_id")]
    id: i64,
    name: String,
}

fn club(id: i64, name: &str) -> Club {
    Club { id, name: name.to_owned() }
}

/// Clubs 1 to 4, named in descending order. The member has clubs 3, 1 and 77, which doesn't exist.
async fn member(test: &TestDb) -> (Member, Vec<Club>) {
    let clubs = vec![club(1, "d"), club(2, "c"), club(3, "b"), club(4, "a")];
    Club::insert_many(test.db(), &clubs).await.unwrap();
    let member = Member { id: 1, club_ids: vec![3, 1, 77, 3] };
    (member.insert(test.db()).await.unwrap(), clubs)
}

fn ids(clubs: &[Club]) -> Vec<i64> {
    clubs.iter().map(|club| club.id).collect()
}

async fn stored(test: &TestDb) -> Vec<i64> {
    Member::get(test.db(), 1).await.unwrap().unwrap().club_ids
}

#[tokio::test]
async fn results_are_in_array_order_without_dangling_ids() {
    let test = database().await;
    let ((member, _), db) = (member(&test).await, test.db());
    assert_eq!(ids(&assert_commands!(test, 1, { member.clubs().all(db).await.unwrap() })), [3, 1]);
    assert_eq!(assert_commands!(test, 1, { member.clubs().count(db).await.unwrap() }), 2);
    assert!(assert_commands!(test, 1, { member.clubs().exists(db).await.unwrap() }));
    assert_eq!(member.clubs().first(db).await.unwrap().unwrap().id, 3);
    assert_eq!(ids(&member.clubs().skip(1).all(db).await.unwrap()), [1]);
    assert_eq!(ids(&member.clubs().limit(1).all(db).await.unwrap()), [3]);
    assert_eq!(member.clubs().skip(1).count(db).await.unwrap(), 1);
    let page = member.clubs().page(db, 2, 1).await.unwrap();
    assert_eq!((ids(&page.items), page.total), (vec![1], 2));
    let mut rows = member.clubs().stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap().id, 3);
    assert_eq!(rows.next().await.unwrap().unwrap().id, 1);
    assert!(rows.next().await.is_none());
    assert_eq!(stored(&test).await, [3, 1, 77, 3], "reading changes nothing");
}

#[tokio::test]
async fn an_explicit_order_overrides_the_array_order() {
    let test = database().await;
    let ((member, _), db) = (member(&test).await, test.db());
    assert_eq!(ids(&member.clubs().order_by(Club::ID.asc()).all(db).await.unwrap()), [1, 3]);
    let by_name = member.clubs().order_by(Club::NAME.desc()).limit(1);
    assert_eq!(ids(&by_name.all(db).await.unwrap()), [1]);
    assert_eq!(ids(&member.clubs().filter(Club::NAME.eq("b")).all(db).await.unwrap()), [3]);
}

#[tokio::test]
async fn an_empty_array_sends_no_command() {
    let test = database().await;
    let db = test.db();
    let member = Member { id: 2, club_ids: vec![] };
    assert_commands!(test, 0, {
        assert!(member.clubs().all(db).await.unwrap().is_empty());
        assert_eq!(member.clubs().count(db).await.unwrap(), 0);
        assert_eq!(member.clubs().first(db).await.unwrap(), None);
    });
}

#[tokio::test]
async fn writes_change_the_stored_array() {
    let test = database().await;
    let ((member, clubs), db) = (member(&test).await, test.db());
    assert!(assert_commands!(test, 1, { member.clubs().add(db, &clubs[3]).await.unwrap() }));
    assert!(!assert_commands!(test, 1, { member.clubs().add(db, &clubs[3]).await.unwrap() }));
    assert_eq!(stored(&test).await, [3, 1, 77, 3, 4]);
    assert!(assert_commands!(test, 1, { member.clubs().remove(db, &clubs[2]).await.unwrap() }));
    assert!(!member.clubs().remove(db, &clubs[2]).await.unwrap());
    assert_eq!(stored(&test).await, [1, 77, 4]);
    let two = [&clubs[2], &clubs[1], &clubs[2]];
    assert_commands!(test, 1, { member.clubs().set(db, two).await.unwrap() });
    assert_eq!(stored(&test).await, [3, 2]);
    assert!(assert_commands!(test, 1, { member.clubs().add_many(db, &clubs).await.unwrap() }));
    assert_eq!(stored(&test).await, [3, 2, 1, 4]);
    assert_commands!(test, 2, { member.clubs().create(db, club(9, "new")).await.unwrap() });
    assert_eq!(stored(&test).await, [3, 2, 1, 4, 9]);
    assert!(assert_commands!(test, 1, { member.clubs().clear(db).await.unwrap() }));
    assert_eq!(stored(&test).await, Vec::<i64>::new());
    let gone = Member { id: 5, club_ids: vec![] };
    let error = gone.clubs().add(db, &clubs[0]).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { model: "Member" }), "{error}");
}

#[tokio::test]
async fn the_other_side_reads_and_writes_with_one_command() {
    let test = database().await;
    let ((member, clubs), db) = (member(&test).await, test.db());
    let members = assert_commands!(test, 1, { clubs[2].members().all(db).await.unwrap() });
    assert_eq!(members, std::slice::from_ref(&member));
    assert_eq!(assert_commands!(test, 1, { clubs[1].members().count(db).await.unwrap() }), 0);
    assert!(assert_commands!(test, 1, { clubs[1].members().add(db, &member).await.unwrap() }));
    assert!(!clubs[1].members().add(db, &member).await.unwrap());
    assert_eq!(stored(&test).await, [3, 1, 77, 3, 2]);
    assert!(assert_commands!(test, 1, { clubs[2].members().remove(db, &member).await.unwrap() }));
    assert_eq!(stored(&test).await, [1, 77, 2]);
    let other = assert_commands!(test, 2, {
        clubs[1].members().create(db, Member { id: 2, club_ids: vec![4] }).await.unwrap()
    });
    assert_eq!(other.club_ids, [4, 2]);
    assert_commands!(test, 2, { clubs[1].members().set(db, [&other]).await.unwrap() });
    assert_eq!(stored(&test).await, [1, 77]);
    clubs[1].members().add_many(db, [&member, &other]).await.unwrap();
    assert_eq!(assert_commands!(test, 1, { clubs[1].members().clear(db).await.unwrap() }), 2);
    assert_eq!(clubs[1].members().count(db).await.unwrap(), 0);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "members")]
struct Lenient {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_many, target = "Club")]
    club_ids: Vec<Option<i64>>,
}

#[tokio::test]
async fn nulls_in_an_array_are_ignored() {
    let test = database().await;
    let ((_, clubs), db) = (member(&test).await, test.db());
    let raw = db.collection::<Document>("members");
    raw.insert_one(doc! { "_id": 7_i64, "club_ids": [null, 4_i64, null, 4_i64] }).await.unwrap();
    let lenient = Lenient::get(db, 7).await.unwrap().unwrap();
    assert_eq!(ids(&lenient.clubs().all(db).await.unwrap()), [4]);
    lenient.clubs().add(db, &clubs[0]).await.unwrap();
    let stored = Lenient::get(db, 7).await.unwrap().unwrap();
    assert_eq!(stored.club_ids, [None, Some(4), None, Some(4), Some(1)]);
    let strict = Member::get(db, 7).await.unwrap_err();
    assert!(matches!(&strict, Error::Decode { field, .. } if field == "club_ids[0]"), "{strict}");
}

#[tokio::test]
async fn concurrent_adds_and_removes_leave_no_duplicates() {
    let test = database().await;
    let ((member, clubs), db) = (member(&test).await, test.db());
    member.clubs().clear(db).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (member, clubs, db) = (member.clone(), clubs.clone(), db.clone());
            tokio::spawn(async move {
                for round in 0..5 {
                    member.clubs().add(&db, &clubs[(n + round) % 3]).await.unwrap();
                    member.clubs().add(&db, &clubs[3]).await.unwrap();
                    clubs[3].members().remove(&db, &member).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut remaining = stored(&test).await;
    remaining.sort_unstable();
    assert_eq!(remaining, [1, 2, 3]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "members")]
#[relation(many_to_many, name = "first_clubs", target = "Club", ids = "club_ids", limit = 3)]
struct Founder {
    #[serde(rename = "_id")]
    id: i64,
    club_ids: Vec<i64>,
}

#[tokio::test]
async fn pages_by_key_use_the_array_order_and_the_limit_of_the_relation() {
    let test = database().await;
    let ((_, clubs), db) = (member(&test).await, test.db());
    let all = Member { id: 9, club_ids: vec![3, 77, 1, 3, 4, 1, 2] };
    let after = |n: usize| all.clubs().after(&clubs[n - 1]);
    assert_eq!(ids(&all.clubs().all(db).await.unwrap()), [3, 1, 4, 2]);
    assert_eq!(ids(&assert_commands!(test, 1, after(3).limit(2).all(db).await.unwrap())), [1, 4]);
    assert_eq!(ids(&after(1).all(db).await.unwrap()), [4, 2]);
    assert_eq!(after(1).skip(1).count(db).await.unwrap(), 1);
    assert!(after(2).all(db).await.unwrap().is_empty());
    assert_eq!(ids(&after(3).order_by(Club::ID.asc()).all(db).await.unwrap()), [4]);
    assert_eq!(after(4).update_all(db, Club::NAME.set("last")).await.unwrap(), 1);
    assert_eq!(
        all.clubs().limit(3).update_all(db, Club::NAME.set("early")).await.unwrap(),
        3,
        "a repeated id counts once"
    );

    let founder = Founder { id: 9, club_ids: all.club_ids.clone() };
    let after = |n: usize| founder.first_clubs().after(&clubs[n - 1]);
    assert_eq!(ids(&assert_commands!(test, 2, after(3).all(db).await.unwrap())), [1, 4]);
    assert!(after(4).all(db).await.unwrap().is_empty());
    assert_eq!(after(1).count(db).await.unwrap(), 1);
    assert_eq!(ids(&after(1).order_by(Club::ID.asc()).all(db).await.unwrap()), [2, 3]);
}

/// Finding duplicates takes linear time.
#[tokio::test]
async fn linking_many_documents_twice_links_each_once() {
    let test = database().await;
    let ((member, _), db) = (member(&test).await, test.db());
    let clubs: Vec<Club> = (0..20_000).map(|id| club(id, "")).collect();
    let twice = || clubs.iter().rev().chain(&clubs);
    assert_commands!(test, 1, { member.clubs().set(db, twice()).await.unwrap() });
    assert!(stored(&test).await.into_iter().eq((0..20_000).rev()));
    assert!(!assert_commands!(test, 1, { member.clubs().add_many(db, twice()).await.unwrap() }));
}
