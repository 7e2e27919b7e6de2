use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request};
use earnorm_example_api::service::serve;
use earnorm_example_api::state::AppState;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use mongodb::Database;
use serde_json::Value;
use tokio::net::TcpListener;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Calls a service.
pub(crate) struct Calls {
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A reply of the service.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Null if it isn't JSON.
    pub(crate) body: Value,
}

impl Reply {
    /// The code of an error.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Calls {
    /// Starts the service on a free port, for the time of the test.
    pub(crate) async fn start(db: &Database) -> Result<Self> {
        let state = AppState::new(db.clone()).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(serve(listener, state, std::future::pending()));
        Ok(Self::of(address))
    }

    /// Calls the service that listens there.
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self { address, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Reply> {
        self.send(Method::DELETE, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Reply> {
        self.send(Method::POST, path, &[], &body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, version: &str, body: Value) -> Result<Reply> {
        self.send(Method::PATCH, path, &[("if-match", version)], &body.to_string()).await
    }

    /// Executes a GraphQL request, and returns its reply.
    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Result<Value> {
        let reply = self.post("/graphql", serde_json::json!({ "query": query, "variables": variables })).await?;
        assert_eq!(reply.status, 200, "{reply:?}");
        Ok(reply.body)
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Reply> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.client.request(request.body(Full::from(body.to_owned()))?).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }
}
