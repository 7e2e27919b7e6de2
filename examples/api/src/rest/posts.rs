use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use earnorm::prelude::*;
use mongodb::bson::DateTime;

use crate::error::{ApiError, Result};
use crate::extract::{Json, Search, etag, id, if_match};
use crate::models::{Author, Comment, Post, Tag};
use crate::pages::{Cursor, Page, PageRequest};
use crate::posts::{self, ChangePost, NewPost};
use crate::state::AppState;
use crate::views::{AuthorName, CommentBody, PostBody, PostCard, TagName};

/// Which posts a client wants.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PostSearch {
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

impl PostSearch {
    /// The address of the page after this cursor.
    fn next(self, cursor: Cursor) -> Option<String> {
        let search = Self { after: Some(cursor.text()), ..self };
        serde_urlencoded::to_string(search).ok().map(|search| format!("/posts?{search}"))
    }
}

/// `GET /posts?author=..&tag=..&after=..&limit=..`: a page of posts with their authors, tags and numbers of comments. Four
/// commands for a page of any size, and one more to find a tag.
pub(super) async fn list(
    State(state): State<AppState>,
    Search(search): Search<PostSearch>,
) -> Result<Json<Page<impl Serialize>>> {
    let author = search.author.as_deref().map(id::<Author>).transpose()?;
    let page = PageRequest::new(search.after.clone(), search.limit);
    let limit = page.limit()?;
    let mut query = posts::newest(Post::find(author.map(|author| Post::AUTHOR_ID.eq(author))));
    if let Some(name) = &search.tag {
        query = query.filter(Post::TAGS.filter(Tag::NAME.eq(name.as_str())).any());
    }
    if let Some(last) = page.after()? {
        query = query.after(&last);
    }
    let found = query
        .view::<PostCard>()
        .with(Post::AUTHOR.view::<AuthorName>())
        .with(Post::TAGS.view::<TagName>())
        .with(Post::COMMENTS.count())
        .limit(limit + 1)
        .all(&state.db)
        .await?;
    let (items, next) = Page::cut(found, limit, |post| Cursor::of(post.created(), post.id()));
    let next = next.and_then(|cursor| search.next(cursor));
    Ok(Json(Page { items, next }))
}

/// `GET /posts/{id}`: with its author, its tags and its latest comments with their authors. Five commands. The header `ETag`
/// is the version.
pub(super) async fn show(State(state): State<AppState>, Path(text): Path<String>) -> Result<Response> {
    let comments = Post::COMMENTS.view::<CommentBody>().order_by(Comment::CREATED.desc()).limit(20);
    let post = Post::find(Post::ID.eq(id(&text)?))
        .view::<PostBody>()
        .with(Post::AUTHOR.view::<AuthorName>())
        .with(Post::TAGS.view::<TagName>())
        .with(comments.with(Comment::AUTHOR.view::<AuthorName>()))
        .first(&state.db)
        .await?
        .ok_or(ApiError::NotFound("post"))?;
    Ok(([(header::ETAG, etag(post.version))], Json(post)).into_response())
}

/// What a client gets of a post that it has written.
#[derive(Serialize)]
struct Written {
    id: Id<Post>,
    updated: DateTime,
    version: i64,
}

fn written(status: StatusCode, post: &Post) -> Response {
    let body = Json(Written { id: post.id, updated: post.updated, version: post.version });
    let location = (header::LOCATION, format!("/posts/{}", post.id));
    (status, [location], [(header::ETAG, etag(post.version))], body).into_response()
}

/// `POST /posts`, with its tags. At most six commands: the tags that exist, the new tags, the checks of the author and the tags,
/// the post, and the commit.
pub(super) async fn create(State(state): State<AppState>, Json(new): Json<NewPost>) -> Result<Response> {
    let post = posts::insert(&state.db, new).await?;
    Ok(written(StatusCode::CREATED, &post))
}

/// `PATCH /posts/{id}` with `If-Match`: changes the post if nobody else has changed it. One command.
pub(super) async fn change(
    State(state): State<AppState>,
    Path(text): Path<String>,
    headers: HeaderMap,
    Json(change): Json<ChangePost>,
) -> Result<Response> {
    let post = posts::change(&state.db, id(&text)?, if_match(&headers)?, change).await?;
    Ok(written(StatusCode::OK, &post))
}

/// `DELETE /posts/{id}`, with its comments.
pub(super) async fn delete(State(state): State<AppState>, Path(text): Path<String>) -> Result<Json<impl Serialize>> {
    let post = Post::get(&state.db, id::<Post>(&text)?).await?.ok_or(ApiError::NotFound("post"))?;
    Ok(Json(post.delete(&state.db).await?))
}

#[derive(Debug, Deserialize)]
pub(super) struct NewComment {
    author_id: Id<Author>,
    text: String,
}

/// `POST /posts/{id}/comments`. Four commands: the checks of the post and the author, the insert, and the commit.
pub(super) async fn comment(
    State(state): State<AppState>,
    Path(text): Path<String>,
    Json(new): Json<NewComment>,
) -> Result<Response> {
    let comment = posts::comment(&state.db, id(&text)?, new.author_id, new.text).await?;
    Ok((StatusCode::CREATED, Json(doc! { "id": comment.id, "created": comment.created })).into_response())
}
