use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use earnorm::prelude::*;
use mongodb::bson::DateTime;

use crate::error::{ApiError, Result};
use crate::extract::{Json, Search, id};
use crate::models::{Author, Post};
use crate::state::AppState;
use crate::views::{AuthorBody, PostCard};

#[derive(Debug, Deserialize)]
pub(super) struct NewAuthor {
    name: String,
    email: String,
}

/// `POST /authors`. One command.
pub(super) async fn create(State(state): State<AppState>, Json(new): Json<NewAuthor>) -> Result<Response> {
    let author = Author { id: Id::new(), name: new.name, email: new.email, created: DateTime::now() };
    let author = author.insert(&state.db).await?;
    let location = [("location", format!("/authors/{}", author.id))];
    Ok((StatusCode::CREATED, location, Json(doc! { "id": author.id, "created": author.created })).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct ByEmail {
    email: String,
}

/// `GET /authors?email=..`: the author with this address, by the unique index. One command.
pub(super) async fn by_email(
    State(state): State<AppState>,
    Search(ByEmail { email }): Search<ByEmail>,
) -> Result<Json<impl Serialize>> {
    let author = Author::find(Author::EMAIL.eq(email)).view::<AuthorBody>().first(&state.db).await?;
    author.map(Json).ok_or(ApiError::NotFound("author"))
}

/// `GET /authors/{id}`: with the number of posts and the latest three. Three commands.
pub(super) async fn show(State(state): State<AppState>, Path(text): Path<String>) -> Result<Json<impl Serialize>> {
    let author = Author::find(Author::ID.eq(id(&text)?))
        .view::<AuthorBody>()
        .with(Author::POSTS.view::<PostCard>().order_by(Post::CREATED.desc()).limit(3))
        .with(Author::POSTS.count())
        .first(&state.db)
        .await?;
    author.map(Json).ok_or(ApiError::NotFound("author"))
}

/// `GET /authors/{id}/delete-plan`: what a delete would do, and what forbids it. Nothing is written.
pub(super) async fn plan_delete(
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Json<impl Serialize>> {
    let plan = find(&state, &text).await?.plan_delete(&state.db).await?;
    Ok(Json(plan))
}

/// `DELETE /authors/{id}`. An author with posts isn't deleted: 409, with the posts. Otherwise their comments lose their
/// author.
pub(super) async fn delete(State(state): State<AppState>, Path(text): Path<String>) -> Result<Json<impl Serialize>> {
    let report = find(&state, &text).await?.delete(&state.db).await?;
    Ok(Json(report))
}

async fn find(state: &AppState, text: &str) -> Result<Author> {
    Author::get(&state.db, id::<Author>(text)?).await?.ok_or(ApiError::NotFound("author"))
}
