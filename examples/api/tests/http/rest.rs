use std::collections::BTreeSet;

use earnorm::prelude::*;
use earnorm_example_api::models::{Comment, Post, Tag};
use earnorm_testkit::{TestDb, assert_commands};
use serde_json::json;

use crate::Outcome;
use crate::client::Calls;
use crate::data;

#[tokio::test]
async fn a_list_takes_four_commands_for_any_number_of_posts() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    for number in [1, 30] {
        data::posts(test.db(), number).await?;
        let reply = assert_commands!(test, 4, calls.get("/posts?limit=50").await?);
        assert_eq!(reply.status, 200);
    }
    let reply = calls.get("/posts?limit=50").await?;
    let items = reply.body["items"].as_array().unwrap();
    assert_eq!((items.len(), &reply.body["next"]), (31, &json!(null)));
    let first = &items[0];
    assert!(first["id"].is_string() && first["created"].as_str().unwrap().ends_with('Z'), "{first}");
    assert!(first["author"]["id"].is_string() && first["author"]["name"].is_string(), "{first}");
    assert_eq!(first["tags"], json!([{ "name": "all" }]));
    assert_eq!(first["comments_count"], 2, "{first}");
    // what a view doesn't have isn't sent
    assert_eq!((first.get("text"), first.get("_id"), first["author"].get("email")), (None, None, None));
    Ok(())
}

#[tokio::test]
async fn pages_have_each_post_once_while_others_are_written() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let stored: BTreeSet<String> = data::posts(test.db(), 25).await?.iter().map(|post| post.id.to_string()).collect();
    let mut seen = Vec::new();
    let mut next = Some("/posts?limit=7&tag=all".to_owned());
    while let Some(address) = next {
        let page = calls.get(&address).await?.body;
        seen.extend(page["items"].as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
        // newer posts move nothing
        data::posts(test.db(), 3).await?;
        // neither does a delete of the post at which the next page begins
        let last = seen.last().unwrap().parse::<Id<Post>>()?;
        Post::get(test.db(), last).await?.unwrap().delete(test.db()).await?;
    }
    assert_eq!(seen.len(), 25);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), stored);
    Ok(())
}

#[tokio::test]
async fn posts_of_an_author_or_with_a_tag_are_found() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let posts = data::posts(test.db(), 3).await?;
    let of_author = format!("/posts?author={}", posts[1].author_id);
    let reply = assert_commands!(test, 4, calls.get(&of_author).await?);
    assert_eq!(reply.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(reply.body["items"][0]["id"], posts[1].id.to_string());
    assert_eq!(calls.get("/posts?tag=all").await?.body["items"].as_array().unwrap().len(), 3);
    assert_eq!(calls.get("/posts?tag=none%26limit=0").await?.body["items"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_post_is_written_with_its_tags_and_read_with_all_that_belongs_to_it() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let author = calls.post("/authors", json!({ "name": "Ada", "email": "ada@example.org" })).await?;
    assert_eq!(author.status, 201);
    let author_id = author.body["id"].as_str().unwrap();
    let body = |tags| json!({ "author_id": author_id, "title": "Notes", "text": "..", "tags": tags });
    // the tags, the new tags, the checks of the author and the tags, the post, the commit
    let first = assert_commands!(test, 6, calls.post("/posts", body(json!(["math", "rust"]))).await?);
    assert_eq!((first.status, first.header("etag")), (201, "\"1\""));
    // all tags exist
    let second = assert_commands!(test, 5, calls.post("/posts", body(json!(["rust", "math"]))).await?);
    let third = assert_commands!(test, 3, calls.post("/posts", body(json!([]))).await?);
    assert_eq!([second.status, third.status], [201, 201]);
    assert_eq!(Tag::find_all().count(test.db()).await?, 2);

    let address = first.header("location");
    let comment = json!({ "author_id": author_id, "text": "good" });
    let comment = assert_commands!(test, 4, calls.post(&format!("{address}/comments"), comment).await?);
    assert_eq!(comment.status, 201);
    let post = assert_commands!(test, 5, calls.get(address).await?);
    assert_eq!(post.header("etag"), "\"1\"");
    assert_eq!((&post.body["title"], &post.body["author"]["name"]), (&json!("Notes"), &json!("Ada")));
    assert_eq!(post.body["tags"].as_array().unwrap().len(), 2);
    assert_eq!(post.body["comments"][0]["author"], json!({ "id": author_id, "name": "Ada" }));

    let shown = assert_commands!(test, 3, calls.get(&format!("/authors/{author_id}")).await?);
    assert_eq!((&shown.body["posts_count"], shown.body["posts"].as_array().unwrap().len()), (&json!(3), 3));
    let found = assert_commands!(test, 1, calls.get("/authors?email=ada@example.org").await?);
    assert_eq!(found.body["id"], author_id);
    Ok(())
}

#[tokio::test]
async fn two_posts_with_one_new_tag_can_be_written_at_the_same_time() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let author = data::author("ada").insert(test.db()).await?;
    let body = json!({ "author_id": author.id.to_string(), "title": "t", "text": "", "tags": ["new", "newer"] });
    let replies = futures_util::future::try_join_all((0..4).map(|_| calls.post("/posts", body.clone()))).await?;
    assert!(replies.iter().all(|reply| reply.status == 201), "{replies:?}");
    assert_eq!(Tag::find_all().count(test.db()).await?, 2);
    for post in Post::find_all().with(Post::TAGS).all(test.db()).await? {
        assert_eq!(post.related(Post::TAGS).len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_change_needs_the_version_that_was_read() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let post = data::posts(test.db(), 1).await?.remove(0);
    let address = format!("/posts/{}", post.id);
    let changed = assert_commands!(test, 1, calls.patch(&address, "\"1\"", json!({ "title": "new" })).await?);
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
    // the second one learns only on failure whether the post exists
    let stale = assert_commands!(test, 2, calls.patch(&address, "\"1\"", json!({ "title": "late" })).await?);
    assert_eq!((stale.status, stale.code()), (412, "stale"));
    let gone = calls.patch(&format!("/posts/{}", Id::<Post>::new()), "\"1\"", json!({ "title": "late" })).await?;
    assert_eq!((gone.status, gone.code()), (404, "not_found"));
    let unnamed = calls.send(axum::http::Method::PATCH, &address, &[], "{}").await?;
    assert_eq!((unnamed.status, unnamed.code()), (428, "version_required"));
    let stored = Post::get(test.db(), post.id).await?.unwrap();
    assert_eq!((stored.title.as_str(), stored.text.as_str(), stored.version), ("new", "text", 2));
    Ok(())
}

#[tokio::test]
async fn a_delete_is_planned_and_blocked_by_what_needs_the_document() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let post = data::posts(test.db(), 1).await?.remove(0);
    let address = format!("/authors/{}", post.author_id);
    let plan = calls.get(&format!("{address}/delete-plan")).await?;
    assert_eq!((plan.status, &plan.body["blockers"][0]["ids"]), (200, &json!([post.id.to_string()])));
    let blocked = calls.delete(&address).await?;
    assert_eq!((blocked.status, blocked.code()), (409, "restricted"));
    let blockers = &blocked.body["error"]["details"]["blockers"];
    assert_eq!((&blockers["model"], &blockers["ids"]), (&json!("Post"), &json!([post.id.to_string()])));

    let deleted = calls.delete(&format!("/posts/{}", post.id)).await?;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert_eq!(Comment::find_all().count(test.db()).await?, 0);
    assert_eq!(calls.delete(&address).await?.status, 200);
    assert_eq!(calls.get(&address).await?.status, 404);
    Ok(())
}
