use earnorm::prelude::*;
use earnorm_example_api::models::{Author, Comment, Post};
use earnorm_testkit::{TestDb, assert_commands};
use serde_json::json;

use crate::Outcome;
use crate::client::Calls;
use crate::data;

const POSTS: &str = "query ($first: Int!, $after: String) { posts(first: $first, after: $after) { next items {
    id title created author { id name postCount } tags commentCount comments(first: 2) { text author { name } }
} } }";

#[tokio::test]
async fn the_number_of_commands_does_not_depend_on_the_number_of_posts() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    for (stored, expected) in [(1, 1), (49, 50)] {
        data::posts(test.db(), stored).await?;
        // posts; then authors, tags, comments and their number; then the authors' posts. The authors of comments are loaded
        // through another relation.
        let reply = assert_commands!(test, 7, calls.graphql(POSTS, json!({ "first": 50 })).await?);
        let posts = reply["data"]["posts"]["items"].as_array().unwrap();
        assert_eq!(posts.len(), expected, "{reply}");
        for post in posts {
            assert_eq!((&post["tags"], &post["commentCount"]), (&json!(["all"]), &json!(2)));
            assert_eq!(post["author"]["postCount"], 1);
            assert_eq!(post["comments"][1]["author"]["name"], post["author"]["name"]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn pages_have_the_cursors_of_the_rest_routes() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    data::posts(test.db(), 5).await?;
    let first = calls.graphql(POSTS, json!({ "first": 3 })).await?;
    let next = &first["data"]["posts"]["next"];
    let second = calls.graphql(POSTS, json!({ "first": 3, "after": next })).await?;
    assert_eq!(second["data"]["posts"]["items"].as_array().unwrap().len(), 2);
    assert_eq!(second["data"]["posts"]["next"], json!(null));
    let rest = calls.get(&format!("/posts?after={}", next.as_str().unwrap())).await?;
    assert_eq!(rest.body["items"][0]["id"], second["data"]["posts"]["items"][0]["id"]);
    Ok(())
}

#[tokio::test]
async fn a_mutation_is_seen_by_what_it_returns() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let author = data::author("ada").insert(test.db()).await?;
    let query =
        "mutation ($author: ID!) { a: addPost(post: { authorId: $author, title: \"a\", text: \"\", tags: [\"x\"] }) {
        id version tags author { postCount } }
        b: addPost(post: { authorId: $author, title: \"b\", text: \"\" }) { author { postCount } } }";
    let reply = calls.graphql(query, json!({ "author": author.id.to_string() })).await?;
    let data = &reply["data"];
    assert_eq!((&data["a"]["tags"], &data["a"]["author"]["postCount"]), (&json!(["x"]), &json!(1)), "{reply}");
    assert_eq!(data["b"]["author"]["postCount"], 2, "the second mutation doesn't read what the first one has kept");

    let id = data["a"]["id"].as_str().unwrap();
    let comment = "mutation ($post: ID!, $author: ID!) { addComment(postId: $post, authorId: $author, text: \"good\") {
        author { name } } }";
    let reply = calls.graphql(comment, json!({ "post": id, "author": author.id.to_string() })).await?;
    assert_eq!(reply["data"]["addComment"]["author"]["name"], "ada", "{reply}");
    let post = calls.graphql("query ($id: ID!) { post(id: $id) { commentCount } }", json!({ "id": id })).await?;
    assert_eq!(post["data"]["post"]["commentCount"], 1);
    Ok(())
}

#[tokio::test]
async fn errors_have_codes_and_nothing_of_the_database() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let post = data::posts(test.db(), 1).await?.remove(0);
    let rename =
        "mutation ($id: ID!, $version: Int!) { renamePost(id: $id, version: $version, title: \"new\") { version } }";
    let id = post.id.to_string();
    let reply = calls.graphql(rename, json!({ "id": id, "version": 1 })).await?;
    assert_eq!(reply["data"]["renamePost"]["version"], 2, "{reply}");
    for (variables, code) in [
        (json!({ "id": id, "version": 1 }), "stale"),
        (json!({ "id": Id::<Post>::new().to_string(), "version": 1 }), "not_found"),
        (json!({ "id": "12", "version": 1 }), "invalid"),
    ] {
        let reply = calls.graphql(rename, variables).await?;
        assert_eq!(reply["errors"][0]["extensions"]["code"], code, "{reply}");
    }
    let add = "mutation ($id: ID!) { addComment(postId: $id, authorId: $id, text: \"\") { id } }";
    let reply = calls.graphql(add, json!({ "id": Id::<Author>::new().to_string() })).await?;
    assert_eq!(reply["errors"][0]["extensions"]["code"], "missing_reference", "{reply}");
    assert!(reply["errors"][0]["extensions"]["details"]["field"].is_string(), "{reply}");
    Ok(())
}

#[tokio::test]
async fn a_query_that_is_too_large_sends_nothing() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let wide = "{ posts(first: 100) { items { comments(first: 50) { author { posts(first: 50) { id } } } } } }";
    let deep = format!("{{ posts {{ items {}{{ id }}{} }} }}", "{ author { posts ".repeat(8), "} }".repeat(8));
    let huge = "{ posts(first: 4000000000) { items { comments(first: 4000000000) { author { posts(first: 4000000000) { id } } } } } }";
    for query in [wide, &deep, huge] {
        let reply = assert_commands!(test, 0, calls.graphql(query, json!({})).await?);
        assert!(reply["errors"][0]["message"].is_string() && reply["data"].is_null(), "{reply}");
    }
    let limit = calls.graphql("{ posts(first: 0) { next } }", json!({})).await?;
    assert_eq!(limit["errors"][0]["extensions"]["code"], "invalid");
    let reply = calls.send(axum::http::Method::POST, "/graphql", &[], "{").await?;
    assert_eq!((reply.status, reply.code()), (400, "invalid_body"));
    Ok(())
}

#[tokio::test]
async fn concurrent_requests_do_not_share_a_loader() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let post = data::posts(test.db(), 1).await?.remove(0);
    let count = "query ($id: ID!) { post(id: $id) { commentCount } }";
    let variables = json!({ "id": post.id.to_string() });
    // each reads the post and the number by itself
    let requests = (0..5).map(|_| calls.graphql(count, variables.clone()));
    let replies = assert_commands!(test, 10, futures_util::future::try_join_all(requests).await?);
    assert!(replies.iter().all(|reply| reply["data"]["post"]["commentCount"] == 2));
    Comment::find_all().first(test.db()).await?.unwrap().delete(test.db()).await?;
    let reply = calls.graphql(count, variables).await?;
    assert_eq!(reply["data"]["post"]["commentCount"], 1, "the next request reads anew");
    Ok(())
}
