//! Stored keys that are regular expressions, operators or other references refer to nothing.

use earnorm::mongodb::bson::{Bson, Document, Regex};
use earnorm::prelude::*;
use earnorm_tests::{STRATEGIES, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Sub", through = "UserSub")]
struct User {
    #[serde(rename = "_id")]
    id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "User", through = "UserSub")]
struct Sub {
    #[serde(rename = "_id")]
    id: String,
    rank: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct UserSub {
    #[serde(rename = "_id")]
    id: i64,
    user_id: String,
    sub_id: String,
}

fn user(id: &str) -> User {
    User { id: id.to_owned() }
}

/// Three `Sub`s and two users with a link to one of them each. A second link of the first user has an unusual key.
async fn store_links(db: &mongodb::Database, unusual: Bson) -> [User; 2] {
    for (rank, id) in (0..).zip(["a", "b", "c"]) {
        Sub { id: id.to_owned(), rank }.insert(db).await.unwrap();
    }
    let links = db.collection::<Document>("user_subs");
    links.insert_one(doc! { "_id": 1_i64, "user_id": "u", "sub_id": "a" }).await.unwrap();
    links.insert_one(doc! { "_id": 2_i64, "user_id": "u", "sub_id": unusual }).await.unwrap();
    links.insert_one(doc! { "_id": 3_i64, "user_id": "v", "sub_id": "b" }).await.unwrap();
    [user("u").insert(db).await.unwrap(), user("v").insert(db).await.unwrap()]
}

fn unusual_keys() -> Vec<Bson> {
    #[allow(clippy::unnecessary_fallible_conversions, reason = "not of strings in `bson` 3")]
    let pattern = Regex { pattern: ".*".try_into().unwrap(), options: "".try_into().unwrap() };
    vec![
        Bson::RegularExpression(pattern.clone()),
        doc! { "$gt": "" }.into(),
        doc! { "$regex": ".*" }.into(),
        doc! { "$ref": "subs", "$id": "b" }.into(),
        Bson::Array(vec![Bson::RegularExpression(pattern)]),
        Bson::Array(vec!["b".into(), "c".into()]),
        Bson::Undefined,
        Bson::Null,
    ]
}

#[tokio::test]
async fn an_unusual_key_refers_to_nothing() {
    for unusual in unusual_keys() {
        let test = database().await;
        let db = test.db();
        let [u, v] = store_links(db, unusual.clone()).await;
        let subs = u.subs().all(db).await.unwrap();
        assert_eq!(subs.iter().map(|sub| sub.id.as_str()).collect::<Vec<_>>(), ["a"], "{unusual}");
        assert_eq!(u.subs().count(db).await.unwrap(), 1, "{unusual}");
        assert_eq!(u.subs().filter(Sub::RANK.gt(0)).first(db).await.unwrap(), None, "{unusual}");
        assert_eq!(u.subs().page(db, 1, 5).await.unwrap().total, 1, "{unusual}");
        let both = [u.clone(), v.clone()];
        let numbers = |lists: &[Vec<Sub>]| lists.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(numbers(&User::SUBS.load(db, &both).await.unwrap()), [1, 1], "{unusual}");
        assert_eq!(
            numbers(&User::SUBS.order_by(Sub::RANK.desc()).limit(1).load(db, &both).await.unwrap()),
            [1, 1],
            "{unusual}"
        );
        let counts = User::SUBS.count_by(db, &both).await.unwrap();
        assert_eq!((counts["u"], counts["v"]), (1, 1), "{unusual}");
        for strategy in STRATEGIES {
            let found = User::find_all().order_by(User::ID.asc()).with(User::SUBS).strategy(strategy);
            let found = found.all(db).await.unwrap();
            let lists: Vec<usize> = found.iter().map(|user| user.related(User::SUBS).len()).collect();
            assert_eq!(lists, [1, 1], "{unusual} {strategy:?}");
        }
        let with_c = User::find(User::SUBS.filter(Sub::RANK.eq(2)).any());
        assert_eq!(with_c.count(db).await.unwrap(), 0, "{unusual}");
    }
}

#[tokio::test]
async fn an_unusual_key_deletes_no_other_documents() {
    for unusual in unusual_keys() {
        let test = database().await;
        let db = test.db();
        let [u, _] = store_links(db, unusual.clone()).await;
        assert_eq!(u.subs().update_all(db, Sub::RANK.set(7)).await.unwrap(), 1, "{unusual}");
        assert_eq!(u.subs().plan_delete(db).await.unwrap().deleted(), 1, "{unusual}");
        assert_eq!(u.subs().filter(Sub::RANK.eq(7)).clear(db).await.unwrap(), 1, "{unusual}");
        assert_eq!(u.subs().delete_all(db).await.unwrap().deleted(), 0, "{unusual}");
        let report = earnorm::integrity::scan(db).await.unwrap();
        report.repair(db, Repair::Delete).await.unwrap();
        assert_eq!(Sub::find_all().count(db).await.unwrap(), 3, "{unusual}");
        assert_eq!(UserSub::find(UserSub::ID.eq(3)).count(db).await.unwrap(), 1, "{unusual}");
        u.delete(db).await.unwrap();
        assert_eq!(UserSub::find_all().count(db).await.unwrap(), 1, "{unusual}");
    }
}
