//! Loaded relations as members of the serialized document. No name is written twice.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Counts, relation};
use earnorm_testkit::assert_commands;
use earnorm_tests::blog::User as Blogger;
use earnorm_tests::{STRATEGIES, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "me_users")]
#[relation(one_to_many, name = "posts", target = Remark, fk = user_id)]
#[relation(many_to_many, name = "posts_count", target = Remark, through = Vote, fk = user_id, target_fk = post_id)]
struct Chatter {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(flatten)]
    rest: Document,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "me_posts")]
#[serde(tag = "likers")]
#[relation(many_to_many, name = "likers", target = Chatter, through = Vote, fk = post_id, target_fk = user_id)]
struct Remark {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Chatter)]
    user_id: i32,
    #[serde(flatten)]
    more: More,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct More {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "me_likes")]
struct Vote {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    user_id: i32,
    post_id: i32,
}

/// The error, or the names of the members. Both forms must return the same.
fn names<R: Serialize + Clone + earnorm::Erase<Erased: Serialize>>(row: &R) -> Result<Vec<String>, String> {
    let names = |value: Result<String, serde_json::Error>| {
        let text = value.map_err(|error| error.to_string())?;
        let members = serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(&text).unwrap();
        Ok(members.keys().cloned().collect())
    };
    let typed = names(serde_json::to_string(row));
    assert_eq!(names(serde_json::to_string(&row.clone().erase())), typed);
    typed
}

async fn user(db: &earnorm::mongodb::Database, rest: Document) -> Chatter {
    Chatter::find_all().delete(db).await.unwrap();
    Chatter { id: 1, rest }.insert(db).await.unwrap()
}

#[tokio::test]
async fn a_member_of_a_flattened_map_is_not_written_twice() {
    let test = database().await;
    let db = test.db();
    user(db, doc! { "other": 1 }).await;
    let query = || Chatter::find_all().with(Chatter::POSTS).with(Chatter::POSTS.count());
    let row = query().one(db).await.unwrap();
    assert_eq!(names(&row).unwrap(), ["_id", "other", "posts", "posts_count"]);
    for (name, value) in [("posts", "mine"), ("posts_count", "7")] {
        user(db, doc! { name: value }).await;
        let row = query().one(db).await.unwrap();
        let words =
            format!("this `Chatter` has a member `{name}` that is not a field, and a loaded relation or count has");
        assert!(names(&row).unwrap_err().starts_with(&words), "{:?}", names(&row));
        // an include that isn't loaded isn't written, so it doesn't conflict
        let row = Chatter::find_all()
            .with(false.then_some(Chatter::POSTS))
            .with(None::<earnorm::Counted<_>>.or(false.then_some(Chatter::POSTS.count())));
        assert_eq!(names(&row.one(db).await.unwrap()).unwrap(), ["_id", name]);
    }
}

#[tokio::test]
async fn flattened_structs_and_tags_are_checked_too() {
    let test = database().await;
    let db = test.db();
    user(db, Document::new()).await;
    let post = Remark { id: 1, user_id: 1, more: More::default() }.insert(db).await.unwrap();
    let query = || Remark::find_all().with(Remark::USER);
    assert_eq!(names(&query().one(db).await.unwrap()).unwrap(), ["likers", "_id", "user_id", "user"]);
    assert!(
        names(&Remark::find_all().with(Remark::LIKERS).one(db).await.unwrap())
            .unwrap_err()
            .contains("has a member `likers`")
    );
    Remark { more: More { user: Some("x".into()) }, ..post }.save(db).await.unwrap();
    assert!(names(&query().one(db).await.unwrap()).unwrap_err().contains("has a member `user`"));
    // within the results of another model
    let nested = Chatter::find_all().with(Chatter::POSTS.with(Remark::USER)).one(db).await.unwrap();
    assert!(names(&nested).unwrap_err().contains("this `Remark` has a member `user`"));
}

#[tokio::test]
async fn two_includes_with_the_same_name_are_an_error() {
    let test = database().await;
    let db = test.db();
    user(db, Document::new()).await;
    let row =
        Chatter::find_all().with(Chatter::POSTS.count()).with(Chatter::POSTS_COUNT.links()).one(db).await.unwrap();
    let words = "two loaded relations or counts of `Chatter` have the name `posts_count`; rename one of the relations";
    assert_eq!(names(&row).unwrap_err(), words);
    assert!(names(&Chatter::find_all().with(Chatter::POSTS_COUNT.links()).one(db).await.unwrap()).is_ok());
}

fn counted<L: Counts<relation!(Blogger, posts)>>(user: &Loaded<Blogger, L>) -> u64 {
    user.count(Blogger::POSTS)
}

fn optionally_counted<L: Counts<relation!(Blogger, posts), Option<u64>>>(user: &Loaded<Blogger, L>) -> Option<u64> {
    user.count(Blogger::POSTS)
}

#[tokio::test]
async fn an_optional_count_is_an_optional_number() {
    let test = database().await;
    let db = test.db();
    let ada = Blogger::new("Ada", 36).insert(db).await.unwrap();
    ada.posts().create(db, ada.post("hello", 1)).await.unwrap();
    for strategy in STRATEGIES {
        for (wanted, number, commands) in [(true, Some(1), 2), (false, None, 1)] {
            let commands = if strategy == Strategy::Lookup { 1 } else { commands };
            let query = || Blogger::find_all().strategy(strategy).with(wanted.then_some(Blogger::POSTS.count()));
            let row = assert_commands!(test, commands, { query().one(db).await.unwrap() });
            assert_eq!(row.count(Blogger::POSTS), number);
            assert_eq!(row.related(Blogger::POSTS.count()), number);
            assert_eq!(optionally_counted(&row), number);
            let json = serde_json::to_value(&row).unwrap();
            assert_eq!(json.get("posts_count").and_then(serde_json::Value::as_u64), number);
            assert_eq!(json.as_object().unwrap().contains_key("posts_count"), wanted);
            assert_eq!(row.erase().count(Blogger::POSTS), number);
            // with the documents themselves, and as a nested option
            let row = query().with(wanted.then_some(Blogger::POSTS)).one(db).await.unwrap();
            assert_eq!(
                (row.count(Blogger::POSTS), row.related(Blogger::POSTS).map(<[_]>::len)),
                (number, number.map(|_| 1))
            );
            let row = Blogger::find_all()
                .with(Some(wanted.then_some(Blogger::POSTS.limit(0).count())))
                .one(db)
                .await
                .unwrap();
            assert_eq!(row.count(Blogger::POSTS), Some(wanted.then_some(0)));
        }
    }
    let row = Blogger::find_all().with(Blogger::POSTS.count()).one(db).await.unwrap();
    assert_eq!((counted(&row), row.count(Blogger::POSTS)), (1, 1));
}
