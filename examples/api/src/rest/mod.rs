//! The REST routes. Each handler says how many commands it sends; `tests/http.rs` asserts these numbers.

mod authors;
mod posts;

use axum::Router;
use axum::routing::{get, post};

use crate::state::AppState;

/// All routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/authors", get(authors::by_email).post(authors::create))
        .route("/authors/{id}", get(authors::show).delete(authors::delete))
        .route("/authors/{id}/delete-plan", get(authors::plan_delete))
        .route("/posts", get(posts::list).post(posts::create))
        .route("/posts/{id}", get(posts::show).patch(posts::change).delete(posts::delete))
        .route("/posts/{id}/comments", post(posts::comment))
}
