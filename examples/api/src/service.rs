//! The router, the log of requests, and the end.

use std::future::Future;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use mongodb::bson::doc;
use tokio::net::TcpListener;
use tracing::Instrument as _;

use crate::error::{ApiError, Result};
use crate::extract::Json as Body;
use crate::state::AppState;
use crate::{graphql, rest};

/// The service.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(rest::routes())
        .route("/graphql", post(execute))
        .route("/health", get(health))
        .fallback(async || ApiError::NotFound("route"))
        .layer(from_fn(log))
        .with_state(state)
}

/// Answers requests until `end` is ready, and then finishes those that have begun.
///
/// # Errors
///
/// The listener's.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    end: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(end).await
}

/// `POST /graphql`. Errors of fields are part of the reply, with status 200.
async fn execute(
    State(state): State<AppState>,
    Body(request): Body<async_graphql::Request>,
) -> Json<async_graphql::Response> {
    Json(graphql::execute(&state.schema, &state.db, request).await)
}

/// `GET /health`: whether the database answers. One command.
async fn health(State(state): State<AppState>) -> Result<&'static str> {
    state.db.run_command(doc! { "ping": 1 }).await.map_err(earnorm::Error::from)?;
    Ok("ok")
}

/// Logs each request with what it sent to the database, and handles that were awaited in a loop. The spans of EarnORM's
/// calls are within the one of the request.
async fn log(request: Request, next: Next) -> Response {
    // the pattern and not the address, which has values
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", method = %request.method(), path);
    async {
        let start = Instant::now();
        let (response, seen) = earnorm::observe(next.run(request)).await;
        let status = response.status().as_u16();
        let elapsed = start.elapsed();
        tracing::info!(status, commands = seen.commands, documents = seen.documents, ?elapsed, "answered");
        for found in seen.n_plus_one() {
            tracing::warn!("{found}");
        }
        response
    }
    .instrument(span)
    .await
}
