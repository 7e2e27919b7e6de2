//! What REST and GraphQL both do with posts.

use std::collections::BTreeSet;

use earnorm::prelude::*;
use earnorm::{Error, Query, graph};
use mongodb::Database;
use mongodb::bson::DateTime;

use crate::error::{ApiError, Result};
use crate::models::{Author, Comment, Post, Tag};

/// A new post.
#[derive(Debug, Deserialize)]
pub struct NewPost {
    /// Who writes it.
    pub author_id: Id<Author>,
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// The names of its tags. Those that don't exist are added.
    #[serde(default)]
    pub tags: BTreeSet<String>,
}

/// What a client may change. A field that it doesn't send is kept.
#[derive(Debug, Default, Deserialize)]
pub struct ChangePost {
    /// The new title.
    pub title: Option<String>,
    /// The new text.
    pub text: Option<String>,
}

/// Posts from the newest to the oldest, the order of the pages.
pub fn newest(posts: Query<Post>) -> Query<Post> {
    posts.order_by(Post::CREATED.desc()).order_by(Post::ID.desc())
}

/// Inserts a post together with those of its tags that don't exist yet.
///
/// One command for the tags that exist, one for the new ones, two for the checks of the author and the tags, one for the post, and
/// the commit.
///
/// # Errors
///
/// [`Error::MissingReference`] if the author doesn't exist.
pub async fn insert(db: &Database, new: NewPost) -> Result<Post> {
    // two requests may add the same tag at the same time; the second one then finds it
    const ATTEMPTS: usize = 3;
    let mut attempt = 1;
    loop {
        match try_insert(db, &new).await {
            Err(Error::Duplicate { model: "Tag", .. }) if attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome.map_err(ApiError::from),
        }
    }
}

async fn try_insert(db: &Database, new: &NewPost) -> earnorm::Result<Post> {
    let mut post = Post::new(new.author_id, new.title.clone(), new.text.clone());
    if new.tags.is_empty() {
        return post.insert(db).await;
    }
    let found = Tag::find(Tag::NAME.is_in(new.tags.iter().cloned())).all(db).await?;
    let missing = new.tags.iter().filter(|name| found.iter().all(|tag| tag.name != **name));
    let missing: Vec<_> = missing.map(|name| Tag { id: Id::new(), name: name.clone() }).collect();
    post.tag_ids = found.iter().map(|tag| tag.id).collect();
    // keys, times and the transaction are EarnORM's: the graph adds the new tags' ids to the post
    let stored = graph(post).with(Post::TAGS, missing).insert(db).await?;
    Ok(Post::clone(&stored))
}

/// Changes the post if it has this version, in one command.
///
/// # Errors
///
/// [`ApiError::Stale`] if it has another version; [`ApiError::NotFound`] if it doesn't exist, which takes one more command.
pub async fn change(db: &Database, id: Id<Post>, version: i64, change: ChangePost) -> Result<Post> {
    // only the id and the version are compared; the reply has the whole document
    let mut post = Post { id, version, ..Post::new(Id::new(), String::new(), String::new()) };
    let change = (change.title.map(|title| Post::TITLE.set(title)), change.text.map(|text| Post::TEXT.set(text)));
    match post.update_if_current(db, change).await {
        Err(Error::Stale { .. }) if !Post::find(Post::ID.eq(id)).exists(db).await? => Err(ApiError::NotFound("post")),
        outcome => outcome.map(|()| post).map_err(ApiError::from),
    }
}

/// Adds a comment, and checks that the post and its author exist.
///
/// # Errors
///
/// [`Error::MissingReference`] if one of them doesn't.
pub async fn comment(db: &Database, post_id: Id<Post>, author_id: Id<Author>, text: String) -> Result<Comment> {
    let comment = Comment { id: Id::new(), text, post_id, author_id: Some(author_id), created: DateTime::now() };
    Ok(comment.insert(db).await?)
}
