use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use earnorm::prelude::*;
use mongodb::Database;

use super::nodes::{AuthorNode, PostNode, cost};
use crate::error::{ApiError, Result};
use crate::extract::id;
use crate::models::{Author, Post};
use crate::pages::{Cursor, Page, PageRequest};
use crate::posts;

/// What can be read.
pub struct Query;

/// The database of the request.
pub(super) fn database<'c>(ctx: &Context<'c>) -> Result<&'c Database> {
    ctx.data::<Database>().map_err(|_| ApiError::Invalid("the request has no database".to_owned()))
}

/// A page of posts.
#[derive(SimpleObject)]
pub(crate) struct PostPage {
    items: Vec<PostNode>,
    /// For the argument `after`. Null on the last page.
    next: Option<String>,
}

#[Object]
impl Query {
    /// Posts from the newest to the oldest.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: u32,
        after: Option<String>,
    ) -> Result<PostPage> {
        let page = PageRequest::new(after, Some(first.into()));
        let limit = page.limit()?;
        let mut query = posts::newest(Post::find_all()).limit(limit + 1);
        if let Some(last) = page.after()? {
            query = query.after(&last);
        }
        let found = query.all(database(ctx)?).await?;
        let (items, next) = Page::cut(found, limit, |post| Cursor::of(post.created, post.id));
        let items = items.into_iter().map(|post| PostNode(Arc::new(post))).collect();
        Ok(PostPage { items, next: next.map(Cursor::text) })
    }

    async fn post(&self, ctx: &Context<'_>, id: ID) -> Result<Option<PostNode>> {
        let post = Post::get(database(ctx)?, self::id::<Post>(&id)?).await?;
        Ok(post.map(|post| PostNode(Arc::new(post))))
    }

    async fn author(&self, ctx: &Context<'_>, id: ID) -> Result<Option<AuthorNode>> {
        let author = Author::get(database(ctx)?, self::id::<Author>(&id)?).await?;
        Ok(author.map(|author| AuthorNode(Arc::new(author))))
    }
}
