//! The types of documents.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use earnorm::{Id, Loader};
use mongodb::bson::DateTime;

use crate::error::{ApiError, Result};
use crate::models::{Author, Comment, Post, Tag};

/// The most documents of a relation.
const MOST: u32 = 50;

/// The loader of the request.
fn loader<'c>(ctx: &Context<'c>) -> Result<&'c Loader> {
    // it is missing only if a program executes the schema without `execute`
    ctx.data::<Loader>().map_err(|_| ApiError::Invalid("the request has no loader".to_owned()))
}

/// A limit that a client sends.
fn limit(first: u32) -> Result<u32> {
    if (1..=MOST).contains(&first) {
        Ok(first)
    } else {
        Err(ApiError::Invalid(format!("`first` must be from 1 to {MOST}")))
    }
}

/// The complexity of a list. A client chooses the numbers, so the product is capped before it can overflow.
pub(super) fn cost(first: u32, of_each: usize) -> usize {
    usize::try_from(first).unwrap_or(usize::MAX).saturating_mul(of_each).min(1_000_000) + 1
}

/// A date as in the REST routes.
fn date(date: DateTime) -> String {
    serde_json::to_value(earnorm::Json(date))
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn text<M>(id: Id<M>) -> ID {
    ID(id.to_string())
}

/// A post.
pub(crate) struct PostNode(pub(crate) Arc<Post>);

#[Object(name = "Post")]
impl PostNode {
    async fn id(&self) -> ID {
        text(self.0.id)
    }

    async fn title(&self) -> &str {
        &self.0.title
    }

    async fn text(&self) -> &str {
        &self.0.text
    }

    async fn created(&self) -> String {
        date(self.0.created)
    }

    async fn version(&self) -> i64 {
        self.0.version
    }

    async fn author(&self, ctx: &Context<'_>) -> Result<Option<AuthorNode>> {
        Ok(loader(ctx)?.get(self.0.author()).await?.map(AuthorNode))
    }

    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let tags: Arc<[Tag]> = loader(ctx)?.all(self.0.tags()).await?;
        Ok(tags.iter().map(|tag| tag.name.clone()).collect())
    }

    /// The latest comments.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn comments(&self, ctx: &Context<'_>, #[graphql(default = 3)] first: u32) -> Result<Vec<CommentNode>> {
        let comments = self.0.comments().order_by(Comment::CREATED.desc()).limit(limit(first)?.into());
        let comments = loader(ctx)?.all(comments).await?;
        Ok(comments.iter().cloned().map(CommentNode).collect())
    }

    async fn comment_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(loader(ctx)?.count(self.0.comments()).await?)
    }
}

/// An author.
pub(crate) struct AuthorNode(pub(crate) Arc<Author>);

#[Object(name = "Author")]
impl AuthorNode {
    async fn id(&self) -> ID {
        text(self.0.id)
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The latest posts.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn posts(&self, ctx: &Context<'_>, #[graphql(default = 3)] first: u32) -> Result<Vec<PostNode>> {
        let posts = loader(ctx)?.all(self.0.posts().order_by(Post::CREATED.desc()).limit(limit(first)?.into())).await?;
        Ok(posts.iter().cloned().map(|post| PostNode(Arc::new(post))).collect())
    }

    async fn post_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(loader(ctx)?.count(self.0.posts()).await?)
    }
}

/// A comment.
pub(crate) struct CommentNode(pub(crate) Comment);

#[Object(name = "Comment")]
impl CommentNode {
    async fn id(&self) -> ID {
        text(self.0.id)
    }

    async fn text(&self) -> &str {
        &self.0.text
    }

    async fn created(&self) -> String {
        date(self.0.created)
    }

    /// Null if the author was deleted.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<AuthorNode>> {
        Ok(loader(ctx)?.get(self.0.author()).await?.map(AuthorNode))
    }
}
