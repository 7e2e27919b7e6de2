use std::time::Duration;

use axum::http::Method;
use earnorm::Id;
use earnorm_example_api::models::Author;
use earnorm_testkit::{TestDb, assert_commands};
use serde_json::json;

use crate::Outcome;
use crate::client::Calls;
use crate::data;

#[tokio::test]
async fn what_does_not_exist_is_404_and_a_malformed_value_400() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let missing = Id::<Author>::new();
    for address in [format!("/authors/{missing}"), format!("/posts/{missing}"), "/authors?email=x".into()] {
        let reply = assert_commands!(test, 1, calls.get(&address).await?);
        assert_eq!((reply.status, reply.code()), (404, "not_found"), "{address}");
    }
    assert_eq!(calls.get("/nothing").await?.status, 404);
    let malformed = [
        "/authors/12",
        "/posts/zz",
        "/posts?author=1",
        "/posts?after=1",
        "/posts?limit=0",
        "/posts?limit=1000",
        "/authors",
    ];
    for address in malformed {
        let reply = assert_commands!(test, 0, calls.get(address).await?);
        assert_eq!((reply.status, reply.code()), (400, "invalid"), "{address}");
    }
    assert_eq!(calls.delete(&format!("/posts/{missing}")).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_malformed_body_says_what_is_wrong() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let cases = [
        ("{\"author_id\": ", 400, "EOF while parsing"),
        ("{\"author_id\": \"12\"}", 422, "author_id: invalid ObjectId \"12\"; expected 24 hexadecimal digits"),
        ("{\"title\": 1}", 422, "title: invalid type: integer"),
        ("[]", 422, "invalid length 0"),
    ];
    for (body, status, message) in cases {
        let reply = assert_commands!(test, 0, calls.send(Method::POST, "/posts", &[], body).await?);
        assert_eq!((reply.status, reply.code()), (status, "invalid_body"), "{body}");
        let found = reply.body["error"]["message"].as_str().unwrap();
        assert!(found.contains(message), "{found}");
    }
    let reply = calls.send(Method::POST, "/posts", &[], "").await?;
    assert_eq!((reply.status, reply.code()), (415, "invalid_body"));
    Ok(())
}

#[tokio::test]
async fn a_duplicate_and_a_missing_reference_are_told_apart() -> Outcome {
    let test = TestDb::new().await?;
    let calls = Calls::start(test.db()).await?;
    let author = json!({ "name": "Ada", "email": "ada@example.org" });
    let first = assert_commands!(test, 1, calls.post("/authors", author.clone()).await?);
    assert_eq!(first.status, 201);
    let second = assert_commands!(test, 1, calls.post("/authors", author).await?);
    assert_eq!((second.status, second.code()), (409, "duplicate"));
    assert_eq!(second.body["error"]["message"], "another author has this value");

    let nobody = Id::<Author>::new().to_string();
    let post = calls.post("/posts", json!({ "author_id": nobody, "title": "", "text": "" })).await?;
    assert_eq!((post.status, post.code()), (422, "missing_reference"));
    assert_eq!(post.body["error"]["details"], json!({ "field": "author_id", "id": nobody }));
    let comment = calls.post(&format!("/posts/{nobody}/comments"), json!({ "author_id": nobody, "text": "" })).await?;
    assert_eq!((comment.status, comment.code()), (422, "missing_reference"));
    Ok(())
}

#[tokio::test]
async fn a_server_that_can_not_be_reached_is_503_until_it_is_back() -> Outcome {
    let (test, proxy) = TestDb::with_proxy().await?;
    let calls = Calls::start(test.db()).await?;
    data::posts(test.db(), 1).await?;
    assert_eq!(calls.get("/health").await?.status, 200);
    proxy.down();
    for address in ["/posts", "/health"] {
        let reply = tokio::time::timeout(Duration::from_secs(60), calls.get(address)).await??;
        assert_eq!((reply.status, reply.code(), reply.header("retry-after")), (503, "unavailable", "5"), "{address}");
        // nothing of the driver's message
        assert_eq!(reply.body, json!({ "error": { "code": "unavailable", "message": "try again later" } }));
    }
    let reply = calls.graphql("{ posts { items { title } } }", json!({})).await?;
    assert_eq!(reply["errors"][0]["extensions"]["code"], "unavailable");
    proxy.heal();
    assert_eq!(calls.get("/posts").await?.status, 200);
    Ok(())
}
