//! Times, versions, counters and hooks.

use std::sync::Mutex;

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm::{HookContext, Result, graph};
use earnorm_testkit::TestDb;
use earnorm_tests::{count, database, write_conflict};

use crate::models::{Post, User, post, user};

/// What hooks have seen.
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
#[relation(one_to_many, target = Track, fk = album_id)]
struct Album {
    #[serde(rename = "_id")]
    id: i32,
    title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(hooks)]
struct Track {
    #[serde(rename = "_id")]
    id: i32,
    title: String,
    album_id: i32,
}

impl Hooks for Album {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        self.title.push('!');
        SEEN.lock().unwrap().push(format!("before {}", self.title));
        Ok(())
    }

    async fn after_save(&self, cx: &HookContext<'_>) -> Result<()> {
        let stored = Self::get(cx, self.id).await?;
        SEEN.lock().unwrap().push(format!("after {}", stored.map_or_else(String::new, |album| album.title)));
        Ok(())
    }
}

impl Hooks for Track {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        self.title.push('.');
        SEEN.lock().unwrap().push(format!("before {} of {}", self.title, self.album_id));
        if self.title.starts_with("bad") { Err(earnorm::Error::other("refused")) } else { Ok(()) }
    }
}

fn album(id: i32) -> Album {
    Album { id, title: "album".to_owned() }
}

fn track(id: i32, title: &str) -> Track {
    Track { id, title: title.to_owned(), album_id: 0 }
}

#[tokio::test]
async fn times_and_versions_are_those_of_an_insert() {
    let test = database().await;
    let before = DateTime::now();
    let inserted = graph(user("Ada")).with(User::POSTS, [post("a"), post("b")]).insert(test.db()).await.unwrap();
    let posts = inserted.related(User::POSTS);
    assert!(posts.iter().all(|post| post.rev == 1 && post.created >= before && post.created == posts[0].created));
    let stored = Post::find_all().order_by(Post::TITLE.asc()).all(test.db()).await.unwrap();
    assert_eq!(stored, posts);
    assert_eq!(inserted.post_count, 2);
    assert_eq!(inserted.active, Some(posts[0].created));
    assert_eq!(User::get(test.db(), inserted.id).await.unwrap().unwrap(), *inserted);
    // the values in memory can be saved
    let mut first = posts[0].clone();
    first.save(test.db()).await.unwrap();
    assert_eq!(first.rev, 2);
}

#[tokio::test]
async fn hooks_run_by_model_with_keys_that_are_set() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let test = database().await;
    SEEN.lock().unwrap().clear();
    let tracks = [track(1, "one"), track(2, "two")];
    let inserted = graph(album(7)).with(Album::TRACKS, tracks).insert(test.db()).await.unwrap();
    assert_eq!(*SEEN.lock().unwrap(), ["before album!", "after album!", "before one. of 7", "before two. of 7"]);
    assert_eq!(inserted.title, "album!");
    assert_eq!(inserted.related(Album::TRACKS)[1].title, "two.");
    assert_eq!(inserted.tracks().count(test.db()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_hook_that_refuses_rolls_everything_back() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let test = database().await;
    let outcome = graph(album(7)).with(Album::TRACKS, [track(1, "one"), track(2, "bad")]).insert(test.db()).await;
    let error = outcome.err().unwrap();
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!((count::<Album>(test.db()).await, count::<Track>(test.db()).await), (0, 0));
}

#[tokio::test]
async fn hooks_run_again_on_the_original_values() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    count::<Album>(test.db()).await;
    // the insert of the tracks meets a conflict once, and the whole transaction is run again
    proxy.only(["insert"]);
    proxy.refuse(2, write_conflict());
    let inserted = graph(album(7)).with(Album::TRACKS, [track(1, "one")]).insert(test.db()).await.unwrap();
    proxy.heal();
    assert_eq!((inserted.title.as_str(), inserted.related(Album::TRACKS)[0].title.as_str()), ("album!", "one."));
    assert_eq!(Album::get(test.db(), 7).await.unwrap().unwrap().title, "album!");
    assert_eq!(Track::get(test.db(), 1).await.unwrap().unwrap().title, "one.");
}
